//! The configuration: a TOML file that environment variables override. All mistakes are reported
//! at once.

mod contacts;
mod effects;
mod esb;
mod gateway;
mod idempotency;
mod itau;
mod mail;
mod persons;
mod reader;
mod retention;
mod secrets;
mod server;
mod store;
mod upgrade;
mod upstream;
mod vault;

use std::collections::HashMap;

use madoguchi_application::GroupCommitSettings;
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::server_key::FingerprintedKey;
use madoguchi_identity::TokenFile;

pub use crate::connection::{ConnectionLimits, ConnectionTimeouts};
use crate::problem::Code;
use crate::view::SUCCEEDED;
pub use contacts::ContactsSection;
pub use effects::EffectSettings;
pub use esb::EsbSection;
pub use gateway::GatewaySection;
pub use idempotency::IdempotencySection;
pub use itau::ItauSection;
pub use mail::{MailSection, MailTransport};
pub use persons::PersonsSection;
pub(crate) use reader::PREFIX as ENVIRONMENT_PREFIX;
pub use reader::{ConfigError, ConfigErrors};
use reader::{Section, Tree, value};
pub use retention::RetentionSection;
pub(crate) use server::DEFAULT_SOURCE_PREFIX;
pub use server::ServerSettings;
pub use store::{ReplicaSettings, StoreSettings};
pub use upgrade::UpgradeSettings;
pub use vault::VaultSection;

/// The complete configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Listeners and limits of the server.
    pub server: ServerSettings,
    /// The database.
    pub store: StoreSettings,
    /// The key of the audit log's hash chain.
    pub audit_key: SecretKey,
    /// The fingerprints of the keys in `secrets`, which a database remembers.
    pub server_keys: Vec<FingerprintedKey>,
    /// Whether the database remembers these keys instead of others; from the command line only.
    pub accept_new_keys: bool,
    /// The access tokens and their scopes.
    pub tokens: TokenFile,
    /// Rules of an upgrade.
    pub upgrade: UpgradeSettings,
    /// The core bank's ESB.
    pub esb: EsbSection,
    /// How outbox effects are sent and retried.
    pub effects: EffectSettings,
    /// Group commit of verdicts.
    pub group_commit: GroupCommitSettings,
    /// The downstream of context and owner lookups, if configured.
    pub itau: Option<ItauSection>,
    /// The gateway to those lookups, if configured.
    pub gateway: Option<GatewaySection>,
    /// How long answers to requests with an idempotency key are kept.
    pub idempotency: IdempotencySection,
    /// The rules of persons.
    pub persons: PersonsSection,
    /// The rules of contacts.
    pub contacts: ContactsSection,
    /// How long contacts are kept.
    pub retention: RetentionSection,
    /// Mails to customers, if configured.
    pub mail: Option<MailSection>,
    /// The keys of personal data, if configured.
    pub vault: Option<VaultSection>,
    /// The bank's replacements for error codes.
    pub error_codes: HashMap<Code, String>,
}

