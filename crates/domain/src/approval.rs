//! Approval by a second person (four eyes): what one person writes, another one approves as it was
//! shown.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::Timestamp;
use crate::actor::{ActorKind, ActorRef};
use crate::closed_set::closed_set;
use crate::display_name::is_shown;
use crate::field::{InvalidField, is_plain};
use crate::parsed_text::parsed_text;
use crate::redacted;
use crate::secret::{SecretKey, hex, unhex};

redacted!(ContentSalt, RejectionReason);

/// Everyone who wrote what is to be approved: its author, and who edited it since. Each is there
/// once, in the order of their first change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editors {
    author: ActorRef,
    others: Vec<ActorRef>,
}

impl Editors {
    /// Only the author.
    #[must_use]
    pub const fn by(author: ActorRef) -> Self {
        Self { author, others: Vec::new() }
    }

    /// The same after a change by `editor`.
    #[must_use]
    pub fn and(mut self, editor: &ActorRef) -> Self {
        if !self.contains(editor) {
            self.others.push(editor.clone());
        }
        self
    }

    /// Who wrote it first.
    #[must_use]
    pub const fn author(&self) -> &ActorRef {
        &self.author
    }

    /// Whether this actor wrote any of it.
    #[must_use]
    pub fn contains(&self, actor: &ActorRef) -> bool {
        self.iter().any(|one| one == actor)
    }

    /// All of them, the author first.
    pub fn iter(&self) -> impl Iterator<Item = &ActorRef> {
        std::iter::once(&self.author).chain(&self.others)
    }

    /// The right of `actor` to approve it.
    ///
    /// ```
    /// use madoguchi_domain::actor::{ActorKind, ActorRef};
    /// use madoguchi_domain::approval::{Editors, FourEyes};
    ///
    /// let person = |subject| ActorRef::new("idp", subject, ActorKind::Human);
    /// let editors = Editors::by(person("ann")).and(&person("bob"));
    /// assert_eq!(editors.approver(&person("bob")), Err(FourEyes::IsEditor));
    /// assert_eq!(editors.approver(&person("cho"))?.who(), &person("cho"));
    /// # Ok::<(), FourEyes>(())
    /// ```
    ///
    /// # Errors
    /// When it is no person, or may have [written](ActorRef::may_be) any of it.
    pub fn approver(&self, actor: &ActorRef) -> Result<Approver, FourEyes> {
        match actor.kind {
            ActorKind::System => Err(FourEyes::IsSystem),
            ActorKind::Human if self.iter().any(|one| one.may_be(actor)) => Err(FourEyes::IsEditor),
            ActorKind::Human => Ok(Approver(actor.clone())),
        }
    }
}

/// A person who wrote nothing of what they approve. Only [`Editors::approver`] makes one, so an
/// approval by anybody else cannot be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver(ActorRef);

impl Approver {
    /// Who.
    #[must_use]
    pub const fn who(&self) -> &ActorRef {
        &self.0
    }
}

/// Why an actor may not approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FourEyes {
    /// Programs never approve.
    #[error("only a person can approve")]
    IsSystem,
    /// It wrote part of the content.
    #[error("an author or editor of the content cannot approve it")]
    IsEditor,
}

closed_set! {
    /// The name of an approval's state, on the wire and in the database.
    pub enum ApprovalName {
        /// It waits for a second person.
        Draft = "DRAFT",
        /// A second person approved it.
        Approved = "APPROVED",
        /// Somebody rejected it, or nobody decided in time.
        Rejected = "REJECTED",
        /// It needed no approval.
        ByPolicy = "BY_POLICY",
    }
}

/// The state of an approval, with its facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// It waits for a second person.
    Draft,
    /// A second person approved it.
    Approved {
        /// Who.
        by: Approver,
        /// When.
        at: Timestamp,
    },
    /// It is not approved; the next edit makes it a draft again.
    Rejected {
        /// When.
        at: Timestamp,
        /// By whom and why.
        rejection: Rejection,
    },
    /// It needed no approval.
    ByPolicy {
        /// When.
        at: Timestamp,
    },
}

/// By whom and why something was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// A person rejected it.
    ByPerson {
        /// Who.
        by: ActorRef,
        /// Why.
        reason: RejectionReason,
    },
    /// Nobody decided in time.
    Expired,
}

impl Approval {
    /// The state's name.
    #[must_use]
    pub const fn name(&self) -> ApprovalName {
        match self {
            Self::Draft => ApprovalName::Draft,
            Self::Approved { .. } => ApprovalName::Approved,
            Self::Rejected { .. } => ApprovalName::Rejected,
            Self::ByPolicy { .. } => ApprovalName::ByPolicy,
        }
    }

    /// When it was decided; `None` while it waits.
    #[must_use]
    pub const fn decided_at(&self) -> Option<Timestamp> {
        match self {
            Self::Draft => None,
            Self::Approved { at, .. } | Self::Rejected { at, .. } | Self::ByPolicy { at } => {
                Some(*at)
            }
        }
    }

