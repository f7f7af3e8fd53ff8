//! The configuration of the downstream that identifies callers.

use std::time::Duration;

use madoguchi_application::CallerSettings;
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::caller::{ApiKey, DacRule, Entity};
use madoguchi_domain::secret::Credentials;
use madoguchi_itau::ItauSettings;

use super::reader::{Section, value};
use super::secrets::{Places, secret};
use super::upstream::read_upstream;

/// Maximum timeout of a lookup: it must end before its caller gets 503.
const LONGEST: Duration = Duration::from_secs(12);
const PASSWORD: Places = ("password_file", "password");
const APP_KEY: Places = ("app_key_file", "app_key");

/// The downstream of context and owner lookups, as configured.
#[derive(Debug, Clone)]
pub struct ItauSection {
    /// URL, TLS, credentials and limits.
    pub adapter: ItauSettings,
    /// Accounts in contexts, and the cache of contexts.
    pub callers: CallerSettings,
    /// What happens to a `codigo_conta` with a wrong check digit.
    pub dac: DacRule,
}

impl ItauSection {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let standard = ItauSettings::new("", Credentials::new("", ""));
        let meaning = "the address before /apiaccess";
        let upstream = read_upstream(section, meaning, standard.upstream);
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
        let max_retries = section.or("max_retries", standard.max_retries, value::whole(0, 10));
        let max_concurrent_calls =
            section.or("max_concurrent_calls", 64, value::whole(1, 10_000)) as usize;
        let max_queue = section.or("max_queue", 256, value::whole(0, 100_000)) as usize;
        let usual = standard.breaker;
        let failures = section.or("breaker_failures", usual.failures, value::whole(1, 10_000));
        let open = value::signed_millis(10, 3_600_000);
        let breaker_open = section.or("breaker_open_ms", usual.open_for, open);
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
        let adapter = ItauSettings {
            upstream,
            credentials: Credentials::new(user?, password?),
            app_key,
            max_retries,
            pause: standard.pause,
            max_concurrent_calls,
            max_queue,
            breaker: BreakerSettings::steady(failures, breaker_open),
        };
        let callers = CallerSettings { entity: entity?, context_cache_size };
        Some(Self { adapter, callers, dac })
    }
}
