//! The rows of cases and QR codes.

use madoguchi_domain::Timestamp;
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::port::StoreError;
use madoguchi_domain::upgrade::{
    Attempt, Case, CaseId, Check, CheckReference, CheckSource, QrIssue, QrTokenHash, State,
    StateName, Version,
};

use crate::database::column::{At, Key};
use crate::database::parse::{corrupt, moment, parsed_or_corrupt, whole};
use crate::database::schema::{upgrade_case, upgrade_check, upgrade_qr};
use crate::database::statement::row;
use crate::member::row::level;

row! {
    pub(crate) struct CaseRow in upgrade_case {
        case_id: Key,
        member_id: String,
        attempt: i32,
        state: String,
        version: i32,
        qr_serial: i32,
        qr_expires_at: At,
        opened_at: At,
        check_source: Option<String>,
        check_reference: Option<String>,
        checked_at: Option<At>,
        decided_at: Option<At>,
        target_level: Option<String>,
    }
}

row! {
    pub(crate) struct QrRow in upgrade_qr {
        token_hash: Vec<u8>,
        case_id: Key,
        serial: i32,
    }
}

row! {
    /// The case that a check's reference belongs to.
    pub(crate) struct CheckRow in upgrade_check {
        source: &'static str,
        reference: String,
        case_id: Key,
    }
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
            case_id: key(case.id),
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
        let expires_at = moment(self.qr_expires_at, "upgrade_case.qr_expires_at")?;
        let qr = QrIssue { serial: whole(self.qr_serial, "upgrade_case.qr_serial")?, expires_at };
        Ok(Case {
            id: self.case_id.0.into(),
            member: parsed_or_corrupt(
                MemberId::parse(&self.member_id).ok(),
                "upgrade_case.member_id",
            )?,
            attempt: Attempt(self.attempt),
            version: Version(self.version),
            qr,
            opened_at: moment(self.opened_at, "upgrade_case.opened_at")?,
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
                at: moment(at, place)?,
            })),
            _ => Err(corrupt(place)),
        }
    }

    fn decided_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.decided_at.map(|at| moment(at, "upgrade_case.decided_at")).transpose()
    }

    fn target(&self) -> Result<Option<AccountLevel>, StoreError> {
        level(self.target_level.clone(), "upgrade_case.target_level")
    }
}

impl QrRow {
    pub(crate) fn new(case: Key, issue: QrIssue, hash: &QrTokenHash) -> Self {
        Self { token_hash: hash.0.to_vec(), case_id: case, serial: serial(issue.serial) }
    }
}

impl CheckRow {
    pub(crate) fn new(case: CaseId, (source, reference): &(CheckSource, CheckReference)) -> Self {
        let reference = reference.expose().to_owned();
        Self { source: source.as_str(), reference, case_id: key(case) }
    }
}

/// A case's id as a column value.
pub(crate) fn key(case: CaseId) -> Key {
    Key(case.as_uuid())
}

/// A serial as a column value. A case never has more than `i32::MAX` codes.
pub(crate) fn serial(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
