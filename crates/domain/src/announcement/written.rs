//! The answer to calls that write an announcement, as it is stored for repetitions.

use crate::approval::ContentHash;
use crate::field::InvalidField;
use crate::idempotency::Replayable;
use crate::payload::Payload;

use super::{Announcement, AnnouncementId, AnnouncementStateName};

/// The version of the payload that is written now.
const VERSION: i32 = 1;
const ID: &str = "announcement_id";
const STATE: &str = "state";
const HASH: &str = "content_hash";
const RECIPIENTS: &str = "recipients";
const ANNOUNCEMENT_VERSION: &str = "announcement_version";

/// An announcement that was written. The hash reveals nothing, because it is salted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenAnnouncement {
    /// Its id.
    pub id: AnnouncementId,
    /// Its state then.
    pub state: AnnouncementStateName,
    /// The number of its recipients; none while they are not fixed.
    pub recipients: Option<u32>,
    /// The hash that an approver sends.
    pub content_hash: ContentHash,
    /// Its version then.
    pub version: u32,
}

impl From<&Announcement> for WrittenAnnouncement {
    fn from(announcement: &Announcement) -> Self {
        Self {
            id: announcement.id,
            state: announcement.state.name(),
            recipients: announcement.state.audience().map(|audience| audience.recipients),
            content_hash: announcement.content_hash(),
            version: announcement.version,
        }
    }
}

impl Replayable for WrittenAnnouncement {
    fn to_payload(&self) -> Option<Payload> {
        let (id, hash) = (self.id.to_string(), self.content_hash.to_hex());
        let recipients = self.recipients.map_or_else(String::new, |count| count.to_string());
        let version = self.version.to_string();
        let fields = [
            (ID, &*id),
            (STATE, self.state.as_str()),
            (HASH, &*hash),
            (RECIPIENTS, &*recipients),
            (ANNOUNCEMENT_VERSION, &*version),
        ];
        Some(Payload::new(VERSION, fields))
    }

    fn from_payload(payload: &Payload) -> Result<Self, InvalidField> {
        payload.must_be_version(VERSION)?;
        let state = AnnouncementStateName::parse(payload.get(STATE)?);
        let recipients = payload.get(RECIPIENTS)?;
        let number = |text: &str, field| {
            text.parse::<u32>().map_err(|_| InvalidField::new(field, "must be a number"))
        };
        Ok(Self {
            id: AnnouncementId::parse(payload.get(ID)?)?,
            state: state.ok_or(InvalidField::new(STATE, "must be a state of an announcement"))?,
            recipients: match recipients {
                "" => None,
                count => Some(number(count, RECIPIENTS)?),
            },
            content_hash: ContentHash::parse(payload.get(HASH)?)?,
            version: number(payload.get(ANNOUNCEMENT_VERSION)?, ANNOUNCEMENT_VERSION)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_reads_back_and_another_is_refused() {
        let answer = |recipients| WrittenAnnouncement {
            id: AnnouncementId(uuid::Uuid::from_u128(1)),
            state: AnnouncementStateName::Submitted,
            recipients,
            content_hash: ContentHash([7; 32]),
            version: 3,
        };
        for answer in [answer(None), answer(Some(0)), answer(Some(5))] {
            let payload = answer.to_payload().unwrap();
            assert_eq!(WrittenAnnouncement::from_payload(&payload), Ok(answer));
        }
        let payload = answer(Some(5)).to_payload().unwrap();
        for field in [ID, STATE, HASH, RECIPIENTS, ANNOUNCEMENT_VERSION] {
            let broken = payload.clone().with(field, "-");
            assert!(WrittenAnnouncement::from_payload(&broken).is_err(), "{field}");
        }
        let newer = Payload { version: 2, ..payload };
        assert!(WrittenAnnouncement::from_payload(&newer).is_err());
    }
}
