//! Tests the service of the delivery watch over a fake store.

use std::sync::Arc;

use madoguchi_application::{DeliveryService, DeliveryStores, PlatformStores, ServiceError};
use madoguchi_domain::delivery::{
    BounceRefusal, DeliveryReport, DeliveryStatus, ReportAction, WatchFilter, WatchQuery,
    WatchReason,
};
use madoguchi_domain::effect::Outcome;
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_testkit::driver::contacts::ContactDriver;
use madoguchi_testkit::fake::store::{FakeStore, Fault};
use madoguchi_testkit::samples::{act, at, audit_key, keyed, mail, system};

/// A service over a fake store in which mail 1 was sent, and mail 2 is pending.
async fn opened() -> (DeliveryService, FakeStore) {
    let fake = FakeStore::new(audit_key());
    let driver = ContactDriver::from(fake.contact_stores());
    driver.register(1..=1).await;
    driver.mailed((1, 1), 20, Outcome::Applied).await;
    driver.approved(&[driver.drafted(2).await], 2, 30).await;
    let store = Arc::new(fake.clone());
    (DeliveryService::new(DeliveryStores::of(PlatformStores::of(&store), &store)), fake)
}

fn report(number: u32, action: ReportAction, status: &str) -> DeliveryReport {
    DeliveryReport {
        message_id: mail(number).message_id,
        action,
        status: DeliveryStatus::parse(status).expect("a status"),
        reported_at: None,
    }
}

fn reports(seconds: i64) -> ClientAct {
    act("report", system(), at(seconds)).into()
}

async fn bounced(service: &DeliveryService) -> usize {
    let query = WatchQuery { filter: WatchFilter::default(), after: None, limit: 9 };
    let entries = service.watch(&query).await.expect("listed");
    entries.iter().filter(|it| it.cause.reason() == WatchReason::Bounced).count()
}

#[tokio::test]
async fn of_several_reports_of_one_mail_the_first_failure_stays() {
    let (service, _) = opened().await;
    let delayed = report(1, ReportAction::Delayed, "4.4.1");
    let answered = service.report(&delayed, reports(50)).await.expect("accepted").value;
    assert!(!answered.has_bounced && bounced(&service).await == 0);
    let failed = report(1, ReportAction::Failed, "5.1.1");
    let answered = service.report(&failed, reports(60)).await.expect("accepted").value;
    assert!(answered.has_bounced && bounced(&service).await == 1);
    let other = report(1, ReportAction::Failed, "5.2.2");
    let answered = service.report(&other, reports(70)).await.expect("accepted").value;
    assert_eq!((answered.status.as_str(), answered.has_bounced), ("5.1.1", true));
}

#[tokio::test]
async fn a_report_counts_only_for_a_mail_of_ours_that_was_sent() {
    let (service, _) = opened().await;
    for (number, refusal) in [(2, BounceRefusal::BeingSent), (3, BounceRefusal::MailNotFound)] {
        let failed = report(number, ReportAction::Failed, "5.1.1");
        let answered = service.report(&failed, reports(50)).await;
        assert_eq!(answered.err(), Some(ServiceError::BounceRefused(refusal)));
    }
    assert_eq!(bounced(&service).await, 0);
}

/// Whether it was written before the failure or not.
#[tokio::test]
async fn a_report_whose_answer_was_lost_is_recorded_once() {
    for fault in [Fault::BeforeCommit, Fault::AfterCommit] {
        let (service, fake) = opened().await;
        let failed = report(1, ReportAction::Failed, "5.1.1");
        let by = || ClientAct { keyed: Some(keyed(1)), ..reports(50) };
        fake.fail_next(1, fault);
        assert_eq!(service.report(&failed, by()).await.err(), Some(ServiceError::Unavailable));
        let first = service.report(&failed, by()).await.expect("accepted");
        let again = service.report(&failed, by()).await.expect("accepted");
        let was_written = fault == Fault::AfterCommit;
        assert_eq!((first.is_replayed, again.is_replayed), (was_written, true));
        assert_eq!((again.value, bounced(&service).await), (first.value, 1));
    }
}
