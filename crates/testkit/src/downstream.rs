//! What the suites of both lookups need: a system behind the adapter that does as it is told.

use async_trait::async_trait;
use madoguchi_domain::caller::Passage;

use crate::samples;

/// How the system behind an adapter answers the next lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saying {
    /// It finds the sample, and answers with its document.
    Found,
    /// It calls the request malformed (400).
    Malformed,
    /// It does not accept who asks (401).
    NotYou,
    /// It knows no such thing (404).
    Nothing,
    /// It understood and failed (500 with code `1`).
    Failure,
    /// It answers 200 with what nobody can read.
    Garbage,
}

/// One question as it arrived at the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// The context id or the account that was asked for.
    pub asked: String,
    /// `encoded`, if it was sent.
    pub encoded: Option<String>,
    /// The headers that passed.
    pub passage: Passage,
}

/// The system behind an adapter.
#[async_trait]
pub trait Downstream: Send + Sync {
    /// Answers every question like this from now on.
    async fn says(&self, saying: Saying);
    /// Cannot be reached from now on.
    async fn goes_away(&self);
    /// The questions that arrived, repetitions counted once.
    async fn arrived(&self) -> Vec<Arrived>;
}

/// A passage with everything in it.
///
/// # Panics
/// Never: the samples parse.
#[must_use]
pub fn full_passage() -> Passage {
    Passage {
        correlation: Some(samples::correlation("group-1")),
        api_key: Some(samples::api_key("12323213")),
        ..Passage::of(samples::flow(1))
    }
}

/// Runs the checks of a lookup's suite; used by the suites' own macros.
#[doc(hidden)]
#[macro_export]
macro_rules! lookup_checks {
    ($suite:ident, $under_test:expr => $($check:ident,)+) => {$(
        #[::tokio::test]
        async fn $check() {
            let (adapter, downstream) = $under_test.await;
            $crate::$suite::$check(&*adapter, &*downstream).await;
        }
    )+};
}
