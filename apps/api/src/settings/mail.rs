//! The configuration of mails to customers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_domain::contact::MailRules;
use madoguchi_domain::effect::{EffectPolicy, OnUnknown};
use madoguchi_domain::mail::MessageIdDomain;
use madoguchi_domain::person::{EmailAddress, Locale};
use madoguchi_domain::secret::Credentials;
use madoguchi_files::{read_public, read_secret};
use madoguchi_mail::{SenderSettings, SmtpSettings, SmtpTls, Templates, TrustedRoots};

use super::reader::{Section, value};

/// Time in a lease before the SMTP conversation: to commit the claim.
const FOR_THE_CLAIM: SignedDuration = SignedDuration::from_secs(3);
/// And to check that the mail is still right.
const FOR_THE_CHECK: SignedDuration = SignedDuration::from_secs(3);

/// Attempts before which a mail is not given up, however old it is: after an outage of ours it is
/// old at once.
const LEAST_ATTEMPTS: i32 = 10;

/// The mails to customers, as configured.
#[derive(Debug, Clone)]
pub struct MailSection {
    /// Who sends them.
    pub sender: SenderSettings,
    /// Their texts, checked.
    pub templates: Arc<Templates>,
    /// When they go.
    pub rules: MailRules,
    /// Where they go to.
    pub transport: MailTransport,
    /// Maximum number of concurrent conversations.
    pub max_concurrent_calls: usize,
    /// The age at which a mail that cannot be sent is given up.
    pub give_up_after: SignedDuration,
    /// Maximum first backoff after a mail that was not sent; doubles each time.
    pub first_retry: SignedDuration,
    /// Maximum backoff.
    pub longest_retry: SignedDuration,
}

/// Where mails go to.
#[derive(Debug, Clone)]
pub enum MailTransport {
    /// To a mail server.
    Smtp(SmtpSettings),
    /// To files in this directory, for development.
    Directory(PathBuf),
}

impl MailSection {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let address = section.required(
            "from_address",
            "the address in From",
            value::parsed(EmailAddress::parse),
        );
        let name = section.required("from_name", "the sender's name in From", value::text);
        let page = section.required("my_page_url", "the address of My page", my_page);
        let default = section.optional("default_locale", value::parsed(Locale::parse));
        let default = default.or_else(|| Locale::parse("ja").ok())?;
        let own = section.optional("templates_dir", value::path);
        let domain = section.optional("message_id_domain", value::parsed(MessageIdDomain::parse));
        let overrides = section.or("mandatory_overrides_stop", false, value::boolean);
        let give_up_hours = section.or("give_up_after_hours", 72, value::whole(1, 24 * 30));
        let calls = section.or("max_concurrent_calls", 8, value::whole(1, 256));
        let millis = |default, key, section: &mut Section<'_>| {
            section.or(key, default, value::signed_millis(10, 24 * 3_600_000))
        };
        let first_retry = millis(SignedDuration::from_mins(1), "first_retry_ms", section);
        let longest_retry = millis(SignedDuration::from_mins(30), "longest_retry_ms", section);
        let transport = read_transport(section);
        let sender = SenderSettings { address: address?, name: name? };
        let templates = read_templates(section, own.as_deref(), &default, &sender.name, &page?)?;
        if let Err(error) = sender.check() {
            section.mistake_as_a_whole(error.to_string());
        }
        let domain = domain.map_or_else(|| sender.domain(), Ok);
        let domain = domain.map_err(|_| section.mistake("message_id_domain", LONG_DOMAIN)).ok()?;
        let rules = MailRules { message_id_domain: domain, mandatory_overrides_stop: overrides };
        Some(Self {
            sender,
            templates,
            rules,
            transport: transport?,
            max_concurrent_calls: calls as usize,
            give_up_after: SignedDuration::from_hours(give_up_hours.into()),
            first_retry,
            longest_retry,
        })
    }

    /// The maximum duration of a conversation.
    #[must_use]
    pub fn conversation_lasts(&self) -> SignedDuration {
        let conversation = match &self.transport {
            MailTransport::Smtp(smtp) => smtp.longest_call(),
            MailTransport::Directory(_) => Duration::from_secs(1),
        };
        conversation.try_into().unwrap_or(SignedDuration::MAX)
    }

    /// The usual duration of the check before it.
    #[must_use]
    pub const fn check_lasts(&self) -> SignedDuration {
        FOR_THE_CHECK
    }

    /// The policy of mails: what may have been sent is never sent again by itself.
    #[must_use]
    pub fn policy(&self, standard: EffectPolicy) -> EffectPolicy {
        EffectPolicy {
            on_unknown: OnUnknown::Manual,
            give_up_after: Some(self.give_up_after),
            give_up_attempts: LEAST_ATTEMPTS,
            lease: self
                .conversation_lasts()
                .saturating_add(FOR_THE_CHECK)
                .saturating_add(FOR_THE_CLAIM),
            first_retry: self.first_retry,
            longest_retry: self.longest_retry,
            ..standard
        }
    }
}

const LONG_DOMAIN: &str = "is needed: the domain of from_address is no host name of at most 80 \
    characters";

