//! Registering and reading members.

use std::fmt;
use std::sync::Arc;

use madoguchi_domain::actor::ActorRef;
use madoguchi_domain::audit::{Action, AuditEntry, Subject};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::member::{Member, MemberId};
use madoguchi_domain::port::{Clock, MemberStore, Registered, Registration};

use crate::ServiceError;

/// Registers and reads members.
#[derive(Clone)]
pub struct MemberService {
    members: Arc<dyn MemberStore>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for MemberService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemberService")
    }
}

impl MemberService {
    /// A service over this store.
    #[must_use]
    pub fn new(members: Arc<dyn MemberStore>, clock: Arc<dyn Clock>) -> Self {
        Self { members, clock }
    }

    /// Registers a member; saying the same again changes nothing.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn register(
        &self,
        member: Member,
        by: ActorRef,
        correlation: CorrelationId,
    ) -> Result<Registered, ServiceError> {
        let (action, subject) = (Action::MemberRegistered, Subject::Member(member.id.clone()));
        let at = self.clock.now();
        let audit = AuditEntry { action, subject, detail: "".into(), by, at, correlation };
        let registered = self.members.register(&[Registration { member, audit }]).await?;
        registered.into_iter().next().ok_or(ServiceError::Unavailable)
    }

    /// The member with this id, if there is one.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn find(&self, id: &MemberId) -> Result<Option<Member>, ServiceError> {
        Ok(self.members.find(id).await?)
    }
}
