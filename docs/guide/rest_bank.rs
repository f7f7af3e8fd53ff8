//! A core bank with a REST API: `PUT /accounts/{id}/level`, and 204 says that the level is set.

use std::time::Duration;

use async_trait::async_trait;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::effect::{Doubt, UpstreamCode, WhyNotSent};
use madoguchi_domain::port::CoreBank;
use madoguchi_domain::upgrade::{Answer, SetLevel};
use reqwest::{Client, Error, Response, redirect, retry};

pub struct RestBank {
    client: Client,
    base: String,
}

impl RestBank {
    pub fn new(base: &str, limit: Duration) -> Result<Self, Error> {
        let client = Client::builder()
            .timeout(limit) // of the whole call: below the `call_lasts` of its delivery
            .pool_max_idle_per_host(0) // a new connection for each order
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .build()?;
        Ok(Self { client, base: base.to_owned() })
    }
}

#[async_trait]
impl CoreBank for RestBank {
    async fn set_level(&self, order: &SetLevel, correlation: &CorrelationId) -> Answer {
        let url = format!("{}/accounts/{}/level", self.base, order.arrangement.expose());
        let request = self.client.put(url).header("x-request-id", correlation.as_str());
        let request = request.header("idempotency-key", order.transaction_id.as_str());
        match request.json(&serde_json::json!({ "level": order.level.as_str() })).send().await {
            Ok(response) => meaning(response).await,
            // The only proof that nothing arrived: there was no connection.
            Err(error) if error.is_connect() && !error.is_timeout() => {
                Answer::NotSent(WhyNotSent::NoConnection)
            }
            Err(error) if error.is_timeout() => Answer::Lost(Doubt::TimedOut),
            Err(_) => Answer::Lost(Doubt::ConnectionLost),
        }
    }
}

/// What this bank's replies prove: 204 that it set the level, 409 with a code that it did not.
async fn meaning(response: Response) -> Answer {
    let is_short = response.content_length().is_some_and(|length| length < 4096);
    match response.status().as_u16() {
        204 => Answer::Applied,
        409 if is_short => match response.text().await.map(|code| UpstreamCode::parse(&code)) {
            Ok(Ok(code)) => Answer::Refused(code),
            Ok(Err(_)) | Err(_) => Answer::Lost(Doubt::Unreadable),
        },
        _ => Answer::Lost(Doubt::Status),
    }
}
