//! What becomes true in the fake store's systems together with a transition.

use madoguchi_domain::consequence::Consequence;

use super::memory::Memory;

impl Memory {
    pub(super) fn apply(&mut self, consequence: &Consequence) {
        match consequence {
            Consequence::LevelConfirmed { member, level } => {
                if let Some(member) = self.members.get_mut(member) {
                    member.confirmed = Some(level.clone());
                    member.target = None;
                }
            }
        }
    }
}
