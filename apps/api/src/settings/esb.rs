//! The configuration of the core bank's ESB.

use madoguchi_domain::effect::UpstreamCode;
use madoguchi_domain::upgrade::{FinalCodes, Guarantee};
use madoguchi_esb::{EsbSettings, Layout};

use super::reader::{Given, Section, value};
use super::upstream::read_upstream;

/// The ESB, as configured.
#[derive(Debug, Clone)]
pub struct EsbSection {
    /// URL, TLS, timeouts, and the identifiers that we send.
    pub adapter: EsbSettings,
    /// What the ESB guarantees about a repeated order.
    pub guarantee: Guarantee,
    /// Return codes that are final refusals.
    pub final_codes: FinalCodes,
}

impl EsbSection {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let standard = EsbSettings::new("");
        let meaning = "the address DA21 is sent to";
        let upstream = read_upstream(section, meaning, standard.upstream);
        let guarantee =
            |text: &str| Guarantee::parse(text).ok_or("must be dedupes, absolute-set or none");
        let default = Guarantee::AbsoluteSet;
        let guarantee = section.or("guarantee", default, value::parsed(guarantee));
        let final_codes = section.or("final_codes", FinalCodes::default(), final_codes);
        let channel_id = section.or("channel_id", standard.channel_id, value::text);
        let consumer_id = section.or("consumer_id", standard.consumer_id, value::text);
        let user = section.or("user", standard.user, value::text);
        let layout = |text: &str| match text {
            "nested" => Ok(Layout::Nested),
            "flat" => Ok(Layout::Flat),
            _ => Err("must be nested or flat"),
        };
        let layout = section.or("layout", standard.layout, value::parsed(layout));
        let inquiry = section.or("inquiry", standard.inquiry, value::boolean);
        let adapter = EsbSettings { upstream, channel_id, consumer_id, user, layout, inquiry };
        Self { adapter, guarantee, final_codes }
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
