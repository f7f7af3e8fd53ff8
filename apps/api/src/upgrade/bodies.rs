//! The request bodies of account upgrade.

use madoguchi_domain::member::MemberId;
use madoguchi_domain::upgrade::{CaseId, CheckReference, CheckSource, QrToken};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::SchemaFormat;

use crate::body::{Field, bounded, field_values, one_of, plain, text_of};

field_values! {
    CaseId: bounded(36, 36).format(Some(SchemaFormat::Custom("uuid".to_owned())));
    CheckSource: one_of([Self::Edda.as_str(), Self::Va.as_str()]);
    CheckReference: plain(1, 64);
    QrToken: bounded(26, 26).pattern(Some("^[0-9A-Z]*$"));
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OpenUpgrade {
    #[schema(schema_with = text_of::<MemberId>)]
    pub(super) member_id: Field<MemberId>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Verification {
    #[schema(schema_with = text_of::<CheckSource>)]
    pub(super) source: Field<CheckSource>,
    pub(super) is_pass: bool,
    /// The checking service's id of this result; one reference has one result.
    #[schema(schema_with = text_of::<CheckReference>)]
    pub(super) reference: Field<CheckReference>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ScannedVerification {
    /// The last segment of the URL in the QR code.
    #[schema(schema_with = text_of::<QrToken>)]
    pub(super) qr_token: Field<QrToken>,
    pub(super) is_pass: bool,
    /// The checking service's id of this result; one reference has one result.
    #[schema(schema_with = text_of::<CheckReference>)]
    pub(super) reference: Field<CheckReference>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct VerdictOnCase {
    pub(super) is_pass: bool,
}
