//! The fake store's members.

use madoguchi_domain::port::{Registered, Registration};

use super::memory::Memory;

impl Memory {
    pub(super) fn register(&mut self, wish: &Registration) -> Registered {
        let Registration { member, audit } = wish;
        if let Some(known) = self.members.get(&member.id) {
            let same = known.account == member.account && known.registered == member.registered;
            return if same {
                Registered::Same(Box::new(known.clone()))
            } else {
                Registered::Different
            };
        }
        if !self.arrangements.insert(member.account.arrangement.clone()) {
            return Registered::Different;
        }
        self.members.insert(member.id.clone(), member.clone());
        self.trail.append(audit);
        Registered::New
    }
}
