//! The wire format of DA21 and of our inquiry; no value is validated or interpreted here.

use std::fmt;

use madoguchi_upstream::Object;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

#[derive(serde::Serialize)]
pub(crate) struct Request<'a> {
    pub(crate) amheader: RequestHeader<'a>,
    pub(crate) ambody: RequestBody<'a>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RequestHeader<'a> {
    #[serde(rename = "ChannelID")]
    pub(crate) channel_id: &'a str,
    pub(crate) service_domain: &'a str,
    pub(crate) operation_name: &'a str,
    #[serde(rename = "ConsumerID")]
    pub(crate) consumer_id: &'a str,
    #[serde(rename = "TransactionID")]
    pub(crate) transaction_id: &'a str,
    pub(crate) rq_timestamp: String,
}

/// The request; the variant's name is the JSON key.
#[derive(serde::Serialize)]
pub(crate) enum RequestBody<'a> {
    AcctInfoModRq(RequestRoot<'a>),
    AcctInfoInqRq(RequestRoot<'a>),
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RequestRoot<'a> {
    pub(crate) service_header: ServiceHeader<'a>,
    pub(crate) signon: Signon<'a>,
    #[serde(flatten)]
    pub(crate) content: Content<'a>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ServiceHeader<'a> {
    pub(crate) txn_id: &'a str,
    pub(crate) txn_no: &'a str,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Signon<'a> {
    pub(crate) custid: &'a str,
}

/// The field of the request's root that holds `CustInfo`; the variant's name is the JSON key.
#[derive(serde::Serialize)]
pub(crate) enum Content<'a> {
    CustInfo(RequestCustInfo<'a>),
    ServiceBody(RequestServiceBody<'a>),
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RequestServiceBody<'a> {
    pub(crate) cust_info: RequestCustInfo<'a>,
}

/// What an order sets; an inquiry has the arrangement only.
#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RequestCustInfo<'a> {
    pub(crate) arrng_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prod_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) acct_info: Option<RequestAcctInfo<'a>>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RequestAcctInfo<'a> {
    pub(crate) dgtl_lvl: &'a str,
}

#[derive(serde::Deserialize)]
pub(crate) struct Reply {
    pub(crate) amheader: Option<Object<ReplyHeader>>,
    pub(crate) ambody: Object<ReplyBody>,
}

#[derive(serde::Deserialize)]
pub(crate) struct ReplyHeader {
    #[serde(rename = "TransactionID")]
    pub(crate) transaction_id: Option<String>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReplyBody {
    pub(crate) acct_info_mod_rs: Option<Object<ReplyRoot>>,
    pub(crate) acct_info_inq_rs: Option<Object<ReplyRoot>>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReplyRoot {
    pub(crate) rtrn_stat_code: Option<StatCodes>,
    pub(crate) cust_info: Option<Object<CustInfo>>,
    pub(crate) service_header: Option<Object<Place>>,
    pub(crate) service_body: Option<Object<Place>>,
}

/// `ServiceHeader` or `ServiceBody` of a reply; either may hold the same fields as the root.
#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Place {
    pub(crate) rtrn_stat_code: Option<StatCodes>,
    pub(crate) cust_info: Option<Object<CustInfo>>,
}

#[derive(PartialEq, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CustInfo {
    pub(crate) arrng_id: Option<String>,
    /// Only compared: two different values are a contradiction.
    prod_name: Option<Raw>,
    pub(crate) acct_info: Option<Object<AcctInfo>>,
}

#[derive(PartialEq, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AcctInfo {
    pub(crate) dgtl_lvl: Option<String>,
}

#[derive(PartialEq, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StatCode {
    pub(crate) rtrn_code: String,
    // RtrnDesc is free text for people. It is not parsed, so it cannot invalidate a proof.
}

/// Any JSON value, kept as written.
#[derive(serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Raw(Box<RawValue>);

impl PartialEq for Raw {
    fn eq(&self, other: &Self) -> bool {
        let value = |raw: &Self| serde_json::from_str::<serde_json::Value>(raw.0.get());
        match (value(self), value(other)) {
            (Ok(one), Ok(other)) => one == other,
            // A value that cannot be parsed is compared as text.
            (Ok(_), Err(_)) | (Err(_), Ok(_)) | (Err(_), Err(_)) => self.0.get() == other.0.get(),
        }
    }
}

/// `RtrnStatCode`: a list, or a single entry without the list.
#[derive(PartialEq)]
pub(crate) struct StatCodes(pub(crate) Vec<StatCode>);

impl<'de> Deserialize<'de> for StatCodes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = StatCodes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a return code or a list of them")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                StatCode::deserialize(MapAccessDeserializer::new(map))
                    .map(|one| StatCodes([one].into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut codes = Vec::new();
                while let Some(Object(code)) = list.next_element()? {
                    codes.push(code);
                }
                Ok(StatCodes(codes))
            }
        }

        deserializer.deserialize_any(OneOrMany)
    }
}
