//! The contract suite of [`PasswordVerifier`], which every adapter runs.
//!
//! A new adapter provides itself with one valid user, and adds one line:
//!
//! ```text
//! password_verifier_contract!(mine: open_mine()); // a future of `PasswordsUnderTest`
//! ```

use std::fmt;
use std::sync::Arc;

use madoguchi_domain::actor::ActorRef;
use madoguchi_domain::port::PasswordVerifier;
use madoguchi_domain::secret::Credentials;

/// An adapter, a valid user and its actor. The adapter's queue must hold at least 100.
#[derive(Clone)]
pub struct PasswordsUnderTest {
    /// The adapter.
    pub verifier: Arc<dyn PasswordVerifier>,
    /// A user's name.
    pub user: String,
    /// The user's password.
    pub password: String,
    /// The user's actor.
    pub who: ActorRef,
}

impl fmt::Debug for PasswordsUnderTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordsUnderTest").field("who", &self.who).finish_non_exhaustive()
    }
}

impl PasswordsUnderTest {
    async fn who(&self, user: &str, password: &str) -> Option<ActorRef> {
        let presented = Credentials::new(user, password);
        self.verifier.verify(&presented).await.expect("not busy")
    }
}

/// Also from a cache, if the adapter has one.
pub async fn right_credentials_give_their_actor_every_time(under_test: PasswordsUnderTest) {
    for _ in 0..3 {
        let who = under_test.who(&under_test.user, &under_test.password).await;
        assert_eq!(who.as_ref(), Some(&under_test.who));
    }
}

/// Also right after valid credentials: a cache of accepted credentials must not accept others.
pub async fn everything_but_the_right_credentials_is_nobody(under_test: PasswordsUnderTest) {
    let PasswordsUnderTest { user, password, .. } = &under_test;
    assert!(under_test.who(user, password).await.is_some(), "the right credentials are accepted");
    let cut = &password[..password.len() - 1];
    let wrong: [(&str, &str); 8] = [
        ("", ""),
        (user, ""),
        ("", password),
        (user, cut),
        (user, &format!("{password}x")),
        (&format!("{user}x"), password),
        (password, user),
        (&user.to_uppercase(), &password.to_uppercase()),
    ];
    for (name, secret) in wrong {
        assert_eq!(under_test.who(name, secret).await, None);
    }
}

/// Bytes that are not UTF-8 may be a guess too.
pub async fn bytes_that_are_no_text_are_nobody(under_test: PasswordsUnderTest) {
    let huge = vec![b'x'; 8192];
    for (user, password) in
        [(vec![0xff, 0xfe], huge.clone()), (under_test.user.clone().into_bytes(), huge)]
    {
        let presented = Credentials::new(user, password);
        assert_eq!(under_test.verifier.verify(&presented).await, Ok(None));
    }
}

/// Of twenty concurrent checks, valid and invalid in turns, each gets its own answer.
pub async fn answers_are_not_mixed_up(under_test: PasswordsUnderTest) {
    let guesses: Vec<_> = (0..20)
        .map(|number| {
            let under_test = under_test.clone();
            tokio::spawn(async move {
                let right = number % 2 == 0;
                let password =
                    if right { under_test.password.clone() } else { format!("guess-{number}") };
                (right, under_test.who(&under_test.user, &password).await)
            })
        })
        .collect();
    for guess in guesses {
        let (right, who) = guess.await.expect("a guess comes home");
        assert_eq!(who, right.then(|| under_test.who.clone()));
    }
}

/// Runs every check against each adapter, in a module of the given name.
#[macro_export]
macro_rules! password_verifier_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            password_verifier of password_verifier, of_subject [
                right_credentials_give_their_actor_every_time
                everything_but_the_right_credentials_is_nobody
                bytes_that_are_no_text_are_nobody
                answers_are_not_mixed_up
            ]
            $($adapters)+
        }
    };
}
