//! Actors: issuer and subject of a token, its kind, and its scopes.

use std::sync::Arc;

/// Whether the actor is a person or a program; stored in history and audit log.
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

    /// Parses the text that [`as_str`](Self::as_str) returns.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Human, Self::System].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An actor as history and audit log store it: issuer, subject and kind, never a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActorRef {
    /// Who issued the subject, for example an identity provider's name.
    pub issuer: Arc<str>,
    /// The subject in the issuer's namespace.
    pub subject: Arc<str>,
    /// Person or program.
    pub kind: ActorKind,
}

impl ActorRef {
    /// An actor from issuer, subject and kind.
    #[must_use]
    pub fn new(issuer: &str, subject: &str, kind: ActorKind) -> Self {
        Self { issuer: issuer.into(), subject: subject.into(), kind }
    }
}

/// An authenticated caller: the actor and the scopes of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The actor.
    pub who: ActorRef,
    /// The scopes of its token.
    pub scopes: Vec<Scope>,
}

impl Actor {
    /// True if the token carries `scope`.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// A permission that a token carries and a route requires.
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
    /// Record the agent's verdict.
    UpgradeDecide,
    /// Read cases.
    UpgradeRead,
    /// Look up callers.
    CallerRead,
}

impl Scope {
    /// All scopes.
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

    /// Parses the text that [`as_str`](Self::as_str) returns; `None` for an unknown scope.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}