impl Settings {
    /// Parses the file's text, overridden by variables such as `MADOGUCHI__SECTION__KEY`.
    ///
    /// # Errors
    /// With all mistakes.
    pub fn parse(
        text: &str,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigErrors> {
        let mut tree = Tree::new(text, env);
        if tree.is_unreadable() {
            // Every key would be reported as missing, which helps nobody.
            return Err(ConfigErrors(tree.errors));
        }
        let settings = Self::read(&mut tree);
        let errors = tree.finish();
        match settings {
            Some(settings) if errors.is_empty() => Ok(settings),
            Some(_) | None => Err(ConfigErrors(errors)),
        }
    }

    /// Whether the database is a file or a server on this machine.
    #[must_use]
    pub fn keeps_on_this_machine(&self) -> bool {
        self.store.url.is_on_this_machine()
    }

    fn read(tree: &mut Tree) -> Option<Self> {
        // Read every section before failing, so that all mistakes are found.
        let server = tree.section("server", ServerSettings::read);
        let store = tree.section("store", StoreSettings::read);
        let keys = tree.section("secrets", secrets::Keys::read);
        let meaning = "the file of hashed access tokens";
        let tokens = tree.section("identity", |it| {
            it.required("tokens_file", meaning, |given| {
                TokenFile::read(&value::path(given)?).map_err(|error| error.to_string())
            })
        });
        let esb = tree.section("esb", EsbSection::read);
        let salt = keys.deployment_salt.clone();
        let transaction_ids = tree.section("transaction_ids", |it| upgrade::read_scheme(it, salt));
        let idempotency = keys.deployment_salt.clone();
        let idempotency =
            tree.section("idempotency", |it| IdempotencySection::read(it, idempotency));
        let qr_key = keys.qr_key.clone();
        let upgrade =
            tree.section("upgrade", |it| UpgradeSettings::read(it, qr_key, transaction_ids));
        let effects = tree.section("effects", EffectSettings::read);
        let mut group_commit = tree.section("group_commit", read_group_commit);
        let looks_up = tree.holds("itau");
        let itau = tree.optional_section("itau", ItauSection::read);
        let gateway = tree.optional_section("gateway", GatewaySection::read);
        let vault = tree.optional_section("vault", VaultSection::read);
        let persons = tree.section("persons", PersonsSection::read);
        let actions = tree.section("contact_actions", contacts::read_actions);
        let mail = tree.optional_section("mail", MailSection::read);
        let rules = mail.as_ref().map(|mail| mail.rules.clone());
        let contacts = tree.section("contacts", |it| ContactsSection::read(it, actions, rules));
        let retention = tree.section("retention", RetentionSection::read);
        let is_here = store.as_ref().is_none_or(|store| store.url.is_on_this_machine());
        refuse_unsafe_mail(mail.as_ref(), vault.is_some(), is_here, &mut tree.errors);
        let error_codes = tree.section("error_codes", read_error_codes);
        if let Some(store) = &store {
            group_commit.max_wait = store.lock_timeout;
        }
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
            server_keys: keys.fingerprints(),
            audit_key: keys.audit_key?,
            accept_new_keys: false,
            tokens: tokens?,
            upgrade: upgrade?,
            esb,
            effects,
            group_commit,
            itau,
            gateway,
            idempotency: idempotency?,
            persons,
            contacts,
            retention,
            mail,
            vault,
            error_codes,
        })
    }
}

fn read_group_commit(section: &mut Section<'_>) -> GroupCommitSettings {
    let standard = GroupCommitSettings::default();
    let as_u32 = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let max_batch = section.or("max_batch", as_u32(standard.max_batch), value::whole(1, 1024));
    let queue_capacity =
        section.or("queue_capacity", as_u32(standard.queue_capacity), value::whole(1, 1_000_000));
    let (max_batch, queue_capacity) = (max_batch as usize, queue_capacity as usize);
    GroupCommitSettings { max_batch, queue_capacity, ..standard }
}

fn refuse_unsafe_mail(
    mail: Option<&MailSection>,
    has_vault: bool,
    is_here: bool,
    errors: &mut Vec<ConfigError>,
) {
    let Some(mail) = mail else { return };
    let mut refuse = |what: &str| {
        errors.push(ConfigError { key: "mail".into(), what: what.into() });
    };
    if !has_vault {
        refuse("needs the section [vault]: addresses are sealed");
    }
    if matches!(mail.transport, MailTransport::Directory(_)) && !is_here {
        refuse(
            "needs smtp_host: with directory mails are only written to files, which is for a \
             database on this machine",
        );
    }
}

fn read_error_codes(section: &mut Section<'_>) -> HashMap<Code, String> {
    let mut codes = HashMap::new();
    for (name, code) in section.rest() {
        // The source's example of a code is a number.
        let number = code.value.as_integer().map(|number| number.to_string());
        let theirs = code.into_text().or(number);
        match (Code::parse(&name.to_uppercase()), theirs) {
            (Some(_), Some(theirs)) if theirs == SUCCEEDED => {
                section.mistake(&name, "must not be 0000, which means success");
            }
            (Some(ours), Some(theirs)) if is_code(&theirs) => {
                codes.insert(ours, theirs);
            }
            (Some(_), _) => section.mistake(&name, "must be 1 to 64 visible ASCII characters"),
            (None, _) => {
                section.mistake(&name, "is not an error code: docs/errors.md lists them all");
            }
        }
    }
    codes
}

fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
