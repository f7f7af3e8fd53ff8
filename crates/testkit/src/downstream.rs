//! What the suites of both lookups need: a system behind the adapter that does as it is told.

use std::collections::BTreeMap;

use async_trait::async_trait;
use madoguchi_domain::caller::{AccountQuery, ContextQuery, ForwardedHeaders};
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::{LookupError, Unavailability};

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
    /// The other fields that were sent, by their names on the wire.
    pub with: BTreeMap<&'static str, String>,
    /// The headers that passed.
    pub forwarded: ForwardedHeaders,
}

impl Arrived {
    /// How a question about a context arrives if nothing is changed on the way.
    #[must_use]
    pub fn context(query: &ContextQuery, forwarded: &ForwardedHeaders) -> Self {
        let encoded = query.encoded.as_ref().map(|it| ("encoded", it.as_str().to_owned()));
        Self {
            asked: query.context.expose().to_owned(),
            with: encoded.into_iter().collect(),
            forwarded: forwarded.clone(),
        }
    }

    /// How a question about an owner arrives if nothing is changed on the way.
    #[must_use]
    pub fn owner(query: &AccountQuery, forwarded: &ForwardedHeaders) -> Self {
        let fields = [
            ("tipo_estrutura", &query.structure),
            ("segmento", &query.segment),
            ("servico_digital", &query.digital_service),
        ];
        let given = |(name, text): (_, &Option<Personal>)| {
            text.as_ref().map(|text| (name, text.expose().to_owned()))
        };
        Self {
            asked: query.account.expose().to_owned(),
            with: fields.into_iter().filter_map(given).collect(),
            forwarded: forwarded.clone(),
        }
    }
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

/// A forwarded with everything in it.
///
/// # Panics
/// Never: the samples parse.
#[must_use]
pub fn full_passage() -> ForwardedHeaders {
    ForwardedHeaders {
        correlation: Some(samples::correlation("group-1")),
        api_key: Some(samples::api_key("12323213")),
        ..ForwardedHeaders::of(samples::flow(1))
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

/// Asks a downstream that refuses in each documented way; the errors differ.
pub(crate) async fn refusals_are_told_apart(
    downstream: &dyn Downstream,
    asked: impl AsyncFn() -> Result<(), LookupError>,
) {
    for (saying, error) in [
        (Saying::Malformed, LookupError::Refused),
        (Saying::NotYou, LookupError::Misconfigured),
        (Saying::Nothing, LookupError::NotFound),
        (Saying::Failure, LookupError::Failed),
    ] {
        downstream.says(saying).await;
        assert_eq!(asked().await, Err(error), "{saying:?}");
    }
}

/// Asks a downstream that answers with what is no answer.
pub(crate) async fn garbage_is_unreadable(
    downstream: &dyn Downstream,
    asked: impl AsyncFn() -> Result<(), LookupError>,
) {
    downstream.says(Saying::Garbage).await;
    let unreadable = LookupError::Unavailable(Unavailability::Unreadable);
    assert_eq!(asked().await, Err(unreadable));
}

/// Asks a downstream that was there and is gone.
pub(crate) async fn silence_is_unreachable(
    downstream: &dyn Downstream,
    asked: impl AsyncFn() -> Result<(), LookupError>,
) {
    downstream.says(Saying::Found).await;
    assert_eq!(asked().await, Ok(()));
    downstream.goes_away().await;
    let unreachable = LookupError::Unavailable(Unavailability::Unreachable);
    assert_eq!(asked().await, Err(unreachable));
}
