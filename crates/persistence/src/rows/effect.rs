//! The rows of core-bank effects and their evidence.

use std::borrow::Cow;

use diesel::{AsChangeset, Insertable, Queryable, Selectable};
use jiff::SignedDuration;
use madoguchi_domain::Timestamp;
use madoguchi_domain::core_bank::{
    Effect, EffectState, EffectStateName, Evidence, Fence, SetLevel, TransactionId, TxnNo,
    UpstreamCode, WorkerId,
};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::{Account, MemberId};
use madoguchi_domain::port::{Overdue, StoreError};

use super::{corrupt, parsed_or_corrupt};
use crate::column::{At, CaseUuid};
use crate::schema::{core_bank_effect, core_bank_evidence};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = core_bank_effect, treat_none_as_default_value = false)]
pub(crate) struct EffectRow {
    pub(crate) case_id: CaseUuid,
    pub(crate) member_id: String,
    pub(crate) arrangement_id: String,
    pub(crate) product_name: String,
    pub(crate) level: String,
    pub(crate) transaction_id: String,
    pub(crate) txn_no: String,
    pub(crate) state: String,
    pub(crate) fence: i32,
    pub(crate) worker: Option<String>,
    pub(crate) due_at: Option<At>,
    pub(crate) code: Option<String>,
    pub(crate) unsent: i32,
    pub(crate) ambiguous: i32,
    pub(crate) ambiguous_us: i64,
    pub(crate) planned_at: At,
    pub(crate) since: At,
}

/// The key, state and fence of a row that cannot be parsed. It is moved to `Manual` only if state
/// and fence are unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnreadableRow {
    pub(crate) case: CaseUuid,
    pub(crate) state: String,
    pub(crate) fence: i32,
}

/// The columns that make such a row a valid `Manual` effect.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = core_bank_effect, treat_none_as_null = true)]
pub(crate) struct ManualColumns {
    state: &'static str,
    worker: Option<String>,
    due_at: Option<At>,
    code: Option<String>,
    since: At,
}

impl ManualColumns {
    pub(crate) fn since(now: Timestamp) -> Self {
        let state = EffectStateName::Manual.as_str();
        Self { state, worker: None, due_at: None, code: None, since: now.into() }
    }
}

impl From<&Effect> for EffectRow {
    fn from(effect: &Effect) -> Self {
        let Effect { order, state, .. } = effect;
        let (worker, code) = match state {
            EffectState::Sending { worker, .. } => (Some(worker.0.to_string()), None),
            EffectState::Rejected { code } => (None, Some(code.as_str().to_owned())),
            EffectState::Planned { .. }
            | EffectState::Unknown { .. }
            | EffectState::Confirmed
            | EffectState::Manual => (None, None),
        };
        Self {
            case_id: order.case.into(),
            member_id: effect.member.expose().to_owned(),
            arrangement_id: order.arrangement.expose().to_owned(),
            product_name: order.product.as_str().to_owned(),
            level: order.level.as_str().to_owned(),
            transaction_id: order.transaction_id.as_str().to_owned(),
            txn_no: order.txn_no.as_str().to_owned(),
            state: state.name().as_str().to_owned(),
            fence: effect.fence.0,
            worker,
            due_at: effect.next_attempt_at().map(At::from),
            code,
            unsent: effect.unsent,
            ambiguous: effect.ambiguous,
            ambiguous_us: i64::try_from(effect.ambiguous_for.as_micros()).unwrap_or(i64::MAX),
            planned_at: effect.planned_at.into(),
            since: effect.since.into(),
        }
    }
}

impl EffectRow {
    pub(crate) fn parse(self) -> Result<Effect, StoreError> {
        let moment = |at: At| parsed_or_corrupt(at.moment(), "core_bank_effect's times");
        let member = MemberId::parse(&self.member_id).ok();
        Ok(Effect {
            state: self.state()?,
            order: self.order()?,
            member: parsed_or_corrupt(member, "core_bank_effect.member_id")?,
            fence: Fence(self.fence),
            unsent: self.unsent,
            ambiguous: self.ambiguous,
            ambiguous_for: SignedDuration::from_micros(self.ambiguous_us),
            planned_at: moment(self.planned_at)?,
            since: moment(self.since)?,
        })
    }

