//! The contract suite of [`TokenVerifier`], which every adapter runs.
//!
//! A new adapter provides itself with one valid token, and adds one line:
//!
//! ```text
//! token_verifier_contract!(mine: open_mine()); // a future of `TokensUnderTest`
//! ```

use std::fmt;
use std::sync::Arc;

use madoguchi_domain::port::TokenVerifier;
use madoguchi_domain::principal::Principal;
use madoguchi_domain::secret::AccessToken;

/// An adapter, a valid token and its principal.
#[derive(Clone)]
pub struct TokensUnderTest {
    /// The adapter.
    pub verifier: Arc<dyn TokenVerifier>,
    /// A valid token.
    pub token: AccessToken,
    /// The token's principal, with everything that the adapter can know of one.
    pub principal: Principal,
}

impl fmt::Debug for TokensUnderTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokensUnderTest")
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}

/// Also from a cache, if the adapter has one.
pub async fn a_known_token_gives_its_principal_every_time(under_test: TokensUnderTest) {
    for _ in 0..2 {
        let principal = under_test.verifier.verify(&under_test.token).await.expect("verified");
        assert_eq!(principal.as_ref(), Some(&under_test.principal));
    }
}

/// A verifier that compares a part, or ignores case, lets callers in. Also right after the valid
/// token: a cache of accepted tokens must not accept others.
pub async fn a_token_that_only_looks_like_it_is_nobody(under_test: TokensUnderTest) {
    let valid = under_test.verifier.verify(&under_test.token).await.expect("verified");
    assert_eq!(valid.as_ref(), Some(&under_test.principal));
    let known = under_test.token.expose();
    let cut = &known[..known.len() - 1];
    let other_case = known.chars().map(swap_case).collect::<String>();
    for text in [format!("{known}x"), format!("x{known}"), cut.to_owned(), other_case] {
        let Ok(token) = AccessToken::parse(&text) else { continue };
        let principal = under_test.verifier.verify(&token).await.expect("verified");
        assert_eq!(principal, None);
    }
}

fn swap_case(c: char) -> char {
    if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() }
}

/// Runs every check against each adapter, in a module of the given name.
#[macro_export]
macro_rules! token_verifier_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            token_verifier of token_verifier, of_subject [
                a_known_token_gives_its_principal_every_time
                a_token_that_only_looks_like_it_is_nobody
            ]
            $($adapters)+
        }
    };
}
