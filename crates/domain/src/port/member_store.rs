//! The port that keeps members.

use async_trait::async_trait;

use super::StoreError;
use crate::audit::AuditEntry;
use crate::member::{Member, MemberId};

/// A member to register, and the audit row that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The member.
    pub member: Member,
    /// Written only if the member is new.
    pub audit: AuditEntry,
}

/// What became of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// It is new.
    New,
    /// It was registered before with the same data; here as it stands now.
    Same(Box<Member>),
    /// Its id or its arrangement belongs to other data; nothing was changed.
    Different,
}

/// Keeps members. Registering is idempotent.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait MemberStore: Send + Sync {
    /// Registers each member; the answers stand in the order of the questions.
    ///
    /// # Errors
    /// See [`StoreError`]; then none of them was registered by this call.
    async fn register(&self, members: &[Registration]) -> Result<Vec<Registered>, StoreError>;

    /// The member with this id.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn find(&self, id: &MemberId) -> Result<Option<Member>, StoreError>;
}
