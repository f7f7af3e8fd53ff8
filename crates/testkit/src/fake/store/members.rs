//! The fake store's members.

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::member::NewMember;

use super::memory::Memory;

impl Memory {
    pub(super) fn add_member(&mut self, change: &Change<NewMember>) -> Committed {
        let member = &change.write.0;
        let is_taken = self.members.contains_key(&member.id)
            || self.members.values().any(|it| it.account.arrangement == member.account.arrangement);
        if is_taken || !self.can_finish(change) {
            return Committed::Lost;
        }
        self.members.insert(member.id.clone(), member.clone());
        self.finish(change);
        Committed::Moved
    }
}
