//! Shared by both lookup suites: a scripted upstream system behind the adapter.

use std::collections::BTreeMap;

use async_trait::async_trait;
use madoguchi_domain::caller::{AccountQuery, ContextQuery, ForwardedHeaders};
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::{LookupError, Unavailability};

/// How the upstream answers the next lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamReply {
    /// It finds the sample and answers with its document.
    Found,
    /// It rejects the request as malformed (400).
    Malformed,
    /// It rejects the credentials (401).
    Unauthorized,
    /// It finds nothing (404).
    Nothing,
    /// It parsed the request and failed (500 with code `1`).
    Failure,
    /// It answers 200 with a body that cannot be parsed.
    Garbage,
}

/// One lookup as it arrived at the upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// The context id or the account of the lookup.
    pub asked: String,
    /// The other fields sent, by their names on the wire.
    pub with: BTreeMap<&'static str, String>,
    /// The forwarded headers.
    pub forwarded: ForwardedHeaders,
}

impl Arrived {
    /// A context lookup as it arrives if the adapter changes nothing.
    #[must_use]
    pub fn context(query: &ContextQuery, forwarded: &ForwardedHeaders) -> Self {
        let encoded = query.encoded.as_ref().map(|it| ("encoded", it.as_str().to_owned()));
        Self {
            asked: query.context.expose().to_owned(),
            with: encoded.into_iter().collect(),
            forwarded: forwarded.clone(),
        }
    }

    /// An owner lookup as it arrives if the adapter changes nothing.
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

/// The upstream system behind an adapter.
#[async_trait]
pub trait ScriptedUpstream: Send + Sync {
    /// Answers every lookup like this from now on.
    async fn will_reply(&self, reply: UpstreamReply);
    /// Makes the upstream unreachable from now on.
    async fn will_be_unreachable(&self);
    /// The lookups that arrived, retries counted once.
    async fn arrived(&self) -> Vec<Arrived>;
}

/// The upstream refuses in each documented way; the errors differ.
pub(crate) async fn each_refusal_has_its_own_error(
    upstream: &dyn ScriptedUpstream,
    asked: impl AsyncFn() -> Result<(), LookupError>,
) {
    for (reply, error) in [
        (UpstreamReply::Malformed, LookupError::Refused),
        (UpstreamReply::Unauthorized, LookupError::Misconfigured),
        (UpstreamReply::Nothing, LookupError::NotFound),
        (UpstreamReply::Failure, LookupError::Failed),
    ] {
        upstream.will_reply(reply).await;
        assert_eq!(asked().await, Err(error), "{reply:?}");
    }
}

/// The upstream answers with a body that cannot be parsed.
pub(crate) async fn garbage_is_unreadable(
    upstream: &dyn ScriptedUpstream,
    asked: impl AsyncFn() -> Result<(), LookupError>,
) {
    upstream.will_reply(UpstreamReply::Garbage).await;
    let unreadable = LookupError::Unavailable(Unavailability::Unreadable);
    assert_eq!(asked().await, Err(unreadable));
}

/// The upstream was reachable and is no longer.
pub(crate) async fn silence_is_unreachable(
    upstream: &dyn ScriptedUpstream,
    asked: impl AsyncFn() -> Result<(), LookupError>,
) {
    upstream.will_reply(UpstreamReply::Found).await;
    assert_eq!(asked().await, Ok(()));
    upstream.will_be_unreachable().await;
    let unreachable = LookupError::Unavailable(Unavailability::Unreachable);
    assert_eq!(asked().await, Err(unreachable));
}
