//! Tests the combined lookup: the parts available in time, and a reason for each missing one.

use std::time::Duration;

use madoguchi_application::{Absence, Part};
use madoguchi_domain::caller::{Found, Identification, TaxId};
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::{LookupError, Unavailability};
use madoguchi_testkit::samples;
use tokio::time::Instant;

use super::harness::{CallerHarness, MARIA, TIME};

fn account() -> String {
    samples::codigo_conta().expose().to_owned()
}

#[tokio::test(start_paused = true)]
async fn both_parts_are_fresh_and_the_owner_is_the_caller() {
    let who = CallerHarness::open().who().await;
    let Part::Fresh(context) = who.context else { panic!("{:?}", who.context) };
    assert_eq!(*context, samples::found_context().value);
    let Part::Fresh(owner) = who.account else { panic!("{:?}", who.account) };
    assert_eq!(*owner.profile, samples::found_owner().value);
    assert_eq!((owner.codigo, owner.is_caller), (samples::codigo_conta(), Some(true)));
}

#[tokio::test(start_paused = true)]
async fn a_late_part_is_missing_and_the_other_is_there_in_time() {
    let harness = CallerHarness::open();
    harness.callers.is_slow(&account(), Duration::from_secs(10));
    let began = Instant::now();
    let who = harness.who().await;
    assert!(began.elapsed() <= TIME, "{:?}", began.elapsed());
    assert!(matches!(who.context, Part::Fresh(_)));
    assert_eq!(who.account, Part::Missing(Absence::DeadlineExceeded));

    let harness = CallerHarness::open();
    harness.callers.is_slow(MARIA, Duration::from_secs(10));
    let began = Instant::now();
    let who = harness.who().await;
    assert!(began.elapsed() <= TIME);
    assert_eq!(who.context, Part::Missing(Absence::DeadlineExceeded));
    assert_eq!(who.account, Part::Missing(Absence::NoContext));
}

