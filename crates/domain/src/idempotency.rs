//! Idempotency keys: a repeated request gets the stored answer of the first one
//! (IETF draft-ietf-httpapi-idempotency-key-header).

use std::fmt;

use uuid::Uuid;

use crate::Timestamp;
use crate::act::Act;
use crate::actor::ActorRef;
use crate::field::{InvalidField, is_visible};
use crate::parsed_text::parsed_text;
use crate::payload::Payload;
use crate::redacted;
use crate::secret::SecretKey;

redacted!(IdempotencyKey);

parsed_text! {
    /// The key that a client chose for one request and its repetitions. It may hold anything, so
    /// it is neither stored nor printed.
    pub struct IdempotencyKey:
        "Idempotency-Key",
        "must be 1 to 255 visible ASCII characters",
        |text| is_visible(text, 255);
    /// The key in clear: to derive a [`RequestKey`], never for a store or a log.
    expose
}

/// 128 bits of an HMAC: equal for equal input, and reveals nothing about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestKey(pub Uuid);

/// 128 bits of an HMAC over the content of a request, its principal and its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub Uuid);

/// A request that has an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyedRequest {
    /// The key in the namespace of its principal: equal keys of two principals do not meet.
    pub key: RequestKey,
    /// What is asked with it.
    pub fingerprint: Fingerprint,
    /// When it was received. Its stored answer is deleted a configured time later.
    pub at: Timestamp,
}

impl KeyedRequest {
    /// A request of `principal` with this key. `content` is all that a repetition must repeat, for
    /// HTTP: method, path, body.
    ///
    /// ```
    /// use madoguchi_domain::Timestamp;
    /// use madoguchi_domain::actor::{ActorKind, ActorRef};
    /// use madoguchi_domain::idempotency::{IdempotencyKey, KeyedRequest};
    /// use madoguchi_domain::secret::SecretKey;
    ///
    /// let secret = SecretKey::parse(&[7; 32])?;
    /// let key = IdempotencyKey::parse("8e03978e-40d5-43dd-bc93-6894a57f9324")?;
    /// let agent = ActorRef::new("idp", "agent-1", ActorKind::Human);
    /// let asked = |body: &[u8]| {
    ///     let at = Timestamp::UNIX_EPOCH;
    ///     KeyedRequest::new(&secret, &agent, &key, &[b"POST", b"/transfers", body], at)
    /// };
    /// assert_eq!(asked(b"{}"), asked(b"{}"));
    /// assert_eq!(asked(b"{}").key, asked(b"[]").key);
    /// assert_ne!(asked(b"{}").fingerprint, asked(b"[]").fingerprint);
    /// # Ok::<(), madoguchi_domain::field::InvalidField>(())
    /// ```
    #[must_use]
    pub fn new(
        secret: &SecretKey,
        principal: &ActorRef,
        key: &IdempotencyKey,
        content: &[&[u8]],
        at: Timestamp,
    ) -> Self {
        let ActorRef { issuer, subject, kind } = principal;
        let named: [&[u8]; 4] = [
            issuer.as_bytes(),
            subject.as_bytes(),
            kind.as_str().as_bytes(),
            key.expose().as_bytes(),
        ];
        let mac = |label: &'static [u8], content: &[&[u8]]| {
            half(secret.mac(&[&[label], named.as_slice(), content].concat()))
        };
        Self {
            key: RequestKey(mac(b"idempotency key", &[])),
            fingerprint: Fingerprint(mac(b"idempotent request", content)),
            at,
        }
    }
}

/// The first 128 bits.
fn half(mac: [u8; 32]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&mac[..16]);
    Uuid::from_bytes(bytes)
}

/// The act of a client, with the key of its request if it sent one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAct {
    /// The actor, time and request.
    pub act: Act,
    /// The key.
    pub keyed: Option<KeyedRequest>,
}

/// Without a key: only the rules of the system recognise a repetition.
impl From<Act> for ClientAct {
    fn from(act: Act) -> Self {
        Self { act, keyed: None }
    }
}

/// The answer to a request with a key. It is stored in the transaction of the change that the
/// answer speaks of, so that both exist or none does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The request.
    pub request: KeyedRequest,
    /// The answer, in the format of its system.
    pub answer: Payload,
}

impl Replay {
    /// The answer to store, if the request has a key and the answer is no refusal.
    pub fn of(request: Option<KeyedRequest>, answer: &impl Replayable) -> Option<Self> {
        let (request, answer) = request.zip(answer.to_payload())?;
        Some(Self { request, answer })
    }

