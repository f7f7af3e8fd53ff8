//! The audit log: the rows it stores, and how each row is chained to the one before.

use std::borrow::Cow;
use std::fmt;

use uuid::Uuid;

use crate::act::Act;
use crate::actor::ActorRef;
use crate::field::is_plain;
use crate::secret::SecretKey;

/// The name of an audited action. Each module defines its own actions beside their subjects.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Action(Cow<'static, str>);

impl Action {
    /// An action of this name: lower-case words with dots and underscores.
    #[must_use]
    pub const fn of(name: &'static str) -> Self {
        assert!(is_name(name), "lower-case words with dots and underscores");
        Self(Cow::Borrowed(name))
    }

    /// The text in the database, for example `case.opened`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses the text that [`as_str`](Self::as_str) returns.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_name(text).then(|| Self(Cow::Owned(text.to_owned())))
    }
}

/// The object of an audited action. Each id type creates its own subject.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject {
    kind: Cow<'static, str>,
    id: String,
}

impl Subject {
    /// The subject of this kind with this id.
    #[must_use]
    pub fn new(kind: &'static str, id: impl Into<String>) -> Self {
        debug_assert!(is_name(kind), "lower-case words with dots and underscores");
        Self { kind: kind.into(), id: id.into() }
    }

    /// The subject's kind in the database, for example `case`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The subject's id in the database.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether its id is this UUID, in its usual form.
    #[must_use]
    pub fn has_id(&self, id: Uuid) -> bool {
        let mut text = Uuid::encode_buffer();
        self.id == *id.hyphenated().encode_lower(&mut text)
    }

    /// Parses a kind and an id.
    #[must_use]
    pub fn parse(kind: &str, id: &str) -> Option<Self> {
        (is_name(kind) && is_plain(id, 128))
            .then(|| Self { kind: kind.to_owned().into(), id: id.to_owned() })
    }
}

/// An id may be personal data: it is not printed.
impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({} ***)", self.kind)
    }
}

const fn is_name(text: &str) -> bool {
    let (bytes, mut at) = (text.as_bytes(), 0);
    while at < bytes.len() {
        if !matches!(bytes[at], b'a'..=b'z' | b'.' | b'_') {
            return false;
        }
        at += 1;
    }
    1 <= at && at <= 64
}

/// One row of the audit log, before it is chained. It holds ids (also member ids), state names
/// and codes, and no other personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// What was done.
    pub action: Action,
    /// The object of the action.
    pub subject: Subject,
    /// A state's name, a code, a result, or empty.
    pub detail: Cow<'static, str>,
    /// The actor, time and request.
    pub act: Act,
}

impl AuditEntry {
    /// A row about `subject`.
    #[must_use]
    pub fn new(
        action: Action,
        subject: Subject,
        detail: impl Into<Cow<'static, str>>,
        act: &Act,
    ) -> Self {
        Self { action, subject, detail: detail.into(), act: act.clone() }
    }
}

/// A chain link: HMAC-SHA-256 over a row and the link before it.
pub type Link = [u8; 32];

/// The link before the first row of every stream.
pub const GENESIS: Link = [0; 32];

/// A row's position: its stream and its number in it, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The stream.
    pub stream: i32,
    /// The row's number in it.
    pub seq: i64,
}

/// A row as stored in the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedEntry {
    /// Its position.
    pub place: Place,
    /// Its content.
    pub entry: AuditEntry,
    /// Its chain link.
    pub link: Link,
}

/// The end of a stream: position and link of its last row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last row's position; `seq` 0 for an empty stream.
    pub place: Place,
    /// The last row's link.
    pub link: Link,
}

impl Head {
    /// The position after this head.
    #[must_use]
    pub const fn next(&self) -> Place {
        Place { stream: self.place.stream, seq: self.place.seq + 1 }
    }
}

