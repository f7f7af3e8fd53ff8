//! The rows of cases and QR codes.

use diesel::{Insertable, Queryable, Selectable};
use madoguchi_domain::Timestamp;
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::port::StoreError;
use madoguchi_domain::upgrade::{
    Attempt, Case, Check, CheckReference, CheckSource, QrIssue, QrTokenHash, State, StateName,
    Version,
};

use super::member::level;
use super::{corrupt, parsed_or_corrupt, whole};
use crate::column::{At, CaseUuid};
use crate::schema::{upgrade_case, upgrade_qr};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = upgrade_case, treat_none_as_default_value = false)]
pub(crate) struct CaseRow {
    pub(crate) case_id: CaseUuid,
    pub(crate) member_id: String,
    pub(crate) attempt: i32,
    pub(crate) state: String,
    pub(crate) version: i32,
    pub(crate) qr_serial: i32,
    pub(crate) qr_expires_at: At,
    pub(crate) opened_at: At,
    pub(crate) check_source: Option<String>,
    pub(crate) check_reference: Option<String>,
    pub(crate) checked_at: Option<At>,
    pub(crate) decided_at: Option<At>,
    pub(crate) target_level: Option<String>,
}

impl From<&Case> for CaseRow {
    fn from(case: &Case) -> Self {
        let check = case.state.check();
        let (decided_at, target) = match &case.state {
            State::CustomerSuccess { decided_at, target, .. } => (Some(decided_at), Some(target)),
            State::CustomerFailure { decided_at, .. } => (Some(decided_at), None),
            State::New | State::EddaSuccess { .. } | State::EddaFailure { .. } => (None, None),
        };
        Self {
            case_id: case.id.into(),
            member_id: case.member.expose().to_owned(),
            attempt: case.attempt.0,
            state: case.state.name().as_str().to_owned(),
            version: case.version.0,
            qr_serial: serial(case.qr.serial),
            qr_expires_at: case.qr.expires_at.into(),
            opened_at: case.opened_at.into(),
            check_source: check.map(|check| check.source.as_str().to_owned()),
            check_reference: check.map(|check| check.reference.expose().to_owned()),
            checked_at: check.map(|check| check.at.into()),
            decided_at: decided_at.map(|at| At::from(*at)),
            target_level: target.map(|level| level.as_str().to_owned()),
        }
    }
}

impl CaseRow {
    pub(crate) fn parse(self) -> Result<Case, StoreError> {
        let expires_at =
            parsed_or_corrupt(self.qr_expires_at.moment(), "upgrade_case.qr_expires_at")?;
        let qr = QrIssue { serial: whole(self.qr_serial, "upgrade_case.qr_serial")?, expires_at };
        Ok(Case {
            id: self.case_id.into(),
            member: parsed_or_corrupt(
                MemberId::parse(&self.member_id).ok(),
                "upgrade_case.member_id",
            )?,
            attempt: Attempt(self.attempt),
            version: Version(self.version),
            qr,
            opened_at: parsed_or_corrupt(self.opened_at.moment(), "upgrade_case.opened_at")?,
            state: self.state()?,
        })
    }

    /// The state with its facts. A missing or an extra fact makes the row corrupt.
    fn state(&self) -> Result<State, StoreError> {
        let name = parsed_or_corrupt(StateName::parse(&self.state), "upgrade_case.state")?;
        let facts = (self.check()?, self.decided_at()?, self.target()?);
        match (name, facts) {
            (StateName::New, (None, None, None)) => Ok(State::New),
            (StateName::EddaSuccess, (Some(check), None, None)) => Ok(State::EddaSuccess { check }),
            (StateName::EddaFailure, (Some(check), None, None)) => Ok(State::EddaFailure { check }),
            (StateName::CustomerSuccess, (Some(check), Some(decided_at), Some(target))) => {
                Ok(State::CustomerSuccess { check, decided_at, target })
            }
            (StateName::CustomerFailure, (Some(check), Some(decided_at), None)) => {
                Ok(State::CustomerFailure { check, decided_at })
            }
            _ => Err(corrupt("upgrade_case.state and its facts")),
        }
    }

    fn check(&self) -> Result<Option<Check>, StoreError> {
        let place = "upgrade_case.check_source, check_reference, checked_at";
        match (&self.check_source, &self.check_reference, self.checked_at) {
            (None, None, None) => Ok(None),
            (Some(source), Some(reference), Some(at)) => Ok(Some(Check {
                source: parsed_or_corrupt(CheckSource::parse(source).ok(), place)?,
                reference: parsed_or_corrupt(CheckReference::parse(reference).ok(), place)?,
                at: parsed_or_corrupt(at.moment(), place)?,
            })),
            _ => Err(corrupt(place)),
        }
    }

    fn decided_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let moment = |at: At| parsed_or_corrupt(at.moment(), "upgrade_case.decided_at");
        self.decided_at.map(moment).transpose()
    }

    fn target(&self) -> Result<Option<AccountLevel>, StoreError> {
        level(self.target_level.clone(), "upgrade_case.target_level")
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = upgrade_qr, treat_none_as_default_value = false)]
pub(crate) struct QrRow {
    pub(crate) token_hash: Vec<u8>,
    pub(crate) case_id: CaseUuid,
    pub(crate) serial: i32,
}

impl QrRow {
    pub(crate) fn new(case: CaseUuid, issue: QrIssue, hash: &QrTokenHash) -> Self {
        Self { token_hash: hash.0.to_vec(), case_id: case, serial: serial(issue.serial) }
    }
}

/// A serial as a column value. A case never has more than `i32::MAX` codes.
pub(crate) fn serial(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
