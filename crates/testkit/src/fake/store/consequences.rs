//! What becomes true in the fake store's systems together with a transition.

use madoguchi_domain::consequence::Consequence;
use madoguchi_domain::port::StoreError;

use super::memory::Memory;

impl Memory {
    /// An error if a consequence meets no row.
    pub(super) fn can_apply<'a>(
        &self,
        mut consequences: impl Iterator<Item = &'a Consequence>,
    ) -> Result<(), StoreError> {
        let is_complete = consequences.all(|consequence| match consequence {
            Consequence::LevelConfirmed { member, .. } => self.members.contains_key(member),
            Consequence::MailMoved { .. } => true,
        });
        is_complete.then_some(()).ok_or(StoreError::Corrupt("members.member_id"))
    }

    pub(super) fn apply(&mut self, consequence: &Consequence) {
        match consequence {
            Consequence::LevelConfirmed { member, level, manually } => {
                if let Some(member) = self.members.get_mut(member) {
                    member.confirmed = Some(level.clone());
                    member.confirmed_manually = *manually;
                    member.target = None;
                }
            }
            Consequence::MailMoved { mail, status } => self.move_mail(*mail, status),
        }
    }
}
