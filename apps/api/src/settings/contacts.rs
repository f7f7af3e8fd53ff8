//! The configuration of contacts: approval, links, kinds of actions.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use madoguchi_domain::announcement::MailingPolicy;
use madoguchi_domain::contact::{
    ActionKind, ApprovalRule, ContactPolicy, MailRules, PolicyNumberRule,
};

use super::reader::{Given, Section, value};

/// The rules of contacts.
#[derive(Debug, Clone)]
pub struct ContactsSection {
    /// The rules.
    pub policy: Arc<ContactPolicy>,
    /// The rules of the mails about announcements.
    pub mailing: MailingPolicy,
}

/// The longest time that an approval can be configured to wait: 10 years.
const LONGEST_HOURS: u32 = 24 * 3660;

impl ContactsSection {
    /// `actions` are the kinds of `[contact_actions]`, `mail` the rules of `[mail]`.
    pub(super) fn read(
        section: &mut Section<'_>,
        actions: BTreeMap<ActionKind, PolicyNumberRule>,
        mail: Option<MailRules>,
    ) -> Self {
        let standard = ContactPolicy::standard();
        let rule = |text: &str| ApprovalRule::parse(text).ok_or("must be required or off");
        let approval = section.or("approval", standard.approval, value::parsed(rule));
        let link_hosts = section.or("link_hosts", standard.link_hosts, hosts);
        let mut hours = |key| {
            let hours = section.optional(key, value::whole(1, LONGEST_HOURS))?;
            Some(SignedDuration::from_hours(hours.into()))
        };
        let remind_after = hours("remind_after_hours");
        let escalate_after = hours("escalate_after_hours");
        let expire_after =
            section.or("expire_after_hours", 30 * 24, value::whole(0, LONGEST_HOURS));
        if remind_after.zip(escalate_after).is_some_and(|(remind, escalate)| escalate <= remind) {
            let what = "must be more than remind_after_hours";
            section.mistake("escalate_after_hours", what);
        }
        for (key, after) in
            [("remind_after_hours", remind_after), ("escalate_after_hours", escalate_after)]
        {
            let expiry = SignedDuration::from_hours(expire_after.into());
            if expire_after > 0 && after.is_some_and(|after| after >= expiry) {
                section.mistake(key, "must be less than expire_after_hours");
            }
        }
        let policy = ContactPolicy {
            approval,
            actions,
            link_hosts,
            remind_after,
            escalate_after,
            expire_after: (expire_after > 0)
                .then(|| SignedDuration::from_hours(expire_after.into())),
            mail,
        };
        let standard = MailingPolicy::standard();
        let first_batch = section.or("first_batch", standard.first_batch, value::whole(1, 100_000));
        let batch = section.or("mails_per_second", standard.batch, value::whole(1, 1000));
        let release_after = section.optional("release_after_hours", value::whole(1, LONGEST_HOURS));
        let release_after = release_after.map(|hours| SignedDuration::from_hours(hours.into()));
        let mailing = MailingPolicy { first_batch, release_after, batch };
        Self { policy: Arc::new(policy), mailing }
    }
}

fn hosts(given: Given) -> Result<Vec<String>, String> {
    let rule = || "must be a list of host names in lower case, without scheme, port or path";
    let list = given.value.as_array().ok_or_else(rule)?;
    let host = |it: &toml::Value| ContactPolicy::parse_host(it.as_str()?).ok();
    list.iter().map(|it| host(it).ok_or_else(|| rule().to_owned())).collect()
}

/// The kinds of actions, each with its rule of the policy number; the standard ones without any.
pub(super) fn read_actions(section: &mut Section<'_>) -> BTreeMap<ActionKind, PolicyNumberRule> {
    let mut actions = BTreeMap::new();
    for (name, rule) in section.rest() {
        let kind = ActionKind::parse(&name.to_uppercase());
        let rule = rule.into_text().and_then(|text| PolicyNumberRule::parse(&text));
        match (kind, rule) {
            (Ok(kind), Some(rule)) => {
                actions.insert(kind, rule);
            }
            (Err(_), _) => section.mistake(&name, "must be 1 to 64 of A-Z, 0-9 and _"),
            (Ok(_), None) => section.mistake(&name, "must be required, optional or forbidden"),
        }
    }
    if actions.is_empty() { ContactPolicy::standard().actions } else { actions }
}
