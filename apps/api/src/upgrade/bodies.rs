//! The request bodies of account upgrade.

use madoguchi_domain::member::MemberId;
use madoguchi_domain::upgrade::{CaseId, CheckReference, CheckSource, QrToken};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::SchemaFormat;

use crate::body::{Field, bounded, field_values, one_of, plain, text_of};

field_values! {
    /// The id of a case.
    CaseId: bounded(36, 36).format(Some(SchemaFormat::Custom("uuid".to_owned())));
    /// The verification service: the scan-code check `EDDA`, or the website's check `VA`.
    CheckSource: one_of([Self::Edda.as_str(), Self::Va.as_str()]);
    /// The service's id of this result, unique within its source.
    CheckReference: plain(1, 64);
    /// The last segment of the URL in the QR code.
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
    /// Whether the customer passed the check.
    pub(super) is_pass: bool,
    #[schema(schema_with = text_of::<CheckReference>)]
    pub(super) reference: Field<CheckReference>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ScannedVerification {
    #[schema(schema_with = text_of::<QrToken>)]
    pub(super) qr_token: Field<QrToken>,
    /// Whether the customer passed the check.
    pub(super) is_pass: bool,
    #[schema(schema_with = text_of::<CheckReference>)]
    pub(super) reference: Field<CheckReference>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct VerdictOnCase {
    /// Whether the agent passed the customer.
    pub(super) is_pass: bool,
}
