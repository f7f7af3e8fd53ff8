//! What the program is told about the core bank's ESB.

use std::time::Duration;

use madoguchi_domain::core_bank::{FinalCodes, Guarantee, UpstreamCode};
use toml::Value;

use super::hidden::Hidden;
use super::reader::{Section, value};
use super::secrets::only_for_its_owner;

/// Where `CustInfo` stands in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EsbLayout {
    /// Under `ServiceBody`.
    Nested,
    /// Beside `ServiceHeader`.
    Flat,
}

/// The ESB as configured.
#[derive(Debug, Clone)]
pub struct EsbSection {
    /// Where DA21 is sent.
    pub url: String,
    /// Whether plain HTTP may leave this machine.
    pub allow_plaintext: bool,
    /// What it promises about an order it sees again.
    pub guarantee: Guarantee,
    /// Which codes refuse for good.
    pub final_codes: FinalCodes,
    /// `amheader.ChannelID`.
    pub channel_id: String,
    /// `amheader.ConsumerID`.
    pub consumer_id: String,
    /// `Signon.Custid`.
    pub user: String,
    /// Where `CustInfo` stands.
    pub layout: EsbLayout,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long a call may take, the connection included.
    pub timeout: Duration,
    /// How large a reply may be.
    pub max_reply_bytes: u32,
    /// Certificates of a private authority to trust, in PEM.
    pub extra_roots: Option<Vec<u8>>,
    /// Our own certificate and key, in PEM.
    pub identity: Option<Hidden<Vec<u8>>>,
}

impl EsbSection {
    /// Reads the section; a missing address is noted, and stands empty until all is refused.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let url = section.required("url", "the address DA21 is sent to", value::text);
        let allow_plaintext = section.or("allow_plaintext", false, value::boolean);
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
        let default = Duration::from_secs(2);
        let connect_timeout = section.or("connect_timeout_ms", default, value::millis(1, 60_000));
        let timeout = section.or("timeout_ms", Duration::from_secs(10), value::millis(1, 120_000));
        let max_reply_bytes = section.or("max_reply_bytes", 65_536, value::whole(1024, 1 << 20));
        let file = |value| {
            let path = value::path(value)?;
            std::fs::read(&path).map_err(|_| format!("cannot be read: {}", path.display()))
        };
        let extra_roots = section.optional("root_ca_file", file);
        let identity = section.optional("client_identity_file", |value| {
            let path = value::path(value)?;
            only_for_its_owner(&path)?;
            file(Value::from(path.to_string_lossy().into_owned())).map(Hidden)
        });
        Self {
            url: url.unwrap_or_default(),
            allow_plaintext,
            guarantee,
            final_codes,
            channel_id,
            consumer_id,
            user,
            layout,
            connect_timeout,
            timeout,
            max_reply_bytes,
            extra_roots,
            identity,
        }
    }
}

fn final_codes(value: Value) -> Result<FinalCodes, String> {
    let form = "must be a list of the bank's codes, for example [\"E1\"]";
    let list = value.as_array().ok_or(form)?;
    let codes: Result<Vec<UpstreamCode>, String> = list
        .iter()
        .map(|code| UpstreamCode::parse(code.as_str().unwrap_or_default()).map_err(|_| form.into()))
        .collect();
    FinalCodes::parse(codes?).map_err(|refused| refused.rule.to_owned())
}
