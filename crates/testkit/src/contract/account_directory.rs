//! The contract suite of [`AccountDirectory`], which every adapter runs.
//!
//! A new adapter implements a [`ScriptedUpstream`] and adds one line. The expression is a future of
//! the adapter and its upstream, evaluated for each check:
//!
//! ```text
//! account_directory_contract!(fake: fake(), itau: itau_over_stub());
//! ```

use madoguchi_domain::caller::{AccountQuery, ForwardedHeaders};
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::{AccountDirectory, LookupError};

use crate::contract::scripted_upstream::{
    Arrived, ScriptedUpstream, UpstreamReply, each_refusal_has_its_own_error,
    garbage_is_unreadable, silence_is_unreachable,
};
use crate::samples;

async fn asked(accounts: &dyn AccountDirectory) -> Result<(), LookupError> {
    let forwarded = ForwardedHeaders::of(samples::flow(1));
    accounts.owner(&samples::account_query(), &forwarded).await.map(drop)
}

/// The document is passed on, so that fields that are unknown here are not lost.
pub async fn what_is_found_is_understood_and_kept_whole(
    accounts: &dyn AccountDirectory,
    upstream: &dyn ScriptedUpstream,
) {
    upstream.will_reply(UpstreamReply::Found).await;
    let found = accounts.owner(&samples::account_query(), &samples::all_forwarded_headers()).await;
    assert_eq!(found, Ok(samples::found_owner()));
}

/// The adapter adds and omits nothing.
pub async fn query_and_forwarded_headers_arrive_unchanged(
    accounts: &dyn AccountDirectory,
    upstream: &dyn ScriptedUpstream,
) {
    upstream.will_reply(UpstreamReply::Found).await;
    let bare = samples::account_query();
    let text = |text: &str| Some(Personal::new(text));
    let full = AccountQuery {
        structure: text("AP"),
        segment: text("PF"),
        digital_service: text("APP"),
        ..bare.clone()
    };
    let queries =
        [(bare, ForwardedHeaders::of(samples::flow(2))), (full, samples::all_forwarded_headers())];
    let mut expected = Vec::new();
    for (query, forwarded) in queries {
        accounts.owner(&query, &forwarded).await.expect("the sample is found");
        expected.push(Arrived::owner(&query, &forwarded));
    }
    assert_eq!(upstream.arrived().await, expected);
}

/// Each has its own answer to the caller.
pub async fn every_refusal_has_an_error_of_its_own(
    accounts: &dyn AccountDirectory,
    upstream: &dyn ScriptedUpstream,
) {
    each_refusal_has_its_own_error(upstream, async || asked(accounts).await).await;
}

/// No owner would look like an account of nobody.
pub async fn what_cannot_be_read_is_unavailable_and_never_empty(
    accounts: &dyn AccountDirectory,
    upstream: &dyn ScriptedUpstream,
) {
    garbage_is_unreadable(upstream, async || asked(accounts).await).await;
}

/// So that the caller may try again.
pub async fn a_system_that_went_away_is_unreachable(
    accounts: &dyn AccountDirectory,
    upstream: &dyn ScriptedUpstream,
) {
    silence_is_unreachable(upstream, async || asked(accounts).await).await;
}

/// Runs every check against each adapter, in a module of the given name.
#[macro_export]
macro_rules! account_directory_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            account_directory of account_directory, of_accounts [
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
