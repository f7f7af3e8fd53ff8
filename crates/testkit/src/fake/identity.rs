//! Fake token and password verifiers, in memory, for tests of authentication.
//!
//! ```
//! use madoguchi_domain::port::PasswordVerifier;
//! use madoguchi_domain::secret::Credentials;
//! use madoguchi_testkit::fake::identity::FakePasswords;
//! use madoguchi_testkit::samples;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let passwords = FakePasswords::knowing("chat", "dev-password", samples::system());
//! let right = Credentials::new("chat", "dev-password");
//! assert_eq!(passwords.verify(&right).await, Ok(Some(samples::system())));
//! # }
//! ```

use async_trait::async_trait;
use madoguchi_domain::actor::ActorRef;
use madoguchi_domain::port::{PasswordVerifier, TokenVerifier, VerifierUnavailable};
use madoguchi_domain::principal::Principal;
use madoguchi_domain::secret::{AccessToken, Credentials};

/// A token verifier with a list of tokens.
#[derive(Debug, Clone)]
pub struct FakeTokens(Vec<(AccessToken, Principal)>);

impl FakeTokens {
    /// Adds this token.
    ///
    /// # Panics
    /// When it is not a token.
    #[must_use]
    pub fn knowing(token: &str, principal: Principal) -> Self {
        Self(vec![(AccessToken::parse(token).expect("a token"), principal)])
    }
}

#[async_trait]
impl TokenVerifier for FakeTokens {
    async fn verify(&self, token: &AccessToken) -> Result<Option<Principal>, VerifierUnavailable> {
        let known = self.0.iter().find(|(known, _)| known == token);
        Ok(known.map(|(_, principal)| principal.clone()))
    }
}

/// A password verifier with a list of users.
#[derive(Debug, Clone)]
pub struct FakePasswords(Vec<(Credentials, ActorRef)>);

impl FakePasswords {
    /// Adds this user.
    #[must_use]
    pub fn knowing(user: &str, password: &str, who: ActorRef) -> Self {
        Self(vec![(Credentials::new(user, password), who)])
    }
}

#[async_trait]
impl PasswordVerifier for FakePasswords {
    async fn verify(
        &self,
        presented: &Credentials,
    ) -> Result<Option<ActorRef>, VerifierUnavailable> {
        let known = self.0.iter().find(|(known, _)| known == presented);
        Ok(known.map(|(_, who)| who.clone()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::contract::password_verifier::PasswordsUnderTest;
    use crate::contract::token_verifier::TokensUnderTest;
    use crate::samples;

    fn tokens() -> TokensUnderTest {
        let principal = samples::caller(samples::human(), &[]);
        let token = AccessToken::parse("Let-me-in").expect("a token");
        let verifier = Arc::new(FakeTokens::knowing("Let-me-in", principal.clone()));
        TokensUnderTest { verifier, token, principal }
    }

    fn passwords() -> PasswordsUnderTest {
        let who = samples::system();
        let verifier = Arc::new(FakePasswords::knowing("chat", "dev-password", who.clone()));
        let (user, password) = ("chat".to_owned(), "dev-password".to_owned());
        PasswordsUnderTest { verifier, user, password, who }
    }

    crate::token_verifier_contract!(fake_tokens: async { tokens() });
    crate::password_verifier_contract!(fake_passwords: async { passwords() });
}
