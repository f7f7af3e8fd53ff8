//! Fills the database: contacts in large transactions over the store itself, cases through the
//! server, completions by SQL.

use std::sync::Arc;

use anyhow::Context;
use jiff::Timestamp;
use madoguchi_domain::contact::{ApplicationId, ContactType};
use madoguchi_domain::port::{ContactStore, PersonStore};
use madoguchi_domain::secret::{SecretKey, unhex};
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::psql;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_persistence::{PgSettings, PgStore, SealedStore};
use madoguchi_testkit::samples;
use madoguchi_testkit::server::postgres::{Cluster, Database};
use madoguchi_vault::Vault;
use tokio::task::JoinSet;

/// Contacts of one person.
pub(crate) const EACH: usize = 50;
/// One of so many applications completed long ago; the others completed lately.
pub(crate) const ONE_DUE_OF: usize = 4;
/// One of so many is a request that nobody answers; each of them whose number is due, too.
pub(crate) const ONE_UNANSWERED_OF: usize = 20;
const CASES: usize = 100;
/// Connections that write, and persons in one transaction of each.
const WRITERS: usize = 4;
const AT_ONCE: usize = 4;

type Store = SealedStore<PgStore>;

/// The person of this number.
pub(crate) fn person(number: usize) -> String {
    samples::person_id(number_of(number)).expose().to_owned()
}

/// Persons, contacts and their ids are numbered from 1.
fn number_of(number: usize) -> u32 {
    u32::try_from(number + 1).expect("as many as can be counted")
}

/// Writes one contact for each application.
pub(crate) async fn contacts(
    system: &TestSystem,
    database: &Database,
    applications: usize,
    report: impl Fn(String),
) -> anyhow::Result<()> {
    let store = Arc::new(open(system, database).await?);
    let persons = applications.div_ceil(EACH);
    let (mut begun, mut written, mut shown) = (0, 0, 0);
    let mut writers = JoinSet::new();
    while written < persons {
        if begun < persons && writers.len() < WRITERS {
            let some = begun..persons.min(begun + AT_ONCE);
            begun = some.end;
            let store = Arc::clone(&store);
            writers.spawn(async move {
                let count = some.len();
                write(&store, some, applications).await.map(|()| count)
            });
            continue;
        }
        written += writers.join_next().await.context("a writer")???;
        if written * 10 / persons > shown {
            shown = written * 10 / persons;
            report(format!("{} of {applications} contacts are written", written * EACH));
        }
    }
    Ok(())
}

/// The store with the keys of the server.
async fn open(system: &TestSystem, database: &Database) -> anyhow::Result<Store> {
    let file = |name: &str| system.installation.config().with_file_name(name);
    let audit_key = std::fs::read_to_string(file("audit-key"))?;
    let audit_key = unhex(audit_key.trim()).context("a key")?;
    let audit_key = SecretKey::parse(&audit_key)?;
    let settings = PgSettings::of(2 * WRITERS);
    let store = PgStore::open(database.url(), settings, audit_key).await?;
    Ok(SealedStore::new(store, Arc::new(Vault::open(&file("keys.toml"))?)))
}

async fn write(
    store: &Store,
    persons: std::ops::Range<usize>,
    applications: usize,
) -> anyhow::Result<()> {
    let registered = |number| samples::registers(&samples::person_registration(number_of(number)));
    let registered: Vec<_> = persons.clone().map(registered).collect();
    PersonStore::commit(store, &registered).await?;
    // The server lets old drafts expire.
    let seconds = now().duration_since(samples::start()).as_secs();
    let numbers = persons.start * EACH..applications.min(persons.end * EACH);
    let added = numbers.map(|number| {
        let mut content = samples::contact_content();
        content.application = ApplicationId::parse(&format!("APP-{number}")).ok();
        if !number.is_multiple_of(ONE_UNANSWERED_OF) {
            content.contact_type = ContactType::Notice;
        }
        let (id, person) = (samples::contact_id(number_of(number)), number_of(number / EACH));
        samples::adds(id, person, content, seconds)
    });
    ContactStore::commit(store, &added.collect::<Vec<_>>()).await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the server has the time of this machine")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// Opens cases; their ids.
pub(crate) async fn cases(system: &Arc<TestSystem>) -> anyhow::Result<Vec<String>> {
    let mut cases = Vec::with_capacity(CASES);
    for _ in 0..CASES {
        cases.push(Customer::verified(system).await?.case);
    }
    Ok(cases)
}

/// Every application is complete; of some, the retention is over.
pub(crate) fn complete(
    cluster: &Cluster,
    database: &Database,
    applications: usize,
) -> anyhow::Result<()> {
    let statement = format!(
        "insert into application (application_id, completed_on, kept_until, recorded_at, \
            recorded_issuer, recorded_subject, recorded_kind, correlation) \
         select 'APP-' || number, day, (day + interval '2 months 1 day' - interval '9 hours'), \
            now(), 'seed', 'seed', 'SYSTEM', 'seed' from (select number, \
                case when number % {ONE_DUE_OF} = 0 then date '2020-10-22' \
                    else current_date - 1 end as day \
                from generate_series(0, {applications} - 1) as number) as completed; \
         analyze"
    );
    psql(cluster, database.url(), &statement)?;
    Ok(())
}
