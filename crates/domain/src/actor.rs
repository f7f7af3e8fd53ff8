//! Who acts: the token's subject, what kind it is, and what it may do.

use std::sync::Arc;

/// Whether a person or a program acts: history and audit say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorKind {
    /// A person.
    Human,
    /// A program.
    System,
}

impl ActorKind {
    /// The text on the wire and in the database: `HUMAN` or `SYSTEM`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "HUMAN",
            Self::System => "SYSTEM",
        }
    }

    /// Reads what [`as_str`](Self::as_str) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Human, Self::System].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Who did something, as history and audit keep it: issuer, subject and kind, never a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActorRef {
    /// Who vouches for the subject, for example an identity provider's name.
    pub issuer: Arc<str>,
    /// The subject as the issuer knows it.
    pub subject: Arc<str>,
    /// Person or program.
    pub kind: ActorKind,
}

impl ActorRef {
    /// An actor known by these three facts.
    #[must_use]
    pub fn new(issuer: &str, subject: &str, kind: ActorKind) -> Self {
        Self { issuer: issuer.into(), subject: subject.into(), kind }
    }
}

/// An authenticated caller: who, and the scopes its token carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who it is.
    pub who: ActorRef,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

impl Actor {
    /// Says whether the token carries `scope`.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// A right that a token carries and a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Read members.
    MemberRead,
    /// Register members.
    MemberWrite,
    /// Open a case and read its own QR code.
    UpgradeOpen,
    /// Report the result of a verification.
    UpgradeVerify,
    /// Give the agent's verdict.
    UpgradeDecide,
    /// Read cases.
    UpgradeRead,
    /// Ask who is calling.
    CallerRead,
}

impl Scope {
    /// Every scope there is.
    pub const ALL: [Self; 7] = [
        Self::MemberRead,
        Self::MemberWrite,
        Self::UpgradeOpen,
        Self::UpgradeVerify,
        Self::UpgradeDecide,
        Self::UpgradeRead,
        Self::CallerRead,
    ];

    /// The text in tokens, for example `upgrade.decide`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MemberRead => "member.read",
            Self::MemberWrite => "member.write",
            Self::UpgradeOpen => "upgrade.open",
            Self::UpgradeVerify => "upgrade.verify",
            Self::UpgradeDecide => "upgrade.decide",
            Self::UpgradeRead => "upgrade.read",
            Self::CallerRead => "caller.read",
        }
    }

    /// Reads what [`as_str`](Self::as_str) writes; `None` for a scope this product does not know.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}
