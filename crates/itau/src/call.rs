//! The two lookups: the headers of a request, and the meaning of each status.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_domain::caller::{
    AccountQuery, CallerContext, ContextQuery, CustomerProfile, ForwardedHeaders, Found,
};
use madoguchi_domain::port::{AccountDirectory, CallerContexts, Clock, Ids, LookupError};
use madoguchi_upstream::{Call, Failure, Guard, HttpUpstream, Response};
use serde::Serialize;
use tokio::time::Instant;

use crate::attempt::{AttemptError, lookup_error};
use crate::settings::{InvalidItau, ItauSettings};
use crate::translate::{self, NoAnswer};

/// The documented path of `contextos`.
pub const CONTEXT_PATH: &str = "/apiaccess/rest/ccmessaging/v1/itau/ps7/contextos";
/// The documented path of `codigo`.
pub const ACCOUNT_PATH: &str = "/apiaccess/rest/ccmessaging/v1/itau/codigo";

/// A client of the system that knows contexts and account owners. Each kind of lookup has its own
/// bulkhead and circuit breaker.
pub struct Itau {
    upstream: HttpUpstream,
    user: String,
    password: String,
    app_key: Option<String>,
    clock: Arc<dyn Clock>,
    contexts: Guard,
    accounts: Guard,
}

impl Itau {
    /// Creates an adapter for these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// If the settings are invalid.
    pub fn new(
        settings: ItauSettings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self, InvalidItau> {
        let visible = |bytes: &[u8]| {
            let fits = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_graphic);
            let text = String::from_utf8(bytes.to_vec()).ok().filter(|_| fits);
            text.ok_or(InvalidItau::Credentials)
        };
        let limits = settings.limits();
        limits.check().map_err(InvalidItau::Limits)?;
        let guard = || Guard::new(limits, Arc::clone(&clock), Arc::clone(&ids));
        Ok(Self {
            contexts: guard(),
            accounts: guard(),
            upstream: HttpUpstream::new(settings.upstream.clone())?,
            user: visible(settings.credentials.user())?,
            password: visible(settings.credentials.password())?,
            app_key: settings.app_key.as_ref().map(|key| key.expose().to_owned()),
            clock,
        })
    }

    /// Sends a query, and parses a reply of status 200 with `read`.
    async fn look_up<T>(
        &self,
        (guard, path): (&Guard, &'static str),
        message: &(impl Serialize + Sync),
        forwarded: &ForwardedHeaders,
        read: impl Fn(&str) -> Result<T, NoAnswer> + Sync,
    ) -> Result<T, LookupError> {
        let message = serde_json::to_vec(message).map_err(|_| LookupError::Refused)?;
        let until = Instant::now() + self.upstream.timeout();
        let asked = guard.ask(until, |until| {
            let within = until.saturating_duration_since(Instant::now());
            let headers = self.headers(forwarded);
            let (message, read) = (&message, &read);
            async move {
                let call = Call { path, headers: &headers, body: message, within };
                let response = self.upstream.post(call).await?;
                match response.status() {
                    200 => Ok(read(&response.text().await?)?),
                    _ => Err(attempt_error(response).await?),
                }
            }
        });
        let began = Instant::now();
        let outcome = asked.await.map_err(lookup_error);
        note(path, forwarded, outcome.as_ref().err().copied(), began);
        outcome
    }

    fn headers<'a>(&'a self, forwarded: &'a ForwardedHeaders) -> Vec<(&'static str, &'a str)> {
        let mut headers = vec![
            ("userName", self.user.as_str()),
            ("password", self.password.as_str()),
            ("x-itau-flowID", forwarded.flow.as_str()),
        ];
        let given = [
            ("x-itau-correlationID", forwarded.correlation.as_ref().map(|id| id.as_str())),
            ("x-itau-apikey", forwarded.api_key.as_ref().map(|key| key.expose())),
            ("x-app-key", self.app_key.as_deref()),
        ];
        headers.extend(given.into_iter().filter_map(|(name, value)| Some((name, value?))));
        headers
    }
}

#[async_trait]
impl CallerContexts for Itau {
    async fn context(
        &self,
        query: &ContextQuery,
        forwarded: &ForwardedHeaders,
    ) -> Result<Found<CallerContext>, LookupError> {
        let message = translate::context_request(query);
        let read = |text: &str| translate::context_answer(text, self.clock.now());
        self.look_up((&self.contexts, CONTEXT_PATH), &message, forwarded, read).await
    }
}

#[async_trait]
impl AccountDirectory for Itau {
    async fn owner(
        &self,
        query: &AccountQuery,
        forwarded: &ForwardedHeaders,
    ) -> Result<Found<CustomerProfile>, LookupError> {
        let message = translate::account_request(query);
        let read = translate::account_answer;
        self.look_up((&self.accounts, ACCOUNT_PATH), &message, forwarded, read).await
    }
}

impl fmt::Debug for Itau {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Itau").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}

/// Maps a status other than 200. The body of a 500 says whether the lookup itself failed.
async fn attempt_error(response: Response) -> Result<AttemptError, Failure> {
    let (status, rests) = (response.status(), response.asks_to_come_again());
    // With `Retry-After`, another gateway of ours sends the same body if its own upstream failed.
    if status == 500 && !rests {
        match response.text().await {
            Ok(text) if translate::reports_failure(&text) => return Ok(NoAnswer::Failed.into()),
            Ok(_) | Err(Failure::TooLarge) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(AttemptError::of_status(status, rests))
}

fn note(
    path: &'static str,
    forwarded: &ForwardedHeaders,
    error: Option<LookupError>,
    began: Instant,
) {
    let what = if path == CONTEXT_PATH { "contextos" } else { "codigo" };
    let outcome = error.map_or("found", LookupError::as_str);
    let flow = forwarded.flow.as_str();
    let correlation = forwarded.correlation.as_ref().map(|id| id.as_str());
    let took = began.elapsed();
    metrics::counter!("madoguchi_lookups_total", "what" => what, "outcome" => outcome).increment(1);
    metrics::histogram!("madoguchi_lookup_duration_seconds", "what" => what)
        .record(took.as_secs_f64());
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    if error == Some(LookupError::Misconfigured) {
        tracing::error!(
            what,
            flow,
            "the downstream does not accept our user name and password, or an API key that was \
             passed on: correct them"
        );
    }
    tracing::info!(what, flow, correlation, outcome, took_us, "looked up");
}
