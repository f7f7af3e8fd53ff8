//! Prepares cases that wait for their verdict, once and over HTTP.

use std::sync::Arc;

use anyhow::Context;
use madoguchi_journey::crowd::work_through;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::TestDatabase;
use madoguchi_journey::test_system::TestSystem;

use crate::options::Options;
use crate::table;

/// Callers that prepare cases at once.
const CALLERS: usize = 128;

/// The members, in the order of their opening; each has one verified case in the database.
pub(crate) async fn prepare(
    options: &Options,
    database: &TestDatabase,
    cases: u32,
) -> anyhow::Result<Vec<String>> {
    table::progress(&format!("{cases} cases are prepared over HTTP"));
    let system = Arc::new(TestSystem::on(database, options.changed()).await?);
    let on = Arc::clone(&system);
    let work = vec![(); cases as usize];
    let members = work_through(CALLERS, work, move |()| {
        let system = Arc::clone(&on);
        async move { Ok(Customer::verified(&system).await?.member) }
    });
    let mut members = members.await.with_context(|| system.condition())?;
    members.sort_unstable();
    system.stop()?;
    Ok(members)
}
