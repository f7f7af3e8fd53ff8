//! Use cases of members: register and read.

use std::sync::Arc;

use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::member::{self, Member, MemberId};
use madoguchi_domain::port::{MemberStore, ReplayStore};
use madoguchi_domain::redacted;
use madoguchi_domain::registered::Registered;

use crate::idempotency::once_until_moved;
use crate::{Answered, ServiceError};

redacted!(MemberService);

/// Registers and reads members.
#[derive(Clone)]
pub struct MemberService {
    members: Arc<dyn MemberStore>,
    replays: Arc<dyn ReplayStore>,
}

impl MemberService {
    /// A service over these stores, which share one database.
    #[must_use]
    pub fn new(members: Arc<dyn MemberStore>, replays: Arc<dyn ReplayStore>) -> Self {
        Self { members, replays }
    }

    /// Registers a member; idempotent.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn register(
        &self,
        member: Member,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<Registered<Member>>, ServiceError> {
        let (store, ClientAct { act, keyed }) = (&self.members, by.into());
        once_until_moved(
            &*self.replays,
            keyed,
            || async {
                let (id, arrangement) = (&member.id, &member.account.arrangement);
                let known = store.with_id_or_arrangement(id, arrangement).await?;
                Ok(member::register(&known, member.clone(), &act))
            },
            |change| async move { store.commit(&[change]).await },
        )
        .await
    }

    /// The member with this id, if there is one.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn find(&self, id: &MemberId) -> Result<Option<Member>, ServiceError> {
        Ok(self.members.find(id).await?)
    }
}
