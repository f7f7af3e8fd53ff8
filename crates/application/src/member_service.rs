//! Use cases of members: register and read.

use std::sync::Arc;

use madoguchi_domain::act::Act;
use madoguchi_domain::audit::{Action, AuditEntry};
use madoguchi_domain::member::{Member, MemberId};
use madoguchi_domain::port::{MemberStore, Registered, Registration};

use crate::ServiceError;
use madoguchi_domain::redacted;

redacted!(MemberService);

/// Registers and reads members.
#[derive(Clone)]
pub struct MemberService {
    members: Arc<dyn MemberStore>,
}

impl MemberService {
    /// A service over this store.
    #[must_use]
    pub fn new(members: Arc<dyn MemberStore>) -> Self {
        Self { members }
    }

    /// Registers a member; idempotent.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn register(&self, member: Member, act: &Act) -> Result<Registered, ServiceError> {
        let audit = AuditEntry::new(Action::MEMBER_REGISTERED, member.id.subject(), "", act);
        let registered = self.members.register(&[Registration { member, audit }]).await?;
        registered.into_iter().next().ok_or(ServiceError::Unavailable)
    }

    /// The member with this id, if there is one.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn find(&self, id: &MemberId) -> Result<Option<Member>, ServiceError> {
        Ok(self.members.find(id).await?)
    }
}
