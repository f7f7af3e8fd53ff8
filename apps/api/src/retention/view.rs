//! Retention as JSON.

use madoguchi_domain::Timestamp;
use madoguchi_domain::contact::{ApplicationId, ContactId};
use madoguchi_domain::retention::{
    HeldContacts, HoldId, HoldReason, HoldSubject, LegalHold, PurgeGround, PurgeReceipt,
    RetainedContact, WrittenCompletion, WrittenHold,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::body::{one_of, text_of};
use crate::who::Who;

/// The completion of an application.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Completion)]
pub(super) struct CompletionView<'a> {
    application_id: &'a str,
    /// The day in Japan, for example `2020-10-22`.
    completed_on: String,
    /// The last day in Japan on which its contacts are kept, two months later.
    last_day_kept: String,
}

impl<'a> CompletionView<'a> {
    pub(super) fn of(id: &'a ApplicationId, written: &WrittenCompletion) -> Self {
        Self {
            application_id: id.expose(),
            completed_on: written.on.to_string(),
            last_day_kept: written.on.last_day_kept().to_string(),
        }
    }
}

/// The contacts that a legal hold covers.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldContacts)]
struct HeldContactsView {
    /// They are not deleted.
    kept: u64,
    /// They are deleted, and their content is there.
    deleted: u64,
    /// They are purged: the hold came too late for them.
    purged: u64,
}

/// A legal hold that was placed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlacedHold)]
pub(super) struct PlacedHoldView {
    #[schema(schema_with = text_of::<HoldId>)]
    hold_id: String,
    /// Counted for this answer: a repetition of the request counts again.
    #[schema(inline)]
    contacts: HeldContactsView,
}

impl PlacedHoldView {
    pub(super) fn of(id: HoldId, covered: HeldContacts) -> Self {
        let HeldContacts { kept, deleted, purged } = covered;
        Self { hold_id: id.to_string(), contacts: HeldContactsView { kept, deleted, purged } }
    }
}

/// A legal hold that is released.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReleasedHold)]
pub(super) struct ReleasedHoldView {
    #[schema(schema_with = text_of::<HoldId>)]
    hold_id: String,
}

impl From<&WrittenHold> for ReleasedHoldView {
    fn from(written: &WrittenHold) -> Self {
        Self { hold_id: written.id.to_string() }
    }
}

/// A legal hold.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LegalHold)]
pub(super) struct HoldView<'a> {
    #[schema(schema_with = text_of::<HoldId>)]
    hold_id: String,
    /// The person whose contacts it covers; null if it is on an application.
    #[schema(required)]
    person_id: Option<&'a str>,
    /// The application whose contacts it covers; null if it is on a person.
    #[schema(required)]
    application_id: Option<&'a str>,
    /// Null if it cannot be read any more, for example without its data key.
    #[schema(required)]
    reason: Option<&'a str>,
    placed_at: Timestamp,
    placed_by: Who<'a>,
    /// Null while it is in force.
    #[schema(required)]
    released_at: Option<Timestamp>,
    #[schema(required)]
    released_by: Option<Who<'a>>,
}

impl<'a> From<&'a LegalHold> for HoldView<'a> {
    fn from(hold: &'a LegalHold) -> Self {
        let (person_id, application_id) = match &hold.subject {
            HoldSubject::Person(id) => (Some(id.expose()), None),
            HoldSubject::Application(id) => (None, Some(id.expose())),
        };
        let released = hold.released.as_ref();
        Self {
            hold_id: hold.id.to_string(),
            person_id,
            application_id,
            reason: hold.reason.as_ref().map(HoldReason::expose),
            placed_at: hold.placed.at,
            placed_by: (&hold.placed.by).into(),
            released_at: released.map(|mark| mark.at),
            released_by: released.map(|mark| (&mark.by).into()),
        }
    }
}

/// A contact that nobody has answered while its retention ends.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UnansweredContact)]
pub(super) struct UnansweredView<'a> {
    #[schema(schema_with = text_of::<ContactId>)]
    contact_id: String,
    person_id: &'a str,
    #[schema(required)]
    application_id: Option<&'a str>,
    /// When the retention of its application ends or ended; the contact itself is kept.
    #[schema(required)]
    kept_until: Option<Timestamp>,
    #[schema(required)]
    reported_at: Option<Timestamp>,
    /// Whether a legal hold covers it.
    is_held: bool,
}

impl<'a> From<&'a RetainedContact> for UnansweredView<'a> {
    fn from(contact: &'a RetainedContact) -> Self {
        Self {
            contact_id: contact.id.to_string(),
            person_id: contact.person.expose(),
            application_id: contact.application.as_ref().map(ApplicationId::expose),
            kept_until: contact.kept_until,
            reported_at: contact.reported_at,
            is_held: contact.is_held,
        }
    }
}

fn grounds() -> RefOr<Schema> {
    one_of(PurgeGround::ALL.map(PurgeGround::as_str)).into()
}

/// The proof that a contact was purged.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PurgeReceipt)]
pub(super) struct PurgeReceiptView<'a> {
    #[schema(schema_with = text_of::<ContactId>)]
    contact_id: String,
    #[schema(required)]
    application_id: Option<&'a str>,
    /// The id of the data key that was erased.
    data_key_id: String,
    #[schema(schema_with = grounds)]
    ground: &'static str,
    /// From when on the purge age counted: its deletion, or the later of its report as unanswered
    /// and the end of its retention.
    since: Timestamp,
    /// The purge age in days, as it was configured.
    purge_after_days: u16,
    purged_at: Timestamp,
    /// The request id of the purge in the audit log.
    request_id: &'a str,
}

impl<'a> From<&'a PurgeReceipt> for PurgeReceiptView<'a> {
    fn from(receipt: &'a PurgeReceipt) -> Self {
        Self {
            contact_id: receipt.contact.to_string(),
            application_id: receipt.application.as_ref().map(ApplicationId::expose),
            data_key_id: receipt.data_key.0.to_string(),
            ground: receipt.ground.as_str(),
            since: receipt.since,
            purge_after_days: receipt.purge_age,
            purged_at: receipt.purged_at,
            request_id: receipt.correlation.as_str(),
        }
    }
}
