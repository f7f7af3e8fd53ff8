//! The request bodies of announcements.

use madoguchi_domain::announcement::{AnnouncementContent, AnnouncementEdit, AnnouncementId};
use madoguchi_domain::approval::{ContentHash, RejectionReason};
use madoguchi_domain::contact::{ContactBody, ContactLink, ContactSubject};
use madoguchi_domain::person::PersonId;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::SchemaFormat;

use crate::body::{Field, Patch, bounded, field_values, text_of, text_or_null, value};
use crate::problem::Problem;
use crate::query::Moment;

field_values! {
    /// The id of an announcement, which we made.
    AnnouncementId: bounded(36, 36).format(Some(SchemaFormat::Custom("uuid".to_owned())));
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AddAnnouncement {
    #[schema(schema_with = text_of::<ContactSubject>)]
    subject: Field<ContactSubject>,
    #[schema(schema_with = text_of::<ContactBody>)]
    body: Field<ContactBody>,
    #[schema(schema_with = text_or_null::<ContactLink>)]
    link: Option<Field<ContactLink>>,
    /// When its recipients may see it at the earliest; it must be approved too.
    #[schema(schema_with = text_or_null::<Moment>)]
    posted_at: Option<Field<Moment>>,
    /// Whether its recipients get a mail about it; false if absent.
    mail: Option<bool>,
}

impl AddAnnouncement {
    pub(super) fn content(self) -> AnnouncementContent {
        AnnouncementContent {
            subject: self.subject.0,
            body: self.body.0,
            link: value(self.link),
            posted_at: value(self.posted_at).map(|Moment(at)| at),
            mail: self.mail.unwrap_or_default(),
        }
    }
}

/// A field that is absent stays as it is; null removes the value of one that may have none.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UpdateAnnouncement {
    #[serde(default)]
    #[schema(schema_with = text_of::<ContactSubject>)]
    subject: Patch<Field<ContactSubject>>,
    #[serde(default)]
    #[schema(schema_with = text_of::<ContactBody>)]
    body: Patch<Field<ContactBody>>,
    #[serde(default)]
    #[schema(schema_with = text_or_null::<ContactLink>)]
    link: Patch<Field<ContactLink>>,
    #[serde(default)]
    #[schema(schema_with = text_or_null::<Moment>)]
    posted_at: Patch<Field<Moment>>,
    #[serde(default)]
    #[schema(value_type = bool)]
    mail: Patch<bool>,
}

impl UpdateAnnouncement {
    pub(super) fn edit(self) -> Result<AnnouncementEdit, Problem> {
        Ok(AnnouncementEdit {
            subject: self.subject.required("subject")?.map(|Field(it)| it),
            body: self.body.required("body")?.map(|Field(it)| it),
            link: self.link.map(|Field(it)| it),
            posted_at: self.posted_at.map(|Field(Moment(at))| at),
            mail: self.mail.required("mail")?,
        })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ApproveAnnouncement {
    /// The `contentHash` of the submission that was read.
    #[schema(schema_with = text_of::<ContentHash>)]
    pub(super) content_hash: Field<ContentHash>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RejectAnnouncement {
    #[schema(schema_with = text_of::<RejectionReason>)]
    pub(super) reason: Field<RejectionReason>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MarkAnnouncementRead {
    /// Who read it: only with the scope `contact.answer.any`, which needs it. Any other caller
    /// reads for itself.
    #[schema(schema_with = text_or_null::<PersonId>)]
    pub(super) person_id: Option<Field<PersonId>>,
}
