//! Actors: issuer and subject of a token, its kind, and the scopes that tokens have.

use std::sync::Arc;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::closed_set::closed_set;
use crate::display_name::is_unshown;
use crate::field::{InvalidField, reorders};

closed_set! {
    /// Whether the actor is a person or a program; stored in history and audit log.
    pub enum ActorKind {
        /// A person.
        Human = "HUMAN",
        /// A program.
        System = "SYSTEM",
    }
}

/// An actor as history and audit log store it: issuer, subject and kind, never a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActorRef {
    /// Who issued the subject, for example an identity provider's name.
    pub issuer: Arc<str>,
    /// The subject in the issuer's namespace.
    pub subject: Arc<str>,
    /// Person or program.
    pub kind: ActorKind,
}

impl ActorRef {
    /// An actor from issuer, subject and kind.
    #[must_use]
    pub fn new(issuer: &str, subject: &str, kind: ActorKind) -> Self {
        Self { issuer: issuer.into(), subject: subject.into(), kind }
    }

    /// The issuer of this program's own workers and jobs.
    pub const OWN_ISSUER: &'static str = "madoguchi";

    /// Parses issuer and subject, each of 1 to 128 bytes, in Unicode's composed form (NFC),
    /// without outer blanks, other blanks than spaces, and characters that are not shown. So two
    /// subjects that differ only in these are not accepted both; letters that look alike are.
    ///
    /// # Errors
    /// When one of them breaks that rule.
    pub fn parse(issuer: &str, subject: &str, kind: ActorKind) -> Result<Self, InvalidField> {
        for (field, text) in [("issuer", issuer), ("subject", subject)] {
            let is_hidden = |c: char| {
                let odd_blank = c.is_whitespace() && c != ' ';
                let hidden = c.is_control() || is_unshown(c) || reorders(c) || odd_blank;
                hidden || c == char::REPLACEMENT_CHARACTER
            };
            let fits = (1..=128).contains(&text.len()) && text.trim() == text && is_nfc(text);
            if !fits || text.chars().any(is_hidden) {
                let rule = "must be 1 to 128 bytes in composed form (NFC), without outer blanks \
                            and without characters that are not shown";
                return Err(InvalidField::new(field, rule));
            }
        }
        Ok(Self::new(issuer, subject, kind))
    }

    /// Whether both may be the same person: of one issuer, with subjects that differ at most in
    /// case and in compatibility forms (NFKC), which many identity providers take for one.
    ///
    /// ```
    /// use madoguchi_domain::actor::{ActorKind, ActorRef};
    ///
    /// let person = |subject| ActorRef::new("idp", subject, ActorKind::Human);
    /// assert!(person("Ann").may_be(&person("ann")) && person("ａnn").may_be(&person("ann")));
    /// assert!(!person("bob").may_be(&person("ann")));
    /// ```
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        let folded = |actor: &Self| -> String {
            actor.subject.nfkc().flat_map(char::to_lowercase).collect()
        };
        self.issuer == other.issuer && folded(self) == folded(other)
    }
}

closed_set! {
    /// A permission that a token carries and a route requires.
    pub enum Scope {
        /// Read members.
        MemberRead = "member.read",
        /// Register members.
        MemberWrite = "member.write",
        /// Open a case and read its own QR code.
        UpgradeOpen = "upgrade.open",
        /// Report the result of a verification.
        UpgradeVerify = "upgrade.verify",
        /// Record the agent's verdict.
        UpgradeDecide = "upgrade.decide",
        /// Read cases.
        UpgradeRead = "upgrade.read",
        /// Look up callers.
        CallerRead = "caller.read",
        /// Read persons with their personal data masked, and search them.
        PersonRead = "person.read",
        /// Read the personal data of persons in clear.
        PersonReveal = "person.reveal",
        /// Register persons, change their contact details and the mail setting of accounts.
        PersonWrite = "person.write",
        /// Read contacts.
        ContactRead = "contact.read",
        /// Add, edit and delete contacts.
        ContactWrite = "contact.write",
        /// Record that a contact was settled by phone.
        ContactRespond = "contact.respond",
        /// Approve and reject contacts.
        ContactApprove = "contact.approve",
        /// Read the messages to oneself, and answer them.
        ContactAnswer = "contact.answer",
        /// Read the messages to any person, and answer them in the person's name.
        ContactAnswerAny = "contact.answer.any",
        /// Write, submit, release and stop announcements.
        AnnouncementWrite = "announcement.write",
        /// Record that applications completed.
        ApplicationWrite = "application.write",
        /// Read the delivery watch.
        DeliveryRead = "delivery.read",
        /// Report mails that came back.
        DeliveryWrite = "delivery.write",
        /// See effects of every kind, and resolve those that are stuck.
        Operator = "operator",
        /// Act in the name of persons; with the issuer of these persons.
        Delegate = "delegate",
    }
}
