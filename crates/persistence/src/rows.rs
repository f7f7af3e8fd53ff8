//! Rows as they stand in the tables, and how they are parsed_or_corrupt: parsed, or called corrupt.
//!
//! Every insert names every column (`treat_none_as_default_value = false`): then its text is the
//! same each time, and SQLite parses it once.

mod audit;
mod case;
mod effect;
mod history;
mod member;

pub(crate) use audit::{AuditRow, HeadRow};
pub(crate) use case::{CaseRow, QrRow, serial};
pub(crate) use effect::{EffectRow, EvidenceRow, ManualColumns, UnreadableRow};
pub(crate) use history::HistoryRow;
pub(crate) use member::MemberRow;

use madoguchi_domain::port::StoreError;
use madoguchi_domain::upgrade::{CaseId, CaseSnapshot};

/// What a lookup's join gives: a member, perhaps a case, perhaps its effect.
pub(crate) type DossierRow = (MemberRow, Option<CaseRow>, Option<EffectRow>);

/// Believes a joined row.
pub(crate) fn snapshot(
    (member, case, effect): DossierRow,
    scanned: Option<i32>,
    check_held_by: Option<CaseId>,
) -> Result<CaseSnapshot, StoreError> {
    Ok(CaseSnapshot {
        member: member.parse()?,
        case: case.map(CaseRow::parse).transpose()?,
        effect: effect.map(EffectRow::parse).transpose()?,
        scanned: scanned.map(|serial| whole(serial, "upgrade_qr.serial")).transpose()?,
        check_held_by,
    })
}

/// Keeps what can be parsed_or_corrupt of passed cases without an effect: one poisoned row must not hold
/// up the others.
pub(crate) fn orphaned(rows: Vec<(MemberRow, CaseRow)>) -> Vec<CaseSnapshot> {
    let parsed_or_corrupt = rows.into_iter().filter_map(|(member, case)| {
        let id = case.case_id;
        snapshot((member, Some(case), None), None, None)
            .inspect_err(|error| tracing::error!(case = %id.0, %error, "a case's row cannot be"))
            .ok()
    });
    parsed_or_corrupt.collect()
}

/// Says that the value in `place` cannot be.
const fn corrupt(place: &'static str) -> StoreError {
    StoreError::Corrupt(place)
}

/// Keeps a value that parsed, or names the place of one that did not.
fn parsed_or_corrupt<T>(parsed: Option<T>, place: &'static str) -> Result<T, StoreError> {
    parsed.ok_or(corrupt(place))
}

fn whole(number: i32, place: &'static str) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| corrupt(place))
}
