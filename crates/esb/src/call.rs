//! One order, one connection, one request: what was seen, with nothing retried or followed.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_domain::core_bank::{Answer, Doubt, Reply, SetLevel, WhyNotSent};
use madoguchi_domain::port::{Clock, CoreBank};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Certificate, Client, Identity, Response, Url, redirect, retry};

use crate::settings::{EsbSettings, InvalidEsb};
use crate::translate;

/// The core bank behind its ESB.
pub struct Esb {
    settings: EsbSettings,
    url: Url,
    client: Client,
    clock: Arc<dyn Clock>,
}

impl Esb {
    /// An adapter for these settings; `clock` stamps the requests. Nothing is sent yet.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn new(settings: EsbSettings, clock: Arc<dyn Clock>) -> Result<Self, InvalidEsb> {
        let url = settings.checked_url()?;
        let client = client(&settings, &url)?;
        Ok(Self { settings, url, client, clock })
    }

    async fn exchange(&self, order: &SetLevel) -> Result<Reply, Answer> {
        let message =
            translate::request(&self.settings, order, self.clock.now()).map_err(Answer::NotSent)?;
        let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json");
        let response = request.body(message).send().await.map_err(|error| unanswered(&error))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Ok(Reply { status, ..Reply::default() });
        }
        let body = self.body(response).await.map_err(Answer::Lost)?;
        translate::reply(&body).map_err(Answer::Lost)
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Doubt> {
        let most = self.settings.max_reply_bytes;
        if response.content_length().is_some_and(|length| length > most as u64) {
            return Err(Doubt::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| interrupted(&error))? {
            if chunk.len() > most - body.len() {
                return Err(Doubt::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

#[async_trait]
impl CoreBank for Esb {
    async fn set_level(&self, order: &SetLevel) -> Answer {
        let answer = self.exchange(order).await.map_or_else(|answer| answer, Answer::Replied);
        log(&answer);
        answer
    }
}

impl fmt::Debug for Esb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Esb").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn client(settings: &EsbSettings, url: &Url) -> Result<Client, InvalidEsb> {
    let mut builder = Client::builder()
        .http1_only()
        .retry(retry::never())
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        // No connection is used twice: only then does a connect error prove that nothing was sent.
        .pool_max_idle_per_host(0)
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.timeout);
    if url.scheme() == "http" {
        // Without TLS the machine's certificates, which may be missing, are not looked for.
        builder = builder.tls_certs_only([]);
    } else if let Some(pem) = &settings.extra_roots {
        let invalid = InvalidEsb::Pem("extra_roots", "one certificate or more");
        match Certificate::from_pem_bundle(pem.expose()) {
            Ok(roots) if !roots.is_empty() => builder = builder.tls_certs_merge(roots),
            Ok(_) | Err(_) => return Err(invalid),
        }
    }
    if let Some(pem) = &settings.identity {
        let identity = Identity::from_pem(pem.expose())
            .map_err(|_| InvalidEsb::Pem("identity", "a certificate chain and its private key"))?;
        builder = builder.identity(identity);
    }
    builder.build().map_err(|error| InvalidEsb::Client(error.without_url()))
}

/// What it means that no response came. Only an error from before there was a connection proves
/// that nothing was sent; a call that ran out of time while connecting is no such proof.
fn unanswered(error: &reqwest::Error) -> Answer {
    if error.is_connect() {
        Answer::NotSent(WhyNotSent::NoConnection)
    } else {
        Answer::Lost(interrupted(error))
    }
}

fn interrupted(error: &reqwest::Error) -> Doubt {
    if error.is_timeout() { Doubt::TimedOut } else { Doubt::ConnectionLost }
}

fn log(answer: &Answer) {
    match answer {
        Answer::Replied(reply) => tracing::debug!(status = reply.status, "core bank replied"),
        Answer::NotSent(why) => tracing::warn!(why = why.as_str(), "order not sent"),
        Answer::Lost(doubt) => tracing::warn!(doubt = doubt.as_str(), "core bank's answer lost"),
    }
}
