//! The rules of contacts that a bank or insurer configures.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use crate::Timestamp;
use crate::closed_set::closed_set;
use crate::field::InvalidField;

use super::content::{ActionKind, ContactType, Content};
use super::mail_rules::MailRules;
use super::text::{ContactLink, is_host};

closed_set! {
    /// Whether a request for an action of one kind has a policy number.
    pub enum PolicyNumberRule {
        /// It must have one.
        Required = "required",
        /// It may have one.
        Optional = "optional",
        /// It must have none.
        Forbidden = "forbidden",
    }
}

closed_set! {
    /// Whether a contact needs the approval of a second person.
    pub enum ApprovalRule {
        /// It does.
        Required = "required",
        /// It is valid at once.
        Off = "off",
    }
}

/// The configured rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactPolicy {
    /// Whether a contact needs approval.
    pub approval: ApprovalRule,
    /// The kinds of actions, each with its rule of the policy number.
    pub actions: BTreeMap<ActionKind, PolicyNumberRule>,
    /// The hosts that links may name, in lower case.
    pub link_hosts: Vec<String>,
    /// After how long a waiting approval is marked for a reminder; none if never.
    pub remind_after: Option<SignedDuration>,
    /// After how long a waiting approval is marked for escalation; none if never.
    pub escalate_after: Option<SignedDuration>,
    /// After how long a waiting approval expires; none if never.
    pub expire_after: Option<SignedDuration>,
    /// The rules of mail; none if no mail is sent.
    pub mail: Option<MailRules>,
}

impl ContactPolicy {
    /// The rules without configuration: approval required, three kinds of actions, no links,
    /// expiry after 30 days.
    ///
    /// # Panics
    /// Never: the names of the kinds keep their rule.
    #[must_use]
    pub fn standard() -> Self {
        let kind = |name: &str, rule| Some((ActionKind::parse(name).ok()?, rule));
        let actions = [
            kind("IDENTITY_DOCUMENT", PolicyNumberRule::Optional),
            kind("PREMIUM_ROUTE_DEFICIENCY", PolicyNumberRule::Required),
            kind("OTHER", PolicyNumberRule::Optional),
        ];
        Self {
            approval: ApprovalRule::Required,
            actions: actions.into_iter().flatten().collect(),
            link_hosts: Vec::new(),
            remind_after: None,
            escalate_after: None,
            expire_after: Some(SignedDuration::from_hours(30 * 24)),
            mail: None,
        }
    }

    /// Parses the name of a host for [`link_hosts`](Self::link_hosts).
    ///
    /// # Errors
    /// When it is not a host name in lower case.
    pub fn parse_host(text: &str) -> Result<String, InvalidField> {
        let rule = "must be a host name in lower case, for example my.example.com";
        is_host(text).then(|| text.to_owned()).ok_or(InvalidField::new("link_hosts", rule))
    }

    /// Checks the rules that tie fields to each other and to the configuration.
    ///
    /// # Errors
    /// For the first field that breaks one.
    pub fn check(&self, content: Content) -> Result<CheckedContent, InvalidField> {
        let content = Content {
            posted_at: stored_time(content.posted_at, "postedAt")?,
            expires_at: stored_time(content.expires_at, "expiresAt")?,
            ..content
        };
        self.check_policy_number(&content)?;
        content.link.as_ref().map_or(Ok(()), |link| self.check_link(link))?;
        let ends_first = |(posted, expires)| expires <= posted;
        if content.posted_at.zip(content.expires_at).is_some_and(ends_first) {
            return Err(InvalidField::new("expiresAt", "must be later than postedAt"));
        }
        Ok(CheckedContent(content))
    }

    /// Checks that a link leads to a configured host.
    ///
    /// # Errors
    /// When it does not.
    pub fn check_link(&self, link: &ContactLink) -> Result<(), InvalidField> {
        let is_listed = self.link_hosts.iter().any(|listed| listed == link.host());
        is_listed
            .then_some(())
            .ok_or(InvalidField::new("link", "must have a host that is configured"))
    }

    fn check_policy_number(&self, content: &Content) -> Result<(), InvalidField> {
        let has_number = content.policy_number.is_some();
        let rule = match &content.contact_type {
            // What is not asked for is never required; a notice may name its policy.
            ContactType::Notice => PolicyNumberRule::Optional,
            ContactType::ActionRequest(kind) => {
                let known = self.actions.get(kind).copied();
                known.ok_or(InvalidField::new("actionKind", "must be one that is configured"))?
            }
        };
        let number = |rule| Err(InvalidField::new("policyNumber", rule));
        match (rule, has_number) {
            (PolicyNumberRule::Required, false) => number("is required for this actionKind"),
            (PolicyNumberRule::Forbidden, true) => number("must be absent for this actionKind"),
            (PolicyNumberRule::Required, true)
            | (PolicyNumberRule::Optional, _)
            | (PolicyNumberRule::Forbidden, false) => Ok(()),
        }
    }
}

/// The years in which contacts are posted and expire: other times are mistakes.
const YEARS: RangeInclusive<i16> = 2000..=2099;

/// The time in whole microseconds, as it is stored.
///
/// # Errors
/// When it is of other years than 2000 to 2099.
pub(crate) fn stored_time(
    time: Option<Timestamp>,
    field: &'static str,
) -> Result<Option<Timestamp>, InvalidField> {
    let Some(time) = time else {
        return Ok(None);
    };
    let rule = InvalidField::new(field, "must be a time of the years 2000 to 2099");
    if !YEARS.contains(&time.to_zoned(TimeZone::UTC).year()) {
        return Err(rule);
    }
    Timestamp::from_microsecond(time.as_microsecond()).map(Some).map_err(|_| rule)
}

/// Content that keeps the rules of the policy: only this can be added, or replace other content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedContent(Content);

impl CheckedContent {
    /// The content.
    #[must_use]
    pub const fn get(&self) -> &Content {
        &self.0
    }
}
