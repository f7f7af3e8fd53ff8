//! The configuration of the core bank's ESB.

use std::time::Duration;

use madoguchi_domain::effect::UpstreamCode;
use madoguchi_domain::upgrade::{FinalCodes, Guarantee};

use super::reader::{Given, Section, value};
use super::upstream::{UpstreamDefaults, UpstreamSection};
use crate::wiring::Charset;

/// Defaults for a call.
const DEFAULTS: UpstreamDefaults = UpstreamDefaults {
    connect_timeout: Duration::from_secs(2),
    timeout: Duration::from_secs(10),
    max_reply_bytes: 64 * 1024,
    charset: Charset::BIG5,
};

/// Where `CustInfo` is placed in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EsbLayout {
    /// Under `ServiceBody`.
    Nested,
    /// Beside `ServiceHeader`.
    Flat,
}

/// The ESB, as configured.
#[derive(Debug, Clone)]
pub struct EsbSection {
    /// URL, TLS and timeouts.
    pub upstream: UpstreamSection,
    /// What the ESB guarantees about a repeated order.
    pub guarantee: Guarantee,
    /// Return codes that are final refusals.
    pub final_codes: FinalCodes,
    /// `amheader.ChannelID`.
    pub channel_id: String,
    /// `amheader.ConsumerID`.
    pub consumer_id: String,
    /// `Signon.Custid`.
    pub user: String,
    /// Where `CustInfo` is placed.
    pub layout: EsbLayout,
}

impl EsbSection {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let upstream = UpstreamSection::read(section, "the address DA21 is sent to", DEFAULTS);
        let guarantee =
            |text: &str| Guarantee::parse(text).ok_or("must be dedupes, absolute-set or none");
        let default = Guarantee::AbsoluteSet;
        let guarantee = section.or("guarantee", default, value::parsed(guarantee));
        let final_codes = section.or("final_codes", FinalCodes::default(), final_codes);
        let channel_id = section.or("channel_id", "BMD".into(), value::text);
        let consumer_id = section.or("consumer_id", "TWBMD".into(), value::text);
        let user = section.or("user", "ESBUSER".into(), value::text);
        let layout = |text: &str| match text {
            "nested" => Ok(EsbLayout::Nested),
            "flat" => Ok(EsbLayout::Flat),
            _ => Err("must be nested or flat"),
        };
        let layout = section.or("layout", EsbLayout::Nested, value::parsed(layout));
        Self { upstream, guarantee, final_codes, channel_id, consumer_id, user, layout }
    }
}

fn final_codes(given: Given) -> Result<FinalCodes, String> {
    let form = "must be a list of the bank's codes, for example [\"E1\"]";
    let list = given.value.as_array().ok_or(form)?;
    let codes: Result<Vec<UpstreamCode>, String> = list
        .iter()
        .map(|code| UpstreamCode::parse(code.as_str().unwrap_or_default()).map_err(|_| form.into()))
        .collect();
    FinalCodes::parse(codes?).map_err(|refused| refused.rule.to_owned())
}
