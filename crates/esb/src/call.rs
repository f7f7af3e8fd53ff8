//! Sends one message as one request on its own connection, without retry or redirect.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::effect::{Doubt, WhyNotSent};
use madoguchi_domain::member::ArrangementId;
use madoguchi_domain::port::{Clock, CoreBank, Ids};
use madoguchi_domain::upgrade::{Answer, LevelAnswer, LevelInquiry, Reply, SetLevel, level_in};
use madoguchi_upstream::{
    Call, Connections, Failure, HttpUpstream, InvalidUpstream, UpstreamSettings,
};

use crate::settings::EsbSettings;
use crate::translate::{self, Message};

/// The core bank, called through its ESB.
pub struct Esb {
    settings: EsbSettings,
    upstream: HttpUpstream,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl Esb {
    /// Creates an adapter; `clock` gives the timestamps of requests, and `ids` the ids of
    /// inquiries. Nothing is sent yet.
    ///
    /// # Errors
    /// If the settings are invalid.
    pub fn new(
        settings: EsbSettings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self, InvalidUpstream> {
        let fresh =
            UpstreamSettings { connections: Connections::Fresh, ..settings.upstream.clone() };
        Ok(Self { settings, upstream: HttpUpstream::new(fresh)?, clock, ids })
    }

    async fn send(&self, message: Message<'_>, correlation: &CorrelationId) -> Answer {
        let replied = self.exchange(message, correlation).await;
        let answer = replied.map_or_else(|answer| answer, Answer::Replied);
        log(message, &answer);
        answer
    }

    async fn exchange(
        &self,
        message: Message<'_>,
        correlation: &CorrelationId,
    ) -> Result<Reply, Answer> {
        let body = translate::request(&self.settings, message, self.clock.now());
        let body = body.map_err(Answer::NotSent)?;
        let headers = [("x-request-id", correlation.as_str())];
        let within = self.upstream.timeout();
        let call = Call { path: "", headers: &headers, body: &body, within };
        let response = self.upstream.post(call).await.map_err(unanswered)?;
        let status = response.status();
        if status != 200 {
            return Ok(Reply { status, ..Reply::default() });
        }
        let text = response.text().await.map_err(|failure| Answer::Lost(doubt(failure)))?;
        translate::reply(message, &text).map_err(Answer::Lost)
    }
}

#[async_trait]
impl CoreBank for Esb {
    async fn set_level(&self, order: &SetLevel, correlation: &CorrelationId) -> Answer {
        self.send(Message::SetLevel(order), correlation).await
    }

    async fn inquire(
        &self,
        arrangement: &ArrangementId,
        correlation: &CorrelationId,
    ) -> LevelAnswer {
        if !self.settings.inquiry {
            return LevelAnswer::NotSupported;
        }
        let inquiry = LevelInquiry::new(arrangement.clone(), self.ids.uuid());
        let answer = self.send(Message::Inquire(&inquiry), correlation).await;
        level_in(&inquiry, &answer)
    }
}

impl fmt::Debug for Esb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Esb").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Maps a failure without a response. Only a connect error proves that nothing was sent; a timeout
/// while connecting does not.
const fn unanswered(failure: Failure) -> Answer {
    match failure {
        Failure::NotConnected => Answer::NotSent(WhyNotSent::NoConnection),
        Failure::Unsendable => Answer::NotSent(WhyNotSent::NotEncodable),
        Failure::Broken | Failure::TimedOut | Failure::TooLarge => Answer::Lost(doubt(failure)),
    }
}

/// Maps a failure without a complete reply. A message that may have been sent counts as sent.
const fn doubt(failure: Failure) -> Doubt {
    match failure {
        Failure::TimedOut => Doubt::TimedOut,
        Failure::TooLarge => Doubt::TooLarge,
        Failure::Broken | Failure::NotConnected | Failure::Unsendable => Doubt::ConnectionLost,
    }
}

fn log(message: Message<'_>, answer: &Answer) {
    match answer {
        Answer::Replied(reply) => tracing::debug!(status = reply.status, "core bank replied"),
        // No reply of DA21 proves more than its fields.
        Answer::Applied | Answer::Refused(_) => {}
        Answer::NotSent(why) => {
            tracing::warn!(why = why.as_str(), "{} not sent", message.noun());
        }
        Answer::Lost(doubt) => tracing::warn!(doubt = doubt.as_str(), "core bank's answer lost"),
    }
}
