//! Use cases of members: register and read.

use std::sync::Arc;

use madoguchi_domain::act::Act;
use madoguchi_domain::member::{self, Member, MemberId};
use madoguchi_domain::port::MemberStore;
use madoguchi_domain::redacted;
use madoguchi_domain::registered::Registered;

use crate::ServiceError;
use crate::until_moved::until_moved;

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
    pub async fn register(
        &self,
        member: Member,
        act: &Act,
    ) -> Result<Registered<Member>, ServiceError> {
        let store = &self.members;
        until_moved(
            || async {
                let (id, arrangement) = (&member.id, &member.account.arrangement);
                let known = store.with_id_or_arrangement(id, arrangement).await?;
                Ok(member::register(&known, member.clone(), act))
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
