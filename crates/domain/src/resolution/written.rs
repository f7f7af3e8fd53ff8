//! The answer to calls that write a resolution, as it is stored for repetitions.

use crate::approval::ContentHash;
use crate::field::InvalidField;
use crate::idempotency::Replayable;
use crate::payload::Payload;

use super::{Resolution, ResolutionId, ResolutionStateName};

/// The version of the payload that is written now.
const VERSION: i32 = 1;
const ID: &str = "resolution_id";
const STATE: &str = "state";
const HASH: &str = "content_hash";

/// A resolution that was written. The hash reveals nothing, because it is salted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenResolution {
    /// Its id.
    pub id: ResolutionId,
    /// Its state then.
    pub state: ResolutionStateName,
    /// The hash that an approver sends.
    pub content_hash: ContentHash,
}

impl From<&Resolution> for WrittenResolution {
    fn from(resolution: &Resolution) -> Self {
        Self {
            id: resolution.facts.id,
            state: resolution.facts.state.name(),
            content_hash: resolution.content_hash(),
        }
    }
}

impl Replayable for WrittenResolution {
    fn to_payload(&self) -> Option<Payload> {
        let (id, hash) = (self.id.to_string(), self.content_hash.to_hex());
        Some(Payload::new(VERSION, [(ID, &*id), (STATE, self.state.as_str()), (HASH, &*hash)]))
    }

    fn from_payload(payload: &Payload) -> Result<Self, InvalidField> {
        payload.must_be_version(VERSION)?;
        let state = ResolutionStateName::parse(payload.get(STATE)?);
        Ok(Self {
            id: ResolutionId::parse(payload.get(ID)?)?,
            state: state.ok_or(InvalidField::new(STATE, "must be a state of a resolution"))?,
            content_hash: ContentHash::parse(payload.get(HASH)?)?,
        })
    }
}