/// The chain link of `entry` at `place`; `before` is the link of the row before. Who called in the
/// name of the actor is appended if there is one, so that rows without it keep their links.
#[must_use]
pub fn link(key: &SecretKey, before: &Link, place: Place, entry: &AuditEntry) -> Link {
    let Act { by, through, correlation, .. } = &entry.act;
    let (stream, seq) = (place.stream.to_be_bytes(), place.seq.to_be_bytes());
    let at = entry.act.at().as_microsecond().to_be_bytes();
    let mut parts: Vec<&[u8]> = vec![
        b"audit",
        before,
        &stream,
        &seq,
        entry.action.as_str().as_bytes(),
        entry.subject.kind().as_bytes(),
        entry.subject.id().as_bytes(),
        entry.detail.as_bytes(),
        by.issuer.as_bytes(),
        by.subject.as_bytes(),
        by.kind.as_str().as_bytes(),
        &at,
        correlation.as_str().as_bytes(),
    ];
    if let Some(ActorRef { issuer, subject, kind }) = through {
        parts.extend([issuer.as_bytes(), subject.as_bytes(), kind.as_str().as_bytes()]);
    }
    key.mac(&parts)
}

/// A broken chain: the first position that does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the audit log is broken at stream {}, row {}", at.stream, at.seq)]
pub struct BrokenChain {
    /// The first row that was changed, moved or removed.
    pub at: Place,
}

/// Verifies the next rows of one stream from `head` on, in order.
///
/// # Errors
/// For the first row that does not continue the chain.
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
    use crate::Timestamp;
    use crate::actor::ActorKind;
    use crate::correlation::CorrelationId;

    fn chain(key: &SecretKey) -> Vec<ChainedEntry> {
        let mut head = Head { place: Place { stream: 3, seq: 0 }, link: GENESIS };
        (0..4)
            .map(|number| {
                let act = Act::new(
                    ActorRef::new("idp", "agent", ActorKind::Human),
                    Timestamp::UNIX_EPOCH,
                    CorrelationId::parse("c").unwrap(),
                );
                let subject = Subject::new("thing", number.to_string());
                let entry = AuditEntry::new(Action::of("thing.moved"), subject, "done", &act);
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
        changed[1].entry.detail = "undone".into();
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
    fn through_is_chained_only_where_it_is() {
        let key = SecretKey::parse(&[5; 32]).unwrap();
        let ChainedEntry { place, mut entry, link: plain } = chain(&key).remove(0);
        // The link as it was before rows could have `through`.
        let (stream, seq) = (place.stream.to_be_bytes(), place.seq.to_be_bytes());
        let zero = 0_i64.to_be_bytes();
        let parts: [&[u8]; 13] = [
            b"audit",
            &GENESIS,
            &stream,
            &seq,
            b"thing.moved",
            b"thing",
            b"0",
            b"done",
            b"idp",
            b"agent",
            b"HUMAN",
            &zero,
            b"c",
        ];
        assert_eq!(plain, key.mac(&parts));
        let mut links = vec![plain];
        let through = [("a", "bc", ActorKind::System), ("ab", "c", ActorKind::System)];
        for (issuer, subject, kind) in through.into_iter().chain([("ab", "c", ActorKind::Human)]) {
            entry.act.through = Some(ActorRef::new(issuer, subject, kind));
            let link = link(&key, &GENESIS, place, &entry);
            assert!(!links.contains(&link));
            links.push(link);
        }
    }

    #[test]
    fn names_and_ids_are_parsed() {
        assert_eq!(Action::parse("thing.moved"), Some(Action::of("thing.moved")));
        for name in ["", "Thing", "a b", "a\n", &"x".repeat(65)] {
            assert!(Action::parse(name).is_none() && Subject::parse(name, "1").is_none(), "{name}");
        }
        assert_eq!(Subject::parse("thing", "1"), Some(Subject::new("thing", "1")));
        assert!(Subject::parse("thing", "").is_none() && Subject::parse("thing", "a\0").is_none());
        assert!(!format!("{:?}", Subject::new("thing", "canary")).contains("canary"));
    }
}
