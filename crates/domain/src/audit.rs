//! The audit trail: what is recorded of every act, and how a row is chained to the one before.

use std::borrow::Cow;

use crate::Timestamp;
use crate::actor::ActorRef;
use crate::caller::FlowId;
use crate::correlation::CorrelationId;
use crate::member::MemberId;
use crate::secret::SecretKey;
use crate::upgrade::CaseId;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// A member was registered.
    MemberRegistered,
    /// A case was opened.
    CaseOpened,
    /// A case moved to the state in the detail.
    CaseMoved,
    /// A case got a fresh QR code.
    QrReissued,
    /// Somebody said the opposite of what stands, and was refused.
    ContradictionRefused,
    /// A core-bank effect was planned for a case that lacked it.
    EffectPlanned,
    /// A core-bank effect moved to the state in the detail.
    EffectMoved,
    /// A call's context was asked for in another system; the detail says what came of it.
    ContextLookedUp,
    /// An account's owner was asked for in another system; the detail says what came of it.
    AccountLookedUp,
    /// Both were asked for in one call; the detail says what came of each.
    CallerLookedUp,
}

impl Action {
    /// Every action there is.
    pub const ALL: [Self; 10] = [
        Self::MemberRegistered,
        Self::CaseOpened,
        Self::CaseMoved,
        Self::QrReissued,
        Self::ContradictionRefused,
        Self::EffectPlanned,
        Self::EffectMoved,
        Self::ContextLookedUp,
        Self::AccountLookedUp,
        Self::CallerLookedUp,
    ];

    /// The text in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MemberRegistered => "member.registered",
            Self::CaseOpened => "case.opened",
            Self::CaseMoved => "case.moved",
            Self::QrReissued => "case.qr_reissued",
            Self::ContradictionRefused => "case.contradiction_refused",
            Self::EffectPlanned => "effect.planned",
            Self::EffectMoved => "effect.moved",
            Self::ContextLookedUp => "context.looked_up",
            Self::AccountLookedUp => "account.looked_up",
            Self::CallerLookedUp => "caller.looked_up",
        }
    }

    /// Reads what [`as_str`](Self::as_str) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

/// What an act was done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A case.
    Case(CaseId),
    /// A member.
    Member(MemberId),
    /// A lookup in another system, by its flow. Whom it was about is not written down.
    Lookup(FlowId),
}

impl Subject {
    /// The subject's kind in the database: `case`, `member` or `lookup`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Case(_) => "case",
            Self::Member(_) => "member",
            Self::Lookup(_) => "lookup",
        }
    }

    /// The subject's id in the database.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Case(id) => id.to_string(),
            Self::Member(id) => id.expose().to_owned(),
            Self::Lookup(flow) => flow.as_str().to_owned(),
        }
    }

    /// Reads a kind and an id.
    #[must_use]
    pub fn parse(kind: &str, id: &str) -> Option<Self> {
        match kind {
            "case" => CaseId::parse(id).ok().map(Self::Case),
            "member" => MemberId::parse(id).ok().map(Self::Member),
            "lookup" => FlowId::parse(id).ok().map(Self::Lookup),
            _ => None,
        }
    }
}

/// One row of the trail, before it is chained. Holds ids (a member's too), names of states and
/// codes; nothing else of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// What was done.
    pub action: Action,
    /// To what.
    pub subject: Subject,
    /// A state's name, a code, a word for what came of it, or nothing.
    pub detail: Cow<'static, str>,
    /// Who did it.
    pub by: ActorRef,
    /// When.
    pub at: Timestamp,
    /// In which request.
    pub correlation: CorrelationId,
}

/// A chain link: HMAC-SHA-256 over a row and the link before it.
pub type Link = [u8; 32];

/// What the first row of every stream is chained to.
pub const GENESIS: Link = [0; 32];

/// A row's place: which stream, and the how-manieth in it, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The stream.
    pub stream: i32,
    /// The row's number in it.
    pub seq: i64,
}

