//! What the lists of retention ask for.

use madoguchi_domain::contact::{ApplicationId, ContactId};
use madoguchi_domain::person::PersonId;
use madoguchi_domain::retention::{HoldFilter, HoldSubject, ReceiptQuery, UnansweredQuery};

use crate::problem::Problem;
use crate::query::Query;

pub(super) const UNANSWERED: &[&str] =
    &["personId", "applicationId", "from", "to", "cursor", "limit"];
pub(super) const RECEIPTS: &[&str] = &["contactId", "from", "to", "cursor", "limit"];
pub(super) const HOLDS: &[&str] = &["personId", "applicationId", "inForce", "cursor", "limit"];

/// The list from its start, without a limit yet.
pub(super) fn unanswered(mut query: Query) -> Result<UnansweredQuery, Problem> {
    Ok(UnansweredQuery {
        person: query.take("personId", PersonId::parse)?,
        application: query.take("applicationId", ApplicationId::parse)?,
        from: query.time("from")?,
        before: query.time("to")?,
        after: None,
        limit: 0,
    })
}

/// The same.
pub(super) fn receipts(mut query: Query) -> Result<ReceiptQuery, Problem> {
    Ok(ReceiptQuery {
        contact: query.take("contactId", ContactId::parse)?,
        from: query.time("from")?,
        before: query.time("to")?,
        after: None,
        limit: 0,
    })
}

pub(super) fn holds(mut query: Query) -> Result<HoldFilter, Problem> {
    let person = query.take("personId", PersonId::parse)?.map(HoldSubject::Person);
    let application =
        query.take("applicationId", ApplicationId::parse)?.map(HoldSubject::Application);
    if person.is_some() && application.is_some() {
        return Err(Problem::invalid("personId and applicationId cannot be combined"));
    }
    let only_true = |text: &str| (text == "true").then_some(());
    let in_force = query.one_of("inForce", only_true, "must be true or absent")?;
    Ok(HoldFilter { subject: person.or(application), in_force: in_force.is_some() })
}
