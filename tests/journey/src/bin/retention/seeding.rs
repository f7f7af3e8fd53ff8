//! Fills the database: contacts and cases through the server, completions by SQL.

use std::sync::Arc;

use madoguchi_journey::contacts::{Recipient, Staff};
use madoguchi_journey::crowd::work_through;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::psql;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_testkit::postgres::{Cluster, Database};
use serde_json::Value;

/// Contacts of one person.
pub(crate) const EACH: usize = 50;
/// One of so many is a request that nobody answers.
pub(crate) const ONE_UNANSWERED_OF: usize = 10;
const CASES: usize = 100;
const CLIENTS: usize = 24;

/// The person of this number.
pub(crate) fn person(number: usize) -> String {
    format!("PER-{number:07}")
}

/// Writes one contact for each application.
pub(crate) async fn contacts(
    system: &Arc<TestSystem>,
    applications: usize,
    report: impl Fn(String),
) -> anyhow::Result<()> {
    let (persons, mut written) = (applications.div_ceil(EACH), 0);
    while written < persons {
        // A tenth at a time, to show progress.
        let until = persons.min(written + (persons / 10).max(1));
        let on = Arc::clone(system);
        let each = move |number: usize| {
            let system = Arc::clone(&on);
            async move { write(&system, number, applications).await }
        };
        work_through(CLIENTS, (written..until).collect(), each).await?;
        written = until;
        report(format!("{} of {applications} contacts are written", written * EACH));
    }
    Ok(())
}

async fn write(system: &TestSystem, number: usize, applications: usize) -> anyhow::Result<()> {
    let recipient = Recipient::named(system, &person(number)).await?;
    let author = Staff::person(system, "author");
    for application in (number * EACH..applications).take(EACH) {
        let mut body = recipient.request_with("applicationId", format!("APP-{application}"));
        if !application.is_multiple_of(ONE_UNANSWERED_OF) {
            body["type"] = "NOTICE".into();
            body["actionKind"] = Value::Null;
        }
        author.added(&body).await?;
    }
    Ok(())
}

/// Opens cases; their ids.
pub(crate) async fn cases(system: &Arc<TestSystem>) -> anyhow::Result<Vec<String>> {
    let mut cases = Vec::with_capacity(CASES);
    for _ in 0..CASES {
        cases.push(Customer::verified(system).await?.case);
    }
    Ok(cases)
}

/// Every application completed long ago.
pub(crate) fn complete(
    cluster: &Cluster,
    database: &Database,
    applications: usize,
) -> anyhow::Result<()> {
    let statement = format!(
        "insert into application (application_id, completed_on, kept_until, recorded_at, \
            recorded_issuer, recorded_subject, recorded_kind, correlation) \
         select 'APP-' || number, '2020-10-22', '2020-12-22T15:00:00Z', now(), 'seed', 'seed', \
            'SYSTEM', 'seed' from generate_series(0, {applications} - 1) as number; \
         analyze"
    );
    psql(cluster, database.url(), &statement)?;
    Ok(())
}
