//! The answers to calls of retention, as they are stored for repetitions.

use crate::field::InvalidField;
use crate::idempotency::Replayable;
use crate::payload::Payload;

use super::{HoldId, JapanDay};

/// The version of the payloads that are written now.
const VERSION: i32 = 1;
const DAY: &str = "completed_on";
const ID: &str = "hold_id";

/// A completion that is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenCompletion {
    /// The day in Japan.
    pub on: JapanDay,
}

impl Replayable for WrittenCompletion {
    fn to_payload(&self) -> Option<Payload> {
        Some(Payload::new(VERSION, [(DAY, &*self.on.to_string())]))
    }

    fn from_payload(payload: &Payload) -> Result<Self, InvalidField> {
        payload.must_be_version(VERSION)?;
        let day = JapanDay::parse(payload.get(DAY)?);
        Ok(Self { on: day.ok_or(InvalidField::new(DAY, "must be a day"))? })
    }
}

/// A legal hold that was placed or released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenHold {
    /// Its id.
    pub id: HoldId,
}

impl Replayable for WrittenHold {
    fn to_payload(&self) -> Option<Payload> {
        Some(Payload::new(VERSION, [(ID, &*self.id.to_string())]))
    }

    fn from_payload(payload: &Payload) -> Result<Self, InvalidField> {
        payload.must_be_version(VERSION)?;
        Ok(Self { id: HoldId::parse(payload.get(ID)?)? })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn answers_read_back_and_others_are_refused() {
        let written = WrittenCompletion { on: JapanDay::parse("2020-10-22").unwrap() };
        let payload = written.to_payload().unwrap();
        assert_eq!(WrittenCompletion::from_payload(&payload), Ok(written));
        assert!(WrittenCompletion::from_payload(&payload.clone().with(DAY, "x")).is_err());
        let newer = Payload { version: 2, ..payload };
        assert!(WrittenCompletion::from_payload(&newer).is_err());
        let written = WrittenHold { id: HoldId(Uuid::from_u128(7)) };
        let payload = written.to_payload().unwrap();
        assert_eq!(WrittenHold::from_payload(&payload), Ok(written));
        assert!(WrittenHold::from_payload(&payload.clone().with(ID, "x")).is_err());
        let newer = Payload { version: 2, ..payload };
        assert!(WrittenHold::from_payload(&newer).is_err());
    }
}
