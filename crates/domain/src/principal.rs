//! Principals: who an access token belongs to, and what it allows.

use std::sync::Arc;

use crate::actor::{ActorKind, ActorRef, Scope};
use crate::display_name::DisplayName;
use crate::field::InvalidField;
use crate::person::PersonId;

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The actor as history and audit log store it.
    pub who: ActorRef,
    /// Its name for people.
    pub name: Option<DisplayName>,
    /// The person of the person system that the token belongs to: a customer who calls in person.
    pub person: Option<PersonId>,
    /// The issuer of the persons in whose name it may act, with the scope [`Scope::Delegate`].
    pub delegates_for: Option<Arc<str>>,
    /// The scopes of its token.
    pub scopes: Vec<Scope>,
}

impl Principal {
    /// A caller of whom only the actor and the scopes are known.
    #[must_use]
    pub const fn new(who: ActorRef, scopes: Vec<Scope>) -> Self {
        Self { who, name: None, person: None, delegates_for: None, scopes }
    }

    /// True if the token carries `scope`.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// The issuer of the persons in whose name it may act; none if it may not.
    #[must_use]
    pub fn may_act_for(&self) -> Option<&Arc<str>> {
        self.delegates_for.as_ref().filter(|_| self.may(Scope::Delegate))
    }

    /// The person of `issuer` in whose name this principal acts, with its scopes. It is the same
    /// actor as when that person calls with a token of its own.
    ///
    /// # Errors
    /// When no token could have that subject.
    pub fn acting_for(
        &self,
        issuer: &str,
        subject: &str,
        name: DisplayName,
    ) -> Result<Self, InvalidField> {
        let who = ActorRef::parse(issuer, subject, ActorKind::Human)?;
        Ok(Self { name: Some(name), ..Self::new(who, self.scopes.clone()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delegate_needs_the_scope_and_an_issuer() {
        let who = ActorRef::new("ops", "back-office", ActorKind::System);
        let mut principal = Principal::new(who, vec![Scope::PersonRead]);
        assert_eq!(principal.may_act_for(), None);
        principal.scopes.push(Scope::Delegate);
        assert_eq!(principal.may_act_for(), None);
        principal.delegates_for = Some("staff".into());
        assert_eq!(principal.may_act_for().map(|it| &**it), Some("staff"));
        principal.scopes.pop();
        assert_eq!(principal.may_act_for(), None);
    }

    #[test]
    fn a_delegated_person_has_the_scopes_and_nothing_else() {
        let who = ActorRef::new("ops", "back-office", ActorKind::System);
        let person = Some(PersonId::parse("PER0001").unwrap());
        let delegates_for = Some("staff".into());
        let scopes = vec![Scope::PersonRead, Scope::Delegate];
        let principal = Principal { person, delegates_for, ..Principal::new(who, scopes.clone()) };
        let name = DisplayName::of_human("山田").unwrap();
        let acting = principal.acting_for("staff", "agent-7", name.clone()).unwrap();
        let agent = ActorRef::new("staff", "agent-7", ActorKind::Human);
        assert_eq!(acting, Principal { name: Some(name), ..Principal::new(agent, scopes) });
        assert_eq!(acting.may_act_for(), None, "a delegate of a delegate does not exist");
    }
}