    /// The answer to `request`, which has the key of this one.
    ///
    /// # Errors
    /// When it asks something else.
    pub fn answer_to(&self, request: &KeyedRequest) -> Result<&Payload, KeyReused> {
        let is_same = self.request.fingerprint == request.fingerprint;
        is_same.then_some(&self.answer).ok_or(KeyReused)
    }
}

/// The key belongs to another request: send each request with a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyReused;

impl fmt::Display for KeyReused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the idempotency key belongs to another request")
    }
}

impl std::error::Error for KeyReused {}

/// An answer that can be stored and given again.
pub trait Replayable: Sized {
    /// The answer as data; `None` for a refusal, which is never stored: a repetition is decided
    /// anew. The data must hold no secret and no personal data but ids.
    fn to_payload(&self) -> Option<Payload>;

    /// Reads what [`to_payload`](Self::to_payload) wrote.
    ///
    /// # Errors
    /// When it is something else.
    fn from_payload(payload: &Payload) -> Result<Self, InvalidField>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::ActorKind;

    fn keyed(subject: &str, key: &str, content: &[&[u8]]) -> KeyedRequest {
        keyed_by(&ActorRef::new("idp", subject, ActorKind::Human), key, content)
    }

    fn keyed_by(by: &ActorRef, key: &str, content: &[&[u8]]) -> KeyedRequest {
        let secret = SecretKey::parse(&[3; 32]).unwrap();
        let key = IdempotencyKey::parse(key).unwrap();
        KeyedRequest::new(&secret, by, &key, content, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_key_is_1_to_255_visible_ascii_characters() {
        for good in ["k", "\"quoted\"", &"x".repeat(255)] {
            assert!(IdempotencyKey::parse(good).is_ok(), "{good}");
        }
        for bad in ["", " ", "a b", "é", "a\n", "鍵", &"x".repeat(256)] {
            assert!(IdempotencyKey::parse(bad).is_err(), "{bad}");
        }
        let key = IdempotencyKey::parse("canary").unwrap();
        assert_eq!(format!("{key:?}"), "IdempotencyKey(***)");
    }

    #[test]
    fn keys_of_two_principals_do_not_meet() {
        let first = keyed("a", "k", &[b"x"]);
        assert_ne!(first.key, keyed("b", "k", &[b"x"]).key);
        assert_ne!(first.key, keyed("a", "l", &[b"x"]).key);
        assert_ne!(keyed("ab", "c", &[]).key, keyed("a", "bc", &[]).key);
        for other in [
            ActorRef::new("other-idp", "a", ActorKind::Human),
            ActorRef::new("idp", "a", ActorKind::System),
        ] {
            assert_ne!(first.key, keyed_by(&other, "k", &[b"x"]).key, "{other:?}");
        }
        // Equal content is not recognised in the table.
        assert_ne!(first.fingerprint, keyed("b", "k", &[b"x"]).fingerprint);
        assert_ne!(first.fingerprint, keyed("a", "l", &[b"x"]).fingerprint);
    }

    #[test]
    fn a_stored_answer_is_for_the_same_content_only() {
        let request = keyed("a", "k", &[b"ab", b"c"]);
        let replay = Replay { request, answer: Payload::new(1, []) };
        assert_eq!(replay.answer_to(&request), Ok(&replay.answer));
        for other in [&[b"a" as &[u8], b"bc"][..], &[b"abc"], &[b"ab", b"c", b""]] {
            assert_eq!(replay.answer_to(&keyed("a", "k", other)), Err(KeyReused));
        }
    }

    #[test]
    fn only_a_keyed_request_with_an_answer_leaves_a_replay() {
        use crate::person::RegisteredVersion;
        use crate::registered::Registered;

        let (request, answer) = (keyed("a", "k", &[]), RegisteredVersion(3));
        let replay = Replay { request, answer: answer.to_payload().unwrap() };
        assert_eq!(Replay::of(Some(request), &answer), Some(replay));
        assert_eq!(Replay::of(None, &answer), None);
        let refused = Registered::<crate::member::Member>::Different;
        assert_eq!(Replay::of(Some(request), &refused), None, "a refusal is decided anew");
        let act = Act::new(
            ActorRef::new("idp", "a", ActorKind::Human),
            Timestamp::UNIX_EPOCH,
            crate::correlation::CorrelationId::parse("c").unwrap(),
        );
        assert_eq!(ClientAct::from(act.clone()), ClientAct { act, keyed: None });
    }
}
