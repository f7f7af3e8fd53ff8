//! The two calls: which headers go with a query, and what each status means.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_domain::caller::{
    AccountQuery, CallerContext, ContextQuery, CustomerProfile, Found, Passage,
};
use madoguchi_domain::port::{AccountDirectory, CallerContexts, Clock, Ids, LookupError};
use madoguchi_peer::{Call, Failure, Peer, Response};
use serde::Serialize;
use tokio::time::Instant;

use crate::lane::Lane;
use crate::setback::Setback;
use crate::settings::{InvalidItau, ItauSettings};
use crate::translate::{self, NoAnswer};

/// The documented path of `contextos`.
pub const CONTEXT_PATH: &str = "/apiaccess/rest/ccmessaging/v1/itau/ps7/contextos";
/// The documented path of `codigo`.
pub const ACCOUNT_PATH: &str = "/apiaccess/rest/ccmessaging/v1/itau/codigo";

/// The downstream that knows contexts and owners. Lookups of either kind wait, fail and are left
/// alone apart from the other kind.
pub struct Itau {
    peer: Peer,
    user: String,
    password: String,
    app_key: Option<String>,
    clock: Arc<dyn Clock>,
    contexts: Lane,
    accounts: Lane,
}

impl Itau {
    /// An adapter for these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// When the settings cannot be used.
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
        settings.check_limits()?;
        let lane = || Lane::new(&settings, Arc::clone(&clock), Arc::clone(&ids));
        Ok(Self {
            contexts: lane(),
            accounts: lane(),
            peer: Peer::new(settings.peer.clone())?,
            user: visible(settings.credentials.user())?,
            password: visible(settings.credentials.password())?,
            app_key: settings.app_key.as_ref().map(|key| key.expose().to_owned()),
            clock,
        })
    }

    /// Asks, and reads an answer of 200 with `read`.
    async fn look_up<T>(
        &self,
        (lane, path): (&Lane, &'static str),
        message: &(impl Serialize + Sync),
        passage: &Passage,
        read: impl Fn(&str) -> Result<T, NoAnswer> + Sync,
    ) -> Result<T, LookupError> {
        let message = serde_json::to_vec(message).map_err(|_| LookupError::Refused)?;
        let until = Instant::now() + self.peer.patience();
        let asked = lane.ask(until, |until| {
            let within = until.saturating_duration_since(Instant::now());
            let headers = self.headers(passage);
            let (message, read) = (&message, &read);
            async move {
                let call = Call { path, headers: &headers, body: message, within };
                let response = self.peer.post(call).await?;
                match response.status() {
                    200 => Ok(read(&response.text().await?)?),
                    _ => Err(setback(response).await?),
                }
            }
        });
        let began = Instant::now();
        let outcome = asked.await;
        note(path, passage, outcome.as_ref().err().copied(), began);
        outcome
    }

    fn headers<'a>(&'a self, passage: &'a Passage) -> Vec<(&'static str, &'a str)> {
        let mut headers = vec![
            ("userName", self.user.as_str()),
            ("password", self.password.as_str()),
            ("x-itau-flowID", passage.flow.as_str()),
        ];
        let given = [
            ("x-itau-correlationID", passage.correlation.as_ref().map(|id| id.as_str())),
            ("x-itau-apikey", passage.api_key.as_ref().map(|key| key.expose())),
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
        passage: &Passage,
    ) -> Result<Found<CallerContext>, LookupError> {
        let message = translate::context_request(query);
        let read = |text: &str| translate::context_answer(text, self.clock.now());
        self.look_up((&self.contexts, CONTEXT_PATH), &message, passage, read).await
    }
}

#[async_trait]
impl AccountDirectory for Itau {
    async fn owner(
        &self,
        query: &AccountQuery,
        passage: &Passage,
    ) -> Result<Found<CustomerProfile>, LookupError> {
        let message = translate::account_request(query);
        let read = translate::account_answer;
        self.look_up((&self.accounts, ACCOUNT_PATH), &message, passage, read).await
    }
}

impl fmt::Debug for Itau {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Itau").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// What another status than 200 means, once it is known whether a 500 is the lookup's own failure.
async fn setback(response: Response) -> Result<Setback, Failure> {
    let (status, rests) = (response.status(), response.asks_to_come_again());
    // Another of our own gateways says the same words when it is its downstream that fails.
    if status == 500 && !rests {
        match response.text().await {
            Ok(text) if translate::reports_failure(&text) => return Ok(NoAnswer::Failed.into()),
            Ok(_) | Err(Failure::TooLarge) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(Setback::of_status(status, rests))
}

fn note(path: &'static str, passage: &Passage, error: Option<LookupError>, began: Instant) {
    let what = if path == CONTEXT_PATH { "contextos" } else { "codigo" };
    let outcome = error.map_or("found", LookupError::as_str);
    let flow = passage.flow.as_str();
    let correlation = passage.correlation.as_ref().map(|id| id.as_str());
    let took = began.elapsed();
    metrics::counter!("madoguchi_lookups_total", "what" => what, "outcome" => outcome).increment(1);
    metrics::histogram!("madoguchi_lookup_seconds", "what" => what).record(took.as_secs_f64());
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
