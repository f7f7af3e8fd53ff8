//! The configuration of mails to customers.

mod own_templates;
mod transport;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_domain::contact::MailRules;
use madoguchi_domain::effect::{EffectPolicy, OnUnknown};
use madoguchi_domain::mail::MessageIdDomain;
use madoguchi_domain::person::{EmailAddress, Locale};
use madoguchi_mail::{SenderSettings, TemplateMistake, Templates};

use super::reader::{Given, Section, value};
pub use transport::MailTransport;

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

impl MailSection {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let address = section.required(
            "from_address",
            "the address in From",
            value::field(EmailAddress::parse),
        );
        let name = section.required("from_name", "the sender's name in From", |given| {
            let name = value::text(given)?;
            SenderSettings::check_name(&name).map_err(|error| error.rule().to_owned())?;
            Ok(name)
        });
        let page = section.required("my_page_url", "the address of My page", my_page);
        let templates = read_templates(section, name.as_deref(), page.as_deref());
        let domain = section.optional("message_id_domain", value::field(MessageIdDomain::parse));
        let overrides = section.or("mandatory_overrides_stop", false, value::boolean);
        let give_up_hours = section.or("give_up_after_hours", 72, value::whole(1, 24 * 30));
        let calls = section.or("max_concurrent_calls", 8, value::whole(1, 256));
        let millis = |default, key, section: &mut Section<'_>| {
            section.or(key, default, value::signed_millis(10, 24 * 3_600_000))
        };
        let first_retry = millis(SignedDuration::from_mins(1), "first_retry_ms", section);
        let longest_retry = millis(SignedDuration::from_mins(30), "longest_retry_ms", section);
        if first_retry > longest_retry {
            section.mistake("longest_retry_ms", "must be at least mail.first_retry_ms");
        }
        let transport = MailTransport::read(section);
        let sender = SenderSettings { address: address?, name: name? };
        if let Err(error) = sender.check() {
            section.mistake(error.setting(), error.rule());
        }
        let domain = domain.map_or_else(|| sender.domain(), Ok);
        let domain = domain.map_err(|_| section.mistake("message_id_domain", LONG_DOMAIN)).ok()?;
        let rules = MailRules { message_id_domain: domain, mandatory_overrides_stop: overrides };
        Some(Self {
            sender,
            templates: templates?,
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

fn my_page(given: Given) -> Result<String, String> {
    let rule = "must be an https address of at most 500 visible ASCII characters";
    let text = value::text(given)?;
    let host = text.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next());
    let is_plain = text.len() <= 500 && text.bytes().all(|byte| byte.is_ascii_graphic());
    match host.flatten() {
        Some(host) if host.contains('@') => {
            Err("must have no user and no password: every mail would show them".to_owned())
        }
        Some(host) if is_plain && !host.is_empty() => Ok(text),
        Some(_) | None => Err(rule.to_owned()),
    }
}

/// The templates, with those of a directory in the place of the built-in ones. They are checked
/// also if the values that they show are missing.
fn read_templates(
    section: &mut Section<'_>,
    sender: Option<&str>,
    page: Option<&str>,
) -> Option<Arc<Templates>> {
    let default = section.optional("default_locale", value::field(Locale::parse));
    let default = default.or_else(|| Locale::parse("ja").ok())?;
    let has_own = section.has("templates_dir");
    let own = section.optional("templates_dir", |given| own_templates::read(&value::path(given)?));
    let is_read = own.is_some() || !has_own;
    let (sender, page) = (sender.unwrap_or("-"), page.unwrap_or("https://example.com/"));
    match Templates::new(own.unwrap_or_default(), &default, sender, page) {
        Ok(templates) => is_read.then(|| Arc::new(templates)),
        Err(mistakes) => {
            for mistake in mistakes {
                match mistake {
                    TemplateMistake::At { .. } => {
                        section.mistake("templates_dir", format!("has a mistake in {mistake}"));
                    }
                    TemplateMistake::NoDefault(_) => {
                        section.mistake("default_locale", mistake.to_string());
                    }
                }
            }
            None
        }
    }
}
