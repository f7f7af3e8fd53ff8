//! The configuration: a TOML file with the environment laid over it, read whole or refused with
//! every mistake at once.

mod effects;
mod esb;
mod gateway;
mod hidden;
mod itau;
mod reader;
mod secrets;
mod server;
mod upgrade;
mod upstream;

use std::collections::HashMap;
use std::sync::Arc;

use madoguchi_application::GroupCommitSettings;
use madoguchi_domain::secret::SecretKey;

pub use crate::connection::{ConnectionLimits, ConnectionTimeouts};
use crate::problem::Code;
use crate::reload::TokenFile;
use crate::wiring::{check_database_url, is_on_this_machine, read_tokens};
pub use effects::EffectSettings;
pub use esb::{EsbLayout, EsbSection};
pub use gateway::GatewaySection;
pub use hidden::Hidden;
pub use itau::ItauSection;
pub use reader::{ConfigError, ConfigErrors};
use reader::{Section, Tree, value};
pub use server::ServerSettings;
pub use upgrade::UpgradeSettings;
pub use upstream::UpstreamSection;

/// Everything the program is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How it is reached.
    pub server: ServerSettings,
    /// Where it keeps things.
    pub store: StoreSettings,
    /// The audit chain's key.
    pub audit_key: SecretKey,
    /// Who may call, and do what.
    pub(crate) tokens: Hidden<Arc<dyn TokenFile>>,
    /// What an upgrade is.
    pub upgrade: UpgradeSettings,
    /// The core bank.
    pub esb: EsbSection,
    /// How effects are pursued.
    pub effects: EffectSettings,
    /// How verdicts share a commit.
    pub group_commit: GroupCommitSettings,
    /// Where contexts and owners are looked up, if anywhere.
    pub itau: Option<ItauSection>,
    /// The gateway to those lookups, if there is one.
    pub gateway: Option<GatewaySection>,
    /// The bank's own error codes, by ours.
    pub error_codes: HashMap<Code, String>,
}

/// Where things are kept.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// `sqlite:<path>` or `postgres://…`, perhaps with a password in it.
    pub url: Hidden<String>,
    /// Whether `serve` migrates first.
    pub migrate_on_start: bool,
    /// The most connections to PostgreSQL.
    pub connections: usize,
    /// How long to wait for one of them.
    pub pool_timeout: std::time::Duration,
}

impl Settings {
    /// Reads the file's text with the environment's `MADOGUCHI__SECTION__KEY` laid over it.
    ///
    /// # Errors
    /// With every mistake there is.
    pub fn parse(
        text: &str,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigErrors> {
        let mut tree = Tree::new(text, env);
        if tree.is_unreadable() {
            // Every key would be missing, which says nothing.
            return Err(ConfigErrors(tree.errors));
        }
        let settings = Self::read(&mut tree);
        let errors = tree.finish();
        match settings {
            Some(settings) if errors.is_empty() => Ok(settings),
            Some(_) | None => Err(ConfigErrors(errors)),
        }
    }

    /// Says whether the database is a file or a server of this machine.
    #[must_use]
    pub fn keeps_on_this_machine(&self) -> bool {
        is_on_this_machine(self)
    }

    fn read(tree: &mut Tree) -> Option<Self> {
        // Each section is read before any is missed, so that all mistakes are found.
        let server = tree.section("server", ServerSettings::read);
        let store = tree.section("store", StoreSettings::read);
        let keys = tree.section("secrets", secrets::Keys::read);
        let meaning = "the file of hashed access tokens";
        let tokens = tree.section("identity", |it| {
            it.required("tokens_file", meaning, |value| read_tokens(&value::path(value)?))
        });
        let esb = tree.section("esb", EsbSection::read);
        let salt = keys.deployment_salt.clone();
        let transaction_ids = tree.section("transaction_ids", |it| upgrade::read_scheme(it, salt));
        let upgrade = tree.section("upgrade", |it| UpgradeSettings::read(it, &keys));
        let effects = tree.section("effects", EffectSettings::read);
        let group_commit = tree.section("group_commit", read_group_commit);
        let looks_up = tree.holds("itau");
        let itau = tree.optional_section("itau", ItauSection::read);
        let gateway = tree.optional_section("gateway", GatewaySection::read);
        let error_codes = tree.section("error_codes", read_error_codes);
        effects.refuse_what_is_unsafe(&esb, &mut tree.errors);
        let max_concurrent_requests = server.as_ref().map(|server| server.max_concurrent_requests);
        if let (Some(gateway), Some(max_concurrent_requests)) = (&gateway, max_concurrent_requests)
            && let Err(what) = gateway.check_places(max_concurrent_requests)
        {
            tree.errors.push(ConfigError { key: "gateway".into(), what });
        }
        if gateway.is_some() && !looks_up {
            let what = "needs the section [itau]: where it looks up".to_owned();
            tree.errors.push(ConfigError { key: "gateway".into(), what });
        }
        Some(Self {
            server: server?,
            store: store?,
            audit_key: keys.audit_key?,
            tokens: Hidden(tokens?),
            upgrade: upgrade?.into_settings(transaction_ids?),
            esb,
            effects,
            group_commit,
            itau,
            gateway,
            error_codes,
        })
    }
}

impl StoreSettings {
    fn read(section: &mut Section<'_>) -> Option<Self> {
        let url = |text: &str| check_database_url(text).map(|()| text.to_owned());
        let meaning = "sqlite:<path> or postgres://<user>@<host>/<database>";
        let url = section.required("url", meaning, value::parsed(url));
        let migrate_on_start = section.or("migrate_on_start", false, value::boolean);
        let connections = section.or("max_connections", 16, value::whole(2, 1000));
        let pool_timeout = std::time::Duration::from_secs(2);
        let pool_timeout = section.or("pool_timeout_ms", pool_timeout, value::millis(10, 60_000));
        Some(Self {
            url: Hidden(url?),
            migrate_on_start,
            connections: connections as usize,
            pool_timeout,
        })
    }
}

fn read_group_commit(section: &mut Section<'_>) -> GroupCommitSettings {
    let standard = GroupCommitSettings::default();
    let as_u32 = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let max_batch = section.or("max_batch", as_u32(standard.max_batch), value::whole(1, 1024));
    let queue_capacity =
        section.or("queue_capacity", as_u32(standard.queue_capacity), value::whole(1, 1_000_000));
    GroupCommitSettings { max_batch: max_batch as usize, queue_capacity: queue_capacity as usize }
}

fn read_error_codes(section: &mut Section<'_>) -> HashMap<Code, String> {
    let mut codes = HashMap::new();
    for (name, code) in section.rest() {
        // The source's own example of a code is a number.
        let number = code.value.as_integer().map(|number| number.to_string());
        let theirs = code.into_text().or(number);
        match (Code::parse(&name.to_uppercase()), theirs) {
            (Some(ours), Some(theirs)) if !theirs.is_empty() && theirs.len() <= 64 => {
                codes.insert(ours, theirs);
            }
            (Some(_), _) => section.mistake(&name, "must be text of 1 to 64 characters"),
            (None, _) => {
                section.mistake(&name, "is not an error code: docs/errors.md lists them all");
            }
        }
    }
    codes
}

#[cfg(test)]
mod tests;
