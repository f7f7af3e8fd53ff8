//! The two calls: which headers go with a query, and what each status means.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_domain::caller::{
    AccountQuery, CallerContext, ContextQuery, CustomerProfile, Found, Passage,
};
use madoguchi_domain::port::{
    AccountDirectory, CallerContexts, Clock, Ids, LookupError, Unavailability,
};
use madoguchi_peer::{Call, Failure, Peer};
use serde::Serialize;
use tokio::time::Instant;

use crate::lane::Lane;
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
        read: impl Fn(&[u8]) -> Result<T, NoAnswer> + Sync,
    ) -> Result<T, LookupError> {
        let message = serde_json::to_vec(message).map_err(|_| LookupError::Refused)?;
        let until = Instant::now() + self.peer.patience();
        let asked = lane.ask(until, |until| {
            let within = until.saturating_duration_since(Instant::now());
            let headers = self.headers(passage);
            let (message, read) = (&message, &read);
            async move {
                let call = Call { path, headers: &headers, body: message, within };
                let response = self.peer.post(call).await.map_err(unavailable)?;
                match response.status() {
                    200 => {
                        let body = response.body().await.map_err(unavailable)?;
                        read(&body).map_err(no_answer)
                    }
                    // Another of our own gateways says so of what may work a moment later.
                    500..600 if response.asks_to_come_again() => Err(BUSY),
                    500 => {
                        let body = response.body().await.map_err(unavailable)?;
                        Err(failed(translate::reports_failure(&body)))
                    }
                    status => Err(meaning(status)),
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
        let read = |body: &[u8]| translate::context_answer(body, self.clock.now());
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

const fn unavailable(failure: Failure) -> LookupError {
    LookupError::Unavailable(match failure {
        Failure::NotConnected => Unavailability::Unreachable,
        Failure::TimedOut => Unavailability::TimedOut,
        Failure::Broken => Unavailability::Broken,
        Failure::TooLarge => Unavailability::Unreadable,
        // A header that cannot travel; those of ours were looked at before.
        Failure::Unsendable => return LookupError::Refused,
    })
}

const fn no_answer(why: NoAnswer) -> LookupError {
    match why {
        NoAnswer::Failed => LookupError::Failed,
        NoAnswer::Unreadable => LookupError::Unavailable(Unavailability::Unreadable),
    }
}

/// A 500 that says so is the lookup's own failure; any other is a fault of the other side.
const fn failed(by_itself: bool) -> LookupError {
    if by_itself { LookupError::Failed } else { LookupError::Unavailable(Unavailability::Fault) }
}

const BUSY: LookupError = LookupError::Unavailable(Unavailability::Busy);

/// What another status than 200 and 500 means (spec 2, "Shared by both").
const fn meaning(status: u16) -> LookupError {
    match status {
        400 => LookupError::Refused,
        404 => LookupError::NotFound,
        401 | 403 => LookupError::Misconfigured,
        429 => BUSY,
        408 | 500..600 => LookupError::Unavailable(Unavailability::Fault),
        _ => LookupError::Unavailable(Unavailability::Status),
    }
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
