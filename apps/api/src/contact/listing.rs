//! What a list of contacts asks for.

use madoguchi_domain::Timestamp;
use madoguchi_domain::approval::ApprovalName;
use madoguchi_domain::contact::{
    AnswerStatus, ApprovalAge, ContactFilter, ContactOrder, ContactPolicy, ContactTypeName,
    PolicyNumber,
};
use madoguchi_domain::mail::MailState;
use madoguchi_domain::person::PersonId;

use crate::problem::Problem;
use crate::query::Query;

/// The parameters of a list of contacts.
pub(super) const PARAMETERS: &[&str] = &[
    "personId",
    "policyNumber",
    "type",
    "answerStatus",
    "approval",
    "mail",
    "createdFrom",
    "createdBefore",
    "waiting",
    "notActedOn",
    "cursor",
    "limit",
];

/// What the filters of a query ask for at `now`, and in which order.
pub(super) fn filter(
    mut query: Query,
    policy: &ContactPolicy,
    now: Timestamp,
) -> Result<(ContactFilter, ContactOrder), Problem> {
    let filter = ContactFilter {
        person: query.take("personId", PersonId::parse)?,
        policy_number: query.take("policyNumber", PolicyNumber::parse)?,
        contact_type: query.one_of(
            "type",
            ContactTypeName::parse,
            "must be NOTICE or ACTION_REQUEST",
        )?,
        answer: query.one_of(
            "answerStatus",
            AnswerStatus::parse,
            "must be UNANSWERED or ANSWERED",
        )?,
        approval: query.one_of(
            "approval",
            ApprovalName::parse,
            "must be DRAFT, APPROVED, REJECTED or BY_POLICY",
        )?,
        mail: query.one_of(
            "mail",
            MailState::parse,
            "must be NONE, PENDING, SENT, SUPPRESSED, UNCERTAIN or FAILED",
        )?,
        created_from: query.time("createdFrom")?,
        created_before: query.time("createdBefore")?,
        waiting_since: query
            .one_of("waiting", Waiting::parse, "must be ALL, REMINDER or ESCALATION")?
            .map(|waiting| waiting.since(policy, now)),
        visible_at: None,
    };
    let only_true = |text: &str| (text == "true").then_some(());
    let not_acted_on = query.one_of("notActedOn", only_true, "must be true or absent")?;
    let order = match filter.waiting_since {
        Some(_) => ContactOrder::LongestWaitingFirst,
        None => ContactOrder::NewestFirst,
    };
    match not_acted_on {
        None => Ok((filter, order)),
        Some(()) if filter.contact_type.is_some() || filter.answer.is_some() => {
            Err(Problem::invalid("notActedOn cannot be combined with type or answerStatus"))
        }
        Some(()) => {
            let ContactFilter { contact_type, answer, visible_at, .. } =
                ContactFilter::not_acted_on(now);
            Ok((ContactFilter { contact_type, answer, visible_at, ..filter }, order))
        }
    }
}

/// Which waiting approvals: all, or those of this age or older.
enum Waiting {
    All,
    Over(ApprovalAge),
}

impl Waiting {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "ALL" => Some(Self::All),
            "REMINDER" | "ESCALATION" => ApprovalAge::parse(text).map(Self::Over),
            _ => None,
        }
    }

    /// Since when they wait at least. Without a configured time nobody does.
    fn since(&self, policy: &ContactPolicy, now: Timestamp) -> Timestamp {
        let after = match self {
            Self::All | Self::Over(ApprovalAge::New) => return now,
            Self::Over(ApprovalAge::Reminder) => match (policy.remind_after, policy.escalate_after)
            {
                (Some(remind), Some(escalate)) => Some(remind.min(escalate)),
                (one, other) => one.or(other),
            },
            Self::Over(ApprovalAge::Escalation) => policy.escalate_after,
        };
        after.and_then(|after| now.checked_sub(after).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}
