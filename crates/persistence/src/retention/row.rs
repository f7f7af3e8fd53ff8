//! The rows of applications and receipts, and contacts as retention sees them.

use madoguchi_domain::Timestamp;
use madoguchi_domain::contact::{AnswerStatus, ApplicationId, ContactId, ContactTypeName, Mark};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::page::ListPosition;
use madoguchi_domain::person::PersonId;
use madoguchi_domain::port::StoreError;
use madoguchi_domain::retention::{
    Completion, DueScope, JapanDay, PurgeGround, PurgeReceipt, RetainedContact,
};
use madoguchi_domain::sealed::DataKeyId;

use crate::database::column::{At, Key};
use crate::database::parse::{actor, corrupt, moment, parsed_or_corrupt, whole};
use crate::database::schema::{application, contact, purge_receipt};
use crate::database::statement::row;

row! {
    pub(crate) struct ApplicationRow in application {
        application_id: String,
        completed_on: String,
        kept_until: At,
        recorded_at: At,
        recorded_issuer: String,
        recorded_subject: String,
        recorded_kind: String,
        correlation: String,
    }
}

impl ApplicationRow {
    pub(crate) fn new(
        id: &ApplicationId,
        completion: &Completion,
        correlation: &CorrelationId,
    ) -> Self {
        let Completion { on, recorded } = completion;
        Self {
            application_id: id.expose().to_owned(),
            completed_on: on.to_string(),
            kept_until: on.kept_until().into(),
            recorded_at: recorded.at.into(),
            recorded_issuer: recorded.by.issuer.to_string(),
            recorded_subject: recorded.by.subject.to_string(),
            recorded_kind: recorded.by.kind.as_str().to_owned(),
            correlation: correlation.as_str().to_owned(),
        }
    }

    pub(crate) fn parse(self) -> Result<Completion, StoreError> {
        let on = JapanDay::parse(&self.completed_on).ok_or(corrupt("application.completed_on"))?;
        // The job that deletes goes by this moment.
        if At::from(on.kept_until()) != self.kept_until {
            return Err(corrupt("application.kept_until"));
        }
        let [issuer, subject, kind] =
            [&self.recorded_issuer, &self.recorded_subject, &self.recorded_kind];
        let by = actor(issuer, subject, kind, "application.recorded_kind")?;
        let at = moment(self.recorded_at, "application.recorded_at")?;
        Ok(Completion { on, recorded: Mark { by, at } })
    }
}

row! {
    pub(crate) struct DueRow in contact {
        contact_id: Key,
        version: i32,
        person_id: String,
        application_id: Option<String>,
        contact_type: String,
        answer_status: String,
        created_at: At,
        deleted_at: Option<At>,
        reported_at: Option<At>,
        data_key_id: Key,
    }
}

impl DueRow {
    /// Its position in the pages of this scope. A time that cannot be is the first or the last.
    pub(crate) fn position(&self, scope: DueScope) -> ListPosition {
        let at = match scope {
            DueScope::Kept => self.created_at,
            DueScope::Deleted { .. } => self.deleted_at.unwrap_or(self.created_at),
        };
        let limit = if at.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        ListPosition { at: at.moment().unwrap_or(limit), id: self.contact_id.0 }
    }

    /// The contact, with the end of its retention and whether a legal hold covers it.
    pub(crate) fn parse(
        self,
        kept_until: Option<At>,
        is_held: bool,
    ) -> Result<RetainedContact, StoreError> {
        let time = |at: Option<At>, place| at.map(|at| moment(at, place)).transpose();
        let person = PersonId::parse(&self.person_id).ok();
        let application = self.application_id.as_deref().map(ApplicationId::parse).transpose();
        let contact_type = ContactTypeName::parse(&self.contact_type);
        let answer = AnswerStatus::parse(&self.answer_status);
        Ok(RetainedContact {
            id: ContactId(self.contact_id.0),
            version: whole(self.version, "contact.version")?,
            person: parsed_or_corrupt(person, "contact.person_id")?,
            application: application.map_err(|_| corrupt("contact.application_id"))?,
            kept_until: time(kept_until, "application.kept_until")?,
            contact_type: parsed_or_corrupt(contact_type, "contact.contact_type")?,
            is_answered: parsed_or_corrupt(answer, "contact.answer_status")?
                == AnswerStatus::Answered,
            created_at: moment(self.created_at, "contact.created_at")?,
            deleted_at: time(self.deleted_at, "contact.deleted_at")?,
            reported_at: time(self.reported_at, "contact.reported_at")?,
            data_key: DataKeyId(self.data_key_id.0),
            is_held,
        })
    }
}

row! {
    pub(crate) struct ReceiptRow in purge_receipt {
        contact_id: Key,
        application_id: Option<String>,
        data_key_id: Key,
        ground: String,
        since: At,
        purge_age: i32,
        purged_at: At,
        correlation: String,
    }
}

impl From<&PurgeReceipt> for ReceiptRow {
    fn from(receipt: &PurgeReceipt) -> Self {
        Self {
            contact_id: Key(receipt.contact.0),
            application_id: receipt.application.as_ref().map(|it| it.expose().to_owned()),
            data_key_id: Key(receipt.data_key.0),
            ground: receipt.ground.as_str().to_owned(),
            since: receipt.since.into(),
            purge_age: receipt.purge_age.into(),
            purged_at: receipt.purged_at.into(),
            correlation: receipt.correlation.as_str().to_owned(),
        }
    }
}

impl ReceiptRow {
    pub(crate) fn parse(self) -> Result<PurgeReceipt, StoreError> {
        let application = self.application_id.as_deref().map(ApplicationId::parse).transpose();
        let ground = PurgeGround::parse(&self.ground);
        let purge_age = u16::try_from(self.purge_age).ok();
        let correlation = CorrelationId::parse(&self.correlation).ok();
        Ok(PurgeReceipt {
            contact: ContactId(self.contact_id.0),
            application: application.map_err(|_| corrupt("purge_receipt.application_id"))?,
            data_key: DataKeyId(self.data_key_id.0),
            ground: parsed_or_corrupt(ground, "purge_receipt.ground")?,
            since: moment(self.since, "purge_receipt.since")?,
            purge_age: parsed_or_corrupt(purge_age, "purge_receipt.purge_age")?,
            purged_at: moment(self.purged_at, "purge_receipt.purged_at")?,
            correlation: parsed_or_corrupt(correlation, "purge_receipt.correlation")?,
        })
    }
}