#[tokio::test(start_paused = true)]
async fn the_time_of_both_lookups_is_one_time() {
    let harness = CallerHarness::open();
    harness.callers.is_slow(MARIA, Duration::from_millis(1200));
    harness.callers.is_slow(&account(), Duration::from_millis(1200));
    let began = Instant::now();
    let who = harness.who().await;
    assert!(began.elapsed() <= TIME && matches!(who.context, Part::Fresh(_)));
    assert_eq!(who.account, Part::Missing(Absence::DeadlineExceeded));
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_fails_is_a_missing_part_with_its_reason() {
    let harness = CallerHarness::open();
    let circuit_open = LookupError::Unavailable(Unavailability::CircuitOpen);
    for error in [LookupError::NotFound, LookupError::Misconfigured, circuit_open] {
        harness.callers.fails(&account(), error);
        assert_eq!(harness.absence().await, Absence::Failed(error));
        harness.callers.fails(MARIA, error);
        let who = harness.who().await;
        assert_eq!(who.context, Part::Missing(Absence::Failed(error)));
        assert_eq!(who.account, Part::Missing(Absence::NoContext));
        harness.callers.is_well(MARIA);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unidentified_caller_and_a_context_without_an_account_ask_nobody() {
    let harness = CallerHarness::open();
    harness.context_is(|it| it.identification = Some(Identification::NotIdentified));
    assert_eq!(harness.absence().await, Absence::NotIdentified);
    harness.context_is(|it| it.branch = None);
    assert_eq!(harness.absence().await, Absence::NotDerivable);
    harness.context_is(|it| it.branch = Some(Personal::new("Agency")));
    assert_eq!(harness.absence().await, Absence::NotDerivable);
    harness.account_reads("13156463165468461654");
    assert_eq!(harness.absence().await, Absence::NotDerivable);
    let asked = harness.callers.asked();
    assert!(asked.iter().all(|it| it.asked == MARIA), "{}", asked.len());
}

#[tokio::test(start_paused = true)]
async fn the_less_sure_an_account_is_the_more_its_owner_must_say() {
    let harness = CallerHarness::open();
    // 5206 and the check digit 1, or an account 52061 without one.
    harness.account_reads("52061");
    let Part::Fresh(owner) = harness.who().await.account else { panic!("confirmed by the owner") };
    assert_eq!(owner.is_caller, Some(true));

    let stranger = |tax_id| {
        let Found { mut value, document } = samples::found_owner();
        value.tax_id = tax_id;
        harness.callers.knows_owner(&account(), Found { value, document });
    };
    for tax_id in [None, Some(TaxId::classify("11144477735", None))] {
        stranger(tax_id.clone());
        assert_eq!(harness.absence().await, Absence::UncertainAccount, "{tax_id:?}");
    }
    // A reading by a last digit that does not fit is invalid only if the owner is another person.
    harness.account_reads("5206");
    assert_eq!(harness.absence().await, Absence::UncertainAccount);
    stranger(None);
    let Part::Fresh(owner) = harness.who().await.account else { panic!("no check digit") };
    assert_eq!(owner.is_caller, None);
    stranger(Some(TaxId::classify("11144477735", None)));
    // By its length the same account is certain: another person may own it.
    harness.account_reads("00052061");
    let Part::Fresh(owner) = harness.who().await.account else { panic!("a certain account") };
    assert_eq!(owner.is_caller, Some(false));
}

/// The reading of `52061` of branch 1500 as an account without check digit.
const OTHERWISE: &str = "341341150000520612";

#[tokio::test(start_paused = true)]
async fn an_account_that_can_be_read_either_way_is_asked_for_both_ways() {
    let harness = CallerHarness::open();
    harness.account_reads("52061");
    harness.callers.knows_owner(OTHERWISE, samples::found_owner());
    let is_told_otherwise = async || {
        let Part::Fresh(owner) = harness.who().await.account else { panic!("not reported") };
        (owner.codigo.expose().to_owned(), owner.is_caller) == (OTHERWISE.to_owned(), Some(true))
    };
    for error in [LookupError::NotFound, LookupError::Failed] {
        harness.callers.fails(&account(), error);
        assert!(is_told_otherwise().await, "the first reading is no account: {error}");
    }
    harness.callers.is_well(&account());
    let Found { mut value, document } = samples::found_owner();
    value.tax_id = Some(TaxId::classify("11144477735", None));
    harness.callers.knows_owner(&account(), Found { value, document });
    assert!(is_told_otherwise().await, "the first reading is somebody else's");
    let (failed, not_found) = (LookupError::Failed, LookupError::NotFound);
    for other in [failed, not_found] {
        harness.callers.fails(OTHERWISE, other);
        assert_eq!(harness.absence().await, Absence::UncertainAccount, "the first is a stranger's");
    }
    for (first, other, reported) in [
        (not_found, not_found, not_found),
        (failed, not_found, failed),
        (not_found, failed, failed),
    ] {
        harness.callers.fails(&account(), first);
        harness.callers.fails(OTHERWISE, other);
        assert_eq!(harness.absence().await, Absence::Failed(reported));
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_answer_a_moment_later_is_no_reason_for_the_other_reading() {
    let harness = CallerHarness::open();
    harness.account_reads("52061");
    let unreadable = LookupError::Unavailable(Unavailability::Unreadable);
    harness.callers.fails(&account(), unreadable);
    assert_eq!(harness.absence().await, Absence::Failed(unreadable));
    assert!(harness.callers.asked().iter().all(|it| it.asked != OTHERWISE));
}

#[tokio::test(start_paused = true)]
async fn without_the_callers_number_no_owner_of_a_doubtful_account_is_asked_for() {
    let harness = CallerHarness::open();
    for cpf in [None, Some(TaxId::classify("***.982.247-**", None))] {
        harness.context_is(|it| {
            it.account = Some(Personal::new("52061"));
            it.cpf = cpf;
        });
        assert_eq!(harness.absence().await, Absence::UncertainAccount);
    }
    assert!(harness.callers.asked().iter().all(|it| it.asked == MARIA));
}
