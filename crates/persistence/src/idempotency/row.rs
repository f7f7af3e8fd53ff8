//! The row of a stored answer.

use madoguchi_domain::idempotency::{Fingerprint, KeyedRequest, Replay, RequestKey};
use madoguchi_domain::port::StoreError;

use crate::database::column::{At, Chars, Key};
use crate::database::parse::{moment, parse_payload, parsed_or_corrupt, payload_text};
use crate::database::schema::idempotency_replay;
use crate::database::statement::row;

row! {
    pub(crate) struct ReplayRow in idempotency_replay {
        request_key: Key,
        fingerprint: Key,
        answer_version: i32,
        answer: Chars<'static>,
        at: At,
    }
}

impl From<&Replay> for ReplayRow {
    fn from(Replay { request, answer }: &Replay) -> Self {
        Self {
            request_key: Key(request.key.0),
            fingerprint: Key(request.fingerprint.0),
            answer_version: answer.version,
            answer: payload_text(answer).into(),
            at: request.at.into(),
        }
    }
}

impl ReplayRow {
    pub(crate) fn parse(self) -> Result<Replay, StoreError> {
        let fingerprint = self.fingerprint.0;
        let fingerprint = (fingerprint != Key::UNREADABLE).then_some(Fingerprint(fingerprint));
        let request = KeyedRequest {
            key: RequestKey(self.request_key.0),
            fingerprint: parsed_or_corrupt(fingerprint, "idempotency_replay.fingerprint")?,
            at: moment(self.at, "idempotency_replay.at")?,
        };
        let answer = parse_payload(self.answer_version, &self.answer, "idempotency_replay.answer")?;
        Ok(Replay { request, answer })
    }
}