/// A row as it stands in the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedEntry {
    /// Where it stands.
    pub place: Place,
    /// What it says.
    pub entry: AuditEntry,
    /// Its link.
    pub link: Link,
}

/// Where a stream ends: its last row's number and link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last row's place; `seq` 0 for an empty stream.
    pub place: Place,
    /// The last row's link.
    pub link: Link,
}

impl Head {
    /// The place after this head.
    #[must_use]
    pub const fn next(&self) -> Place {
        Place { stream: self.place.stream, seq: self.place.seq + 1 }
    }
}

/// The link of `entry` at `place`, after a row whose link is `before`.
#[must_use]
pub fn link(key: &SecretKey, before: &Link, place: Place, entry: &AuditEntry) -> Link {
    key.mac(&[
        b"audit",
        before,
        &place.stream.to_be_bytes(),
        &place.seq.to_be_bytes(),
        entry.action.as_str().as_bytes(),
        entry.subject.kind().as_bytes(),
        entry.subject.id().as_bytes(),
        entry.detail.as_bytes(),
        entry.by.issuer.as_bytes(),
        entry.by.subject.as_bytes(),
        entry.by.kind.as_str().as_bytes(),
        &entry.at.as_microsecond().to_be_bytes(),
        entry.correlation.as_str().as_bytes(),
    ])
}

/// A trail that is not what was written: the first place where it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the audit trail is broken at stream {}, row {}", at.stream, at.seq)]
pub struct BrokenChain {
    /// The first row that was changed, moved, or is missing.
    pub at: Place,
}

/// Follows one stream from `head` over its next rows, in order.
///
/// # Errors
/// At the first row that does not continue the chain.
pub fn follow(key: &SecretKey, head: Head, rows: &[ChainedEntry]) -> Result<Head, BrokenChain> {
    rows.iter().try_fold(head, |head, row| {
        let place = head.next();
        let expected = link(key, &head.link, place, &row.entry);
        if row.place == place && row.link == expected {
            Ok(Head { place, link: expected })
        } else {
            Err(BrokenChain { at: place })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::ActorKind;

    fn chain(key: &SecretKey) -> Vec<ChainedEntry> {
        let mut head = Head { place: Place { stream: 3, seq: 0 }, link: GENESIS };
        (0..4)
            .map(|number| {
                let entry = AuditEntry {
                    action: Action::CaseMoved,
                    subject: Subject::Case(CaseId::from_u128(number)),
                    detail: "CustomerSuccess".into(),
                    by: ActorRef::new("idp", "agent", ActorKind::Human),
                    at: Timestamp::UNIX_EPOCH,
                    correlation: CorrelationId::parse("c").unwrap(),
                };
                let place = head.next();
                head = Head { place, link: link(key, &head.link, place, &entry) };
                ChainedEntry { place, entry, link: head.link }
            })
            .collect()
    }

    #[test]
    fn a_changed_removed_or_moved_row_is_found_where_it_is() {
        let key = SecretKey::parse(&[5; 32]).unwrap();
        let start = Head { place: Place { stream: 3, seq: 0 }, link: GENESIS };
        let whole = chain(&key);
        assert_eq!(follow(&key, start, &whole).unwrap().place.seq, 4);

        let mut changed = whole.clone();
        changed[1].entry.detail = "CustomerFailure".into();
        let mut removed = whole.clone();
        removed.remove(2);
        let mut swapped = whole.clone();
        swapped.swap(0, 1);
        for (rows, seq) in [(changed, 2), (removed, 3), (swapped, 1)] {
            assert_eq!(follow(&key, start, &rows).unwrap_err().at.seq, seq);
        }
        let other = SecretKey::parse(&[6; 32]).unwrap();
        assert_eq!(follow(&other, start, &whole).unwrap_err().at.seq, 1);
    }

    #[test]
    fn actions_read_back_as_they_are_written() {
        for action in Action::ALL {
            assert_eq!(Action::parse(action.as_str()), Some(action));
        }
    }
}