    /// When it became valid, if it is.
    #[must_use]
    pub const fn valid_since(&self) -> Option<Timestamp> {
        match self {
            Self::Approved { at, .. } | Self::ByPolicy { at } => Some(*at),
            Self::Draft | Self::Rejected { .. } => None,
        }
    }
}

parsed_text! {
    /// Why something was rejected; it may hold personal data.
    pub struct RejectionReason:
        "reason",
        "must be 1 to 500 characters, one of them visible, without control characters and without \
         characters that reorder text",
        |text| is_plain(text, 500) && is_shown(text);
    /// The reason in clear: for people who may see it, never for a log.
    expose
}

/// Random bytes under which content is hashed. They are sealed and erased with the content: after
/// that its hash tells nothing about it.
#[derive(Clone, PartialEq, Eq)]
pub struct ContentSalt([u8; 32]);

impl ContentSalt {
    /// A salt of these random bytes.
    #[must_use]
    pub const fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// A salt of these new ids, which have more than 256 random bits
    /// ([`Ids`](crate::port::Ids)).
    #[must_use]
    pub fn of_ids(ids: [Uuid; 4]) -> Self {
        let hash = ids.iter().fold(Sha256::new(), |hash, id| hash.chain_update(id.as_bytes()));
        Self(hash.finalize().into())
    }

    /// The bytes in clear: to seal them, never for a log.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash of content that consists of these fields, in this order. An absent field differs
    /// from an empty one.
    #[must_use]
    pub fn hash(&self, fields: &[Option<&str>]) -> ContentHash {
        let present = |field: &Option<&str>| [u8::from(field.is_some())];
        let marks: Vec<_> = fields.iter().map(present).collect();
        let mut parts: Vec<&[u8]> = vec![b"approved content"];
        for (mark, field) in marks.iter().zip(fields) {
            parts.extend([mark.as_slice(), field.unwrap_or_default().as_bytes()]);
        }
        // A key of 32 bytes is always accepted.
        ContentHash(SecretKey::parse(&self.0).map_or([0; 32], |key| key.mac(&parts)))
    }
}

/// The hash of content as an approver saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// Parses 64 hexadecimal digits.
    ///
    /// # Errors
    /// For any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let bytes = unhex(text).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(InvalidField::new("contentHash", "must be 64 hexadecimal digits"))
    }

    /// The hash as 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(subject: &str, kind: ActorKind) -> ActorRef {
        ActorRef::new("idp", subject, kind)
    }

    #[test]
    fn author_editors_and_systems_never_approve() {
        let human = |subject| actor(subject, ActorKind::Human);
        let editors = Editors::by(human("ann")).and(&human("bob")).and(&human("ann"));
        assert_eq!(editors.iter().count(), 2);
        for subject in ["ann", "bob"] {
            assert_eq!(editors.approver(&human(subject)), Err(FourEyes::IsEditor), "{subject}");
        }
        let robot = actor("robot", ActorKind::System);
        assert_eq!(editors.approver(&robot), Err(FourEyes::IsSystem));
        // The same subject of another issuer is another person.
        let other = ActorRef::new("other-idp", "ann", ActorKind::Human);
        assert_eq!(editors.approver(&other).map(|it| it.who().clone()), Ok(other));
    }

    #[test]
    fn a_hash_covers_every_field_in_its_place() {
        let salt = ContentSalt::new([7; 32]);
        let fields = [Some("a"), None, Some("")];
        let hash = salt.hash(&fields);
        assert_eq!(hash, salt.hash(&fields));
        let others: [&[Option<&str>]; 5] = [
            &[Some("a"), Some(""), Some("")],
            &[Some("a"), None, None],
            &[None, Some("a"), Some("")],
            &[Some("a"), None, Some(""), None],
            &[Some("A"), None, Some("")],
        ];
        for other in others {
            assert_ne!(salt.hash(other), hash, "{other:?}");
        }
        assert_ne!(ContentSalt::new([8; 32]).hash(&fields), hash);
    }

    #[test]
    fn a_hash_reads_back_and_a_salt_never_prints() {
        let hash = ContentSalt::new([7; 32]).hash(&[]);
        assert_eq!(ContentHash::parse(&hash.to_hex()), Ok(hash));
        assert_eq!(hash.to_hex().len(), 64);
        for bad in ["", "ab", &"g".repeat(64), &"a".repeat(63), &"a".repeat(66)] {
            assert!(ContentHash::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(format!("{:?}", ContentSalt::new([7; 32])), "ContentSalt(***)");
    }

    #[test]
    fn a_reason_says_something() {
        for bad in ["", " ", "\u{3000}", "\u{200b}", "a\u{202e}b", "a\nb", &"x".repeat(501)] {
            assert!(RejectionReason::parse(bad).is_err(), "{bad:?}");
        }
        let reason = RejectionReason::parse("不備あり").unwrap();
        assert_eq!(format!("{reason:?}"), "RejectionReason(***)");
    }
}
