//! The rows of bounces, and the entries of the delivery watch.

use madoguchi_domain::delivery::{Bounce, DeliveryStatus, WatchCause, WatchEntry};
use madoguchi_domain::mail::MailId;
use madoguchi_domain::person::PersonId;
use madoguchi_domain::port::StoreError;
use uuid::Uuid;

use crate::database::column::{At, Key};
use crate::database::parse::{corrupt, moment, parsed_or_corrupt};
use crate::database::schema::bounce;
use crate::database::statement::row;

row! {
    pub(crate) struct BounceRow in bounce {
        mail_id: Key,
        person_id: String,
        status: String,
        mailed_at: At,
        reported_at: Option<At>,
        received_at: At,
    }
}

impl From<&Bounce> for BounceRow {
    fn from(bounce: &Bounce) -> Self {
        Self {
            mail_id: Key(bounce.mail.0),
            person_id: bounce.person.expose().to_owned(),
            status: bounce.status.as_str().to_owned(),
            mailed_at: bounce.mailed_at.into(),
            reported_at: bounce.reported_at.map(At::from),
            received_at: bounce.received_at.into(),
        }
    }
}

impl BounceRow {
    pub(crate) fn parse(self) -> Result<Bounce, StoreError> {
        let reported_at = self.reported_at.map(|at| moment(at, "bounce.reported_at"));
        let status = DeliveryStatus::parse(&self.status).ok();
        Ok(Bounce {
            mail: MailId(self.mail_id.0),
            person: parsed_or_corrupt(PersonId::parse(&self.person_id).ok(), "bounce.person_id")?,
            status: parsed_or_corrupt(status, "bounce.status")?,
            mailed_at: moment(self.mailed_at, "bounce.mailed_at")?,
            reported_at: reported_at.transpose()?,
            received_at: moment(self.received_at, "bounce.received_at")?,
        })
    }
}

/// An entry of these columns.
pub(crate) fn entry(
    id: Uuid,
    person: &str,
    since: Option<At>,
    cause: WatchCause,
) -> Result<WatchEntry, StoreError> {
    let person = parsed_or_corrupt(PersonId::parse(person).ok(), "person.person_id")?;
    let since = moment(since.ok_or(corrupt("a time of the delivery watch"))?, "since")?;
    Ok(WatchEntry { id, person, since, cause })
}
