//! Checks that every row is chained to the one before, also with concurrent writers.

use std::sync::Arc;

use madoguchi_application::UpgradeStores;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::audit::{Action, AuditEntry, GENESIS, Head, Place, follow};
use madoguchi_domain::effect::Outcome;
use madoguchi_domain::port::Recorded;

use crate::contract::audit_rows;
use crate::contract::race::race;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, answered, at, claim};

/// Batches and single writes of all stores together form complete chains.
pub async fn every_stream_verifies_from_its_beginning_to_its_head(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    assert_eq!(audit_rows::verify(&stores).await, 0, "an empty trail is whole");
    driver.passed(1..=30).await;
    driver.opened(31..=31).await;
    let contradiction = driver.change(&samples::decide(1, false)).await;
    driver.commit(&contradiction).await;
    for effect in driver.claim(&claim(1, 30, at(200))).await {
        let change = answered(&effect, Outcome::Applied, at(201));
        assert_eq!(driver.record(&change).await, Recorded::Written);
    }
    assert_eq!(audit_rows::verify(&stores).await, 30 * 4 + 2 + 1 + 30 + 30);
}

/// Rows with and without `through` verify together. One that is changed, removed or added breaks
/// the chain.
pub async fn a_changed_through_breaks_the_chain(stores: UpgradeStores) {
    let by = |through| {
        let mut act = samples::act("call-1", samples::human(), at(0));
        act.through = through;
        AuditEntry::new(Action::CALLER_LOOKED_UP, samples::flow(1).subject(), "found", &act)
    };
    let (none, some) = (by(None), by(Some(samples::system())));
    let entries = [none.clone(), some.clone(), none, some];
    stores.platform.audit.append(&entries).await.expect("rows are added");
    assert_eq!(audit_rows::verify(&stores).await, 4);
    let rows = audit_rows::rows(&stores).await;
    assert_eq!(rows.iter().map(|row| &row.entry).collect::<Vec<_>>(), entries.each_ref());
    let start = Head { place: Place { seq: 0, ..rows[0].place }, link: GENESIS };
    let person = ActorRef { kind: ActorKind::Human, ..samples::system() };
    for (changed, through) in [(0, Some(samples::system())), (1, None), (3, Some(person))] {
        let mut rows = rows.clone();
        rows[changed].entry.act.through = through;
        let broken = follow(&samples::audit_key(), start, &rows).expect_err("it is found");
        assert_eq!(broken.at, rows[changed].place);
    }
}

/// With twenty concurrent writers, no row is missing and no chain is broken.
pub async fn twenty_writers_at_once_leave_whole_chains(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    let runner = |number| {
        let driver = driver.clone();
        let audit = Arc::clone(&stores.platform.audit);
        async move {
            driver.passed(number..=number).await;
            let act = samples::act("call-1", samples::human(), at(0));
            let subject = samples::flow(number).subject();
            let lookup = AuditEntry::new(Action::CALLER_LOOKED_UP, subject, "found", &act);
            audit.append(&[lookup]).await.expect("a row is added");
            let wish = claim(number, 1, at(200));
            for effect in driver.claim(&wish).await {
                let change = answered(&effect, Outcome::Applied, at(201));
                assert_eq!(driver.record(&change).await, Recorded::Written);
            }
        }
    };
    race((1..=20).map(runner).collect()).await;
    let rest = driver.claim(&claim(21, 20, at(200))).await;
    let done = 20 - rest.len();
    assert_eq!(audit_rows::verify(&stores).await, 20 * (4 + 1) + 20 + done);
}
