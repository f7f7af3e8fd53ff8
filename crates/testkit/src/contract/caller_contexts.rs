//! The contract suite of [`CallerContexts`], which every adapter runs.
//!
//! A new adapter implements a [`ScriptedUpstream`] and adds one line. The expression is a future of
//! the adapter and its upstream, evaluated for each check:
//!
//! ```text
//! caller_contexts_contract!(fake: fake(), itau: itau_over_stub());
//! ```

use madoguchi_domain::caller::{ContextQuery, Encoded, ForwardedHeaders};
use madoguchi_domain::port::{CallerContexts, LookupError};

use crate::contract::scripted_upstream::{
    Arrived, ScriptedUpstream, UpstreamReply, each_refusal_has_its_own_error,
    garbage_is_unreadable, silence_is_unreachable,
};
use crate::samples;

async fn asked(contexts: &dyn CallerContexts) -> Result<(), LookupError> {
    let forwarded = ForwardedHeaders::of(samples::flow(1));
    contexts.context(&samples::context_query(), &forwarded).await.map(drop)
}

/// The document is passed on, so that fields that are unknown here are not lost.
pub async fn what_is_found_is_understood_and_kept_whole(
    contexts: &dyn CallerContexts,
    upstream: &dyn ScriptedUpstream,
) {
    upstream.will_reply(UpstreamReply::Found).await;
    let found =
        contexts.context(&samples::context_query(), &samples::all_forwarded_headers()).await;
    assert_eq!(found, Ok(samples::found_context()));
}

/// The adapter encodes, adds and omits nothing.
pub async fn query_and_forwarded_headers_arrive_unchanged(
    contexts: &dyn CallerContexts,
    upstream: &dyn ScriptedUpstream,
) {
    upstream.will_reply(UpstreamReply::Found).await;
    let bare = samples::context_query();
    let encoded = Encoded::parse("1").expect("a value of the field");
    let full = ContextQuery { encoded: Some(encoded), ..bare.clone() };
    let queries =
        [(bare, ForwardedHeaders::of(samples::flow(2))), (full, samples::all_forwarded_headers())];
    let mut expected = Vec::new();
    for (query, forwarded) in queries {
        contexts.context(&query, &forwarded).await.expect("the sample is found");
        expected.push(Arrived::context(&query, &forwarded));
    }
    assert_eq!(upstream.arrived().await, expected);
}

/// Each has its own answer to the caller.
pub async fn every_refusal_has_an_error_of_its_own(
    contexts: &dyn CallerContexts,
    upstream: &dyn ScriptedUpstream,
) {
    each_refusal_has_its_own_error(upstream, async || asked(contexts).await).await;
}

/// An empty context would look like a caller without one.
pub async fn what_cannot_be_read_is_unavailable_and_never_empty(
    contexts: &dyn CallerContexts,
    upstream: &dyn ScriptedUpstream,
) {
    garbage_is_unreadable(upstream, async || asked(contexts).await).await;
}

/// So that the caller may try again.
pub async fn a_system_that_went_away_is_unreachable(
    contexts: &dyn CallerContexts,
    upstream: &dyn ScriptedUpstream,
) {
    silence_is_unreachable(upstream, async || asked(contexts).await).await;
}

/// Runs every check against each adapter, in a module of the given name.
#[macro_export]
macro_rules! caller_contexts_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            caller_contexts of caller_contexts, of_contexts [
                what_is_found_is_understood_and_kept_whole
                query_and_forwarded_headers_arrive_unchanged
                every_refusal_has_an_error_of_its_own
                what_cannot_be_read_is_unavailable_and_never_empty
                a_system_that_went_away_is_unreachable
            ]
            $($adapters)+
        }
    };
}