    /// As [`sort`](Self::sort), for rows that need a decision.
    pub(crate) fn sort_overdue(rows: Vec<(Self, bool)>) -> (Vec<Overdue>, Vec<UnreadableRow>) {
        let (mut overdue, mut unreadable) = (Vec::with_capacity(rows.len()), Vec::new());
        for (row, proven_applied) in rows {
            // An unreadable `Manual` row is skipped: it is already moved to `Manual`.
            if row.state == EffectStateName::Manual.as_str() {
                overdue.extend(row.parse().ok().map(|effect| Overdue { effect, proven_applied }));
                continue;
            }
            match row.parse_or_log() {
                Ok(effect) => overdue.push(Overdue { effect, proven_applied }),
                Err(row) => unreadable.push(row),
            }
        }
        (overdue, unreadable)
    }

    /// Splits rows into effects and unreadable rows, so that one unreadable row does not block the
    /// others.
    pub(crate) fn sort(rows: Vec<Self>) -> (Vec<Effect>, Vec<UnreadableRow>) {
        let (mut effects, mut unreadable) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            match row.parse_or_log() {
                Ok(effect) => effects.push(effect),
                Err(row) => unreadable.push(row),
            }
        }
        (effects, unreadable)
    }

    fn parse_or_log(self) -> Result<Effect, UnreadableRow> {
        let unreadable =
            UnreadableRow { case: self.case_id, state: self.state.clone(), fence: self.fence };
        self.parse().map_err(|error| {
            tracing::error!(case = %unreadable.case.0, %error, "an effect's row cannot be parsed");
            unreadable
        })
    }

    fn order(&self) -> Result<SetLevel, StoreError> {
        let account = Account::parse(&self.arrangement_id, Some(&self.product_name)).ok();
        let account =
            parsed_or_corrupt(account, "core_bank_effect.arrangement_id or product_name")?;
        let transaction_id = TransactionId::parse(&self.transaction_id).ok();
        Ok(SetLevel {
            case: self.case_id.into(),
            arrangement: account.arrangement,
            product: account.product,
            level: parsed_or_corrupt(
                AccountLevel::parse(&self.level).ok(),
                "core_bank_effect.level",
            )?,
            transaction_id: parsed_or_corrupt(transaction_id, "core_bank_effect.transaction_id")?,
            txn_no: parsed_or_corrupt(TxnNo::parse(&self.txn_no).ok(), "core_bank_effect.txn_no")?,
        })
    }

    fn state(&self) -> Result<EffectState, StoreError> {
        use EffectStateName as Name;
        let name = parsed_or_corrupt(Name::parse(&self.state), "core_bank_effect.state")?;
        let due = self.due_at.map(|at| parsed_or_corrupt(at.moment(), "core_bank_effect.due_at"));
        match (name, due.transpose()?, &self.worker, &self.code) {
            (Name::Planned, Some(due), None, None) => Ok(EffectState::Planned { due }),
            (Name::Sending, Some(lease_until), Some(worker), None) => {
                let worker = WorkerId(worker.as_str().into());
                Ok(EffectState::Sending { worker, lease_until })
            }
            (Name::Unknown, Some(settles_at), None, None) => {
                Ok(EffectState::Unknown { settles_at })
            }
            (Name::Confirmed, None, None, None) => Ok(EffectState::Confirmed),
            (Name::Manual, None, None, None) => Ok(EffectState::Manual),
            (Name::Rejected, None, None, Some(code)) => {
                let code = UpstreamCode::parse(code).ok();
                Ok(EffectState::Rejected {
                    code: parsed_or_corrupt(code, "core_bank_effect.code")?,
                })
            }
            _ => Err(corrupt("core_bank_effect.state and its facts")),
        }
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = core_bank_evidence, treat_none_as_default_value = false)]
pub(crate) struct EvidenceRow<'a> {
    pub(crate) case_id: CaseUuid,
    pub(crate) fence: i32,
    pub(crate) worker: Cow<'a, str>,
    pub(crate) outcome: Cow<'a, str>,
    pub(crate) detail: Cow<'a, str>,
    pub(crate) at: At,
}

impl<'a> From<&'a Evidence> for EvidenceRow<'a> {
    fn from(evidence: &'a Evidence) -> Self {
        Self {
            case_id: evidence.case.into(),
            fence: evidence.fence.0,
            worker: (&*evidence.worker.0).into(),
            outcome: evidence.outcome.as_str().into(),
            detail: evidence.detail.as_str().into(),
            at: evidence.at.into(),
        }
    }
}

impl EvidenceRow<'_> {
    pub(crate) fn parse(self) -> Result<Evidence, StoreError> {
        Ok(Evidence {
            case: self.case_id.into(),
            fence: Fence(self.fence),
            worker: WorkerId(self.worker.into()),
            outcome: self.outcome.into_owned(),
            detail: self.detail.into_owned(),
            at: parsed_or_corrupt(self.at.moment(), "core_bank_evidence.at")?,
        })
    }
}
