//! What a write takes for itself alone: the unique indexes that a store needs.

use crate::member::MemberId;

use super::case::Attempt;
use super::check::{CheckReference, CheckSource};
use super::id::CaseId;
use super::qr::QrTokenHash;
use super::write::Write;

/// A key that only one write may have. A store refuses a write that takes a key of another one
/// ([`Committed::Lost`](crate::change::Committed::Lost)): two requests that are decided at the same
/// moment do not see each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UniqueKey {
    /// The id of a case.
    Case(CaseId),
    /// The open case of a member, until it ends.
    OpenCase(MemberId),
    /// The number of a member's case.
    Attempt(MemberId, Attempt),
    /// The QR code of a case, also after a newer one replaced it.
    Code(QrTokenHash),
    /// The reference of a check.
    Check(CheckSource, CheckReference),
}

impl Write {
    /// The keys that this write takes, for good unless it is [released](Self::releases).
    #[must_use]
    pub fn takes(&self) -> Vec<UniqueKey> {
        let check = |(source, reference): &(CheckSource, CheckReference)| {
            UniqueKey::Check(*source, reference.clone())
        };
        match self {
            Self::Open { case, qr, .. } => vec![
                UniqueKey::Case(case.id),
                UniqueKey::OpenCase(case.member.clone()),
                UniqueKey::Attempt(case.member.clone(), case.attempt),
                UniqueKey::Code(*qr),
            ],
            Self::ReissueQr { hash, .. } => vec![UniqueKey::Code(*hash)],
            Self::Move { check: added, .. } => added.iter().map(check).collect(),
            Self::AddCheck { check: added, .. } => vec![check(added)],
            Self::SetTarget { .. } | Self::Nothing => Vec::new(),
        }
    }

    /// The key that is free again after this write: that of a member's open case, once it ends.
    #[must_use]
    pub fn releases(&self) -> Option<UniqueKey> {
        let Self::Move { after, .. } = self else { return None };
        let has_ended = !after.state.name().is_open();
        has_ended.then(|| UniqueKey::OpenCase(after.member.clone()))
    }
}