fn my_page(given: super::reader::Given) -> Result<String, String> {
    let rule = "must be an https address of at most 500 visible ASCII characters";
    let text = value::text(given)?;
    let host = text.strip_prefix("https://").map(|rest| rest.split('/').next().unwrap_or_default());
    let is_plain = text.len() <= 500 && text.bytes().all(|byte| byte.is_ascii_graphic());
    let has_host = host.is_some_and(|host| !host.is_empty() && !host.contains('@'));
    if is_plain && has_host { Ok(text) } else { Err(rule.to_owned()) }
}

/// Reads either the mail server or the directory.
fn read_transport(section: &mut Section<'_>) -> Option<MailTransport> {
    let directory = section.optional("directory", value::path);
    let host = section.optional("smtp_host", value::text);
    let port = section.optional("smtp_port", value::whole(1, 65_535));
    let tls = |text: &str| SmtpTls::parse(text).ok_or("must be starttls, implicit or none");
    let tls = section.optional("smtp_tls", value::parsed(tls));
    let credentials = read_credentials(section);
    let extra_roots = section.optional("root_ca_file", |given| {
        let read = read_public(&value::path(given)?).map(TrustedRoots::new);
        read.map_err(|error| error.to_string())
    });
    let standard = Duration::from_secs(120);
    let timeout = section.or("timeout_ms", standard, value::millis(100, 600_000));
    let is_for_smtp =
        port.is_some() || tls.is_some() || credentials.is_some() || extra_roots.is_some();
    match (host, directory) {
        (Some(host), None) => {
            let tls = tls.unwrap_or(SmtpTls::StartTls);
            let usual = if tls == SmtpTls::Implicit { 465 } else { 587 };
            let port = port.and_then(|port| u16::try_from(port).ok()).unwrap_or(usual);
            let smtp = SmtpSettings { host, port, tls, extra_roots, credentials, timeout };
            smtp.check().map_err(|error| section.mistake_as_a_whole(error.to_string())).ok()?;
            Some(MailTransport::Smtp(smtp))
        }
        (None, Some(directory)) if !is_for_smtp => Some(MailTransport::Directory(directory)),
        (Some(_) | None, Some(_)) => {
            let what = "needs either directory, or the keys of a mail server, not both";
            section.mistake_as_a_whole(what);
            None
        }
        (None, None) => {
            let what = "needs smtp_host, or directory for development";
            section.mistake_as_a_whole(what);
            None
        }
    }
}

fn read_credentials(section: &mut Section<'_>) -> Option<Credentials> {
    let user = section.optional("smtp_user", value::text);
    let password = section.optional("smtp_password_file", |given| {
        let bytes = read_secret(&value::path(given)?).map_err(|error| error.to_string())?;
        let text = String::from_utf8(bytes).map_err(|_| "must be UTF-8".to_owned())?;
        let text = text.trim_end_matches(['\r', '\n']).to_owned();
        if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text) }
    });
    match (user, password) {
        (Some(user), Some(password)) => Some(Credentials::new(user, password)),
        (None, None) => None,
        (Some(_), None) => {
            section.mistake("smtp_password_file", "is missing: smtp_user needs a password");
            None
        }
        (None, Some(_)) => {
            section.mistake("smtp_user", "is missing: smtp_password_file needs a user");
            None
        }
    }
}

/// The templates, with those of a directory in the place of the built-in ones.
fn read_templates(
    section: &mut Section<'_>,
    own: Option<&Path>,
    default: &Locale,
    sender: &str,
    page: &str,
) -> Option<Arc<Templates>> {
    let own = match own.map_or(Ok(BTreeMap::new()), read_directory) {
        Ok(own) => own,
        Err(what) => {
            section.mistake("templates_dir", what);
            return None;
        }
    };
    match Templates::new(own, default, sender, page) {
        Ok(templates) => Some(Arc::new(templates)),
        Err(mistakes) => {
            for mistake in mistakes {
                section.mistake("templates_dir", format!("has a mistake in {mistake}"));
            }
            None
        }
    }
}

/// Every file of every folder, by `folder/file`. Hidden files are left out.
fn read_directory(path: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut texts = BTreeMap::new();
    for folder in entries(path)? {
        if !folder.is_dir() {
            return Err(format!("must hold folders only, but holds {}", folder.display()));
        }
        for file in entries(&folder)? {
            let bytes = read_public(&file).map_err(|error| error.to_string())?;
            let text = String::from_utf8(bytes);
            let text = text.map_err(|_| format!("must hold UTF-8, but not {}", file.display()))?;
            let name = file.strip_prefix(path).unwrap_or(&file).to_string_lossy().into_owned();
            texts.insert(name, text);
        }
    }
    Ok(texts)
}

fn entries(path: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error: std::io::Error| {
        format!("cannot be read: {}: {error}: name a directory that is there", path.display())
    };
    let mut all = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?.path();
        let is_hidden = entry.file_name().is_some_and(|it| it.to_string_lossy().starts_with('.'));
        if !is_hidden {
            all.push(entry);
        }
    }
    all.sort_unstable();
    Ok(all)
}
