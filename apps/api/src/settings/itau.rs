//! The configuration of the downstream that identifies callers.

use std::time::Duration;

use madoguchi_domain::caller::{ApiKey, DacRule, Entity};
use madoguchi_domain::secret::Credentials;

use super::reader::{Section, value};
use super::secrets::{Places, secret};
use super::upstream::{UpstreamDefaults, UpstreamSection};
use crate::wiring::Charset;

/// Defaults for a lookup.
const DEFAULTS: UpstreamDefaults = UpstreamDefaults {
    connect_timeout: Duration::from_secs(2),
    timeout: Duration::from_secs(5),
    max_reply_bytes: 256 * 1024,
    charset: Charset::ISO_8859_1,
};
/// Maximum timeout of a lookup: it must end before its caller gets 503.
const LONGEST: Duration = Duration::from_secs(12);
const PASSWORD: Places = ("password_file", "password");
const APP_KEY: Places = ("app_key_file", "app_key");

/// The downstream of context and owner lookups, as configured.
#[derive(Debug, Clone)]
pub struct ItauSection {
    /// URL, TLS and timeouts.
    pub upstream: UpstreamSection,
    /// Our credentials at the downstream.
    pub credentials: Credentials,
    /// The value of `x-app-key`.
    pub app_key: Option<ApiKey>,
    /// Maximum number of retries of a failed lookup.
    pub max_retries: u32,
    /// Maximum number of concurrent lookups of one kind.
    pub max_concurrent_calls: usize,
    /// Maximum number of queued lookups of one kind.
    pub max_queue: usize,
    /// Number of consecutive failures that open the circuit breaker.
    pub breaker_failures: u32,
    /// How long the breaker stays open.
    pub breaker_open: Duration,
    /// Company and bank of the accounts in contexts.
    pub entity: Entity,
    /// What happens to a `codigo_conta` with a wrong check digit.
    pub dac: DacRule,
    /// Maximum number of cached contexts.
    pub context_cache_size: u64,
}

impl ItauSection {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let upstream = UpstreamSection::read(section, "the address before /apiaccess", DEFAULTS);
        if upstream.timeout > LONGEST {
            section
                .mistake("timeout_ms", "must be at most 12000: callers are answered within 15 s");
        }
        let visible = |text: &str| {
            let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
            fits.then(|| text.to_owned()).ok_or("must be visible ASCII characters")
        };
        let meaning = "our own user name there";
        let user = section.required("user_name", meaning, value::parsed(visible));
        let meaning = "a file with our own password there";
        let password = secret(section, PASSWORD, Some(meaning), visible);
        let app_key = secret(section, APP_KEY, None, |text| {
            ApiKey::parse(text).map_err(|refused| refused.rule)
        });
        let max_retries = section.or("max_retries", 2, value::whole(0, 10));
        let max_concurrent_calls =
            section.or("max_concurrent_calls", 64, value::whole(1, 10_000)) as usize;
        let max_queue = section.or("max_queue", 256, value::whole(0, 100_000)) as usize;
        let breaker_failures = section.or("breaker_failures", 10, value::whole(1, 10_000));
        let default = Duration::from_secs(5);
        let breaker_open = section.or("breaker_open_ms", default, value::millis(10, 3_600_000));
        let company = section.or("company", "341".to_owned(), value::text);
        let bank = section.or("bank", "341".to_owned(), value::text);
        let entity = Entity::parse(&company, &bank)
            .map_err(|refused| section.mistake(refused.field, refused.rule))
            .ok();
        let dac = |text: &str| match text {
            "refuse" => Ok(DacRule::Refuse),
            "warn" => Ok(DacRule::Warn),
            _ => Err("must be refuse or warn"),
        };
        let dac = section.or("dac", DacRule::Refuse, value::parsed(dac));
        let context_cache_size =
            section.or("context_cache_size", 10_000, value::whole(0, 1_000_000)).into();
        Some(Self {
            upstream,
            credentials: Credentials::new(user?, password?),
            app_key,
            max_retries,
            max_concurrent_calls,
            max_queue,
            breaker_failures,
            breaker_open,
            entity: entity?,
            dac,
            context_cache_size,
        })
    }
}
