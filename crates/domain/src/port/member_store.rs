//! The port to the store of members.

use async_trait::async_trait;

use super::StoreError;
use crate::audit::AuditEntry;
use crate::member::{Member, MemberId};

/// A member to register, and its audit row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The member.
    pub member: Member,
    /// Written only if the member is new.
    pub audit: AuditEntry,
}

/// The result of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// The member is new.
    New,
    /// It was registered before with the same data; here is its current state.
    Same(Box<Member>),
    /// Its id or arrangement is registered with other data; nothing was changed.
    Different,
}

/// Stores members. Registering is idempotent.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait MemberStore: Send + Sync {
    /// Registers each member; the results have the order of the registrations.
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
