//! Reads timelines, and passed cases without an effect.

use diesel::dsl::exists;
use diesel::prelude::*;
use madoguchi_domain::upgrade::{CaseId, CaseSnapshot, SetLevel, StateName, Timeline};

use super::Conn;
use crate::database::fault::Fault;
use crate::database::schema::{
    effect, effect_evidence, members, resolution, upgrade_case, upgrade_history,
};
use crate::effect::row::EvidenceRow;
use crate::member::row::MemberRow;
use crate::resolution::row::{ClosingRow, ProposalRow};
use crate::upgrade::history_row::HistoryRow;
use crate::upgrade::row::{CaseRow, key};
use crate::upgrade::snapshot::snapshot;

pub(crate) fn timeline(conn: &mut Conn, case: CaseId) -> Result<Timeline, Fault> {
    let case = key(case);
    let history: Vec<HistoryRow<'static>> = upgrade_history::table
        .filter(upgrade_history::case_id.eq(case))
        .order(upgrade_history::version)
        .select(HistoryRow::as_select())
        .load(conn)?;
    let is_ours = effect_evidence::kind.eq(SetLevel::KIND_NAME).and(effect_evidence::id.eq(case));
    let evidence: Vec<EvidenceRow<'static>> = effect_evidence::table
        .filter(is_ours)
        .order(effect_evidence::evidence_id)
        .select(EvidenceRow::as_select())
        .load(conn)?;
    let is_of_order = resolution::kind.eq(SetLevel::KIND_NAME).and(resolution::id.eq(case));
    let resolutions: Vec<(ProposalRow, ClosingRow)> = resolution::table
        .filter(is_of_order)
        .order((resolution::proposed_at, resolution::resolution_id))
        .select((ProposalRow::as_select(), ClosingRow::as_select()))
        .load(conn)?;
    let resolutions = resolutions.into_iter().map(|(proposal, closing)| proposal.parse(&closing));
    Ok(Timeline {
        resolutions: resolutions.collect::<Result<_, _>>()?,
        history: history.into_iter().map(HistoryRow::parse).collect::<Result<_, _>>()?,
        evidence: evidence.into_iter().map(EvidenceRow::parse).collect::<Result<_, _>>()?,
    })
}

/// Passed cases without an effect. A row that cannot be parsed is logged and skipped, so that it
/// does not block the others. So is a case with evidence: its order was sent, and must not be sent
/// again as if it were new.
pub(crate) fn orphans(conn: &mut Conn, limit: u32) -> Result<Vec<CaseSnapshot>, Fault> {
    let is_its = effect::kind.eq(SetLevel::KIND_NAME).and(effect::id.eq(upgrade_case::case_id));
    let is_of_it = effect_evidence::kind
        .eq(SetLevel::KIND_NAME)
        .and(effect_evidence::id.eq(upgrade_case::case_id));
    let evidence = effect_evidence::table.filter(is_of_it);
    let rows: Vec<(MemberRow, CaseRow, bool)> = upgrade_case::table
        .inner_join(members::table.on(members::member_id.eq(upgrade_case::member_id)))
        .left_join(effect::table.on(is_its))
        .filter(upgrade_case::state.eq(StateName::CustomerSuccess.as_str()))
        .filter(effect::id.nullable().is_null())
        .limit(limit.into())
        .select((MemberRow::as_select(), CaseRow::as_select(), exists(evidence)))
        .load(conn)?;
    let snapshots = rows.into_iter().filter_map(|(member, case, was_sent)| {
        let id = case.case_id.0;
        if was_sent {
            let why = "its order was sent and is lost: ask the core bank what became of it";
            tracing::error!(case = %id, why, "a passed case has evidence, but no effect");
            return None;
        }
        let parsed = snapshot((member, Some(case), None));
        parsed
            .inspect_err(|error| tracing::error!(case = %id, %error, "a case cannot be parsed"))
            .ok()
    });
    Ok(snapshots.collect())
}
