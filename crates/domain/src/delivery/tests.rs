//! Tests of the delivery watch: which entries a person has, and what reports change.

use uuid::Uuid;

use super::*;
use crate::act::Act;
use crate::actor::{ActorKind, ActorRef};
use crate::announcement::AnnouncementId;
use crate::contact::ContactId;
use crate::correlation::CorrelationId;
use crate::effect::{CancelReason, Effect, EffectState};
use crate::idempotency::Replayable;
use crate::mail::{MailOrder, MailStatus, MessageId, MessageIdDomain};
use crate::person::{AccountId, AccountMail, ContactDetails, MailStop, Person, StopReason};
use crate::sealed::DataKeyId;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn act(second: i64) -> Act {
    let by = ActorRef::new("idp", "mta", ActorKind::System);
    Act::new(by, at(second), CorrelationId::parse("c").unwrap())
}

fn mail_id(number: u128) -> MailId {
    MailId(Uuid::from_u128(number))
}

fn message_id(number: u128) -> MessageId {
    MessageId::derived(mail_id(number), &MessageIdDomain::parse("mail.example.com").unwrap())
}

fn person() -> Person {
    Person {
        id: PersonId::parse("PER0001").unwrap(),
        account: AccountMail { id: AccountId::parse("ACC0001").unwrap(), notification: true },
        locale: None,
        external_identity: None,
        details: ContactDetails::default(),
        email_since: at(0),
        data_key: DataKeyId(Uuid::from_u128(9)),
        version: 1,
    }
}

fn code() -> UpstreamCode {
    UpstreamCode::parse("SMTP_550").unwrap()
}

fn mail(number: u128, status: MailStatus) -> WatchedMail {
    let id = Uuid::from_u128(number);
    WatchedMail { about: MailTopic::Contact(ContactId(id)), mail: MailId(id), status }
}

fn bounce(number: u128, mailed_at: i64, received_at: i64) -> Bounce {
    Bounce {
        mail: mail_id(number),
        person: person().id,
        status: DeliveryStatus::parse("5.1.1").unwrap(),
        mailed_at: at(mailed_at),
        reported_at: None,
        received_at: at(received_at),
    }
}

/// Reason, since and last result of each entry.
fn entries(
    person: &Person,
    muted_since: Option<i64>,
    mails: &[WatchedMail],
    bounces: &[Bounce],
) -> Vec<(WatchReason, i64, Option<String>)> {
    let muted_since = muted_since.map(at);
    let entries = WatchedPerson { person, muted_since, mails, bounces }.entries();
    let row = |it: WatchEntry| {
        let last = it.cause.last_result().map(str::to_owned);
        (it.cause.reason(), it.since.as_second(), last)
    };
    entries.into_iter().map(row).collect()
}

#[test]
fn a_stop_of_the_person_goes_before_its_account() {
    let stopped = || {
        let (by, reason) = (act(0).by, StopReason::parse("asked").unwrap());
        let mail_stop = Some(MailStop { by, at: at(50), reason });
        Person { details: ContactDetails { mail_stop, ..person().details }, ..person() }
    };
    let row = |since, why: &str| vec![(WatchReason::Stopped, since, Some(why.to_owned()))];
    assert_eq!(entries(&person(), None, &[], &[]), []);
    assert_eq!(entries(&stopped(), None, &[], &[]), row(50, "MAIL_STOPPED"));
    assert_eq!(entries(&stopped(), Some(20), &[], &[]), row(50, "MAIL_STOPPED"));
    assert_eq!(entries(&person(), Some(20), &[], &[]), row(20, "NOTIFICATION_OFF"));
}

#[test]
fn the_newest_failure_shows_until_a_mail_is_sent_or_the_address_changes() {
    let failed = |number, second| mail(number, MailStatus::Failed { at: at(second), code: code() });
    let sent = |second| mail(7, MailStatus::Sent { at: at(second) });
    let two = [failed(1, 100), failed(2, 200)];
    let row = vec![(WatchReason::Failed, 200, Some("SMTP_550".to_owned()))];
    assert_eq!(entries(&person(), None, &two, &[]), row);
    for (sent_at, is_over) in [(150, false), (200, false), (201, true)] {
        let mails = [two.clone().as_slice(), &[sent(sent_at)]].concat();
        assert_eq!(entries(&person(), None, &mails, &[]).is_empty(), is_over, "{sent_at}");
    }
    for (email_since, is_over) in [(200, false), (201, true)] {
        let moved = Person { email_since: at(email_since), ..person() };
        assert_eq!(entries(&moved, None, &two, &[]).is_empty(), is_over, "{email_since}");
    }
}

#[test]
fn an_uncertain_mail_shows_as_long_as_it_is_uncertain() {
    let uncertain = mail(1, MailStatus::Uncertain { since: at(100) });
    let row = vec![(WatchReason::Uncertain, 100, None)];
    assert_eq!(entries(&person(), None, &[uncertain], &[]), row);
    let sent = mail(1, MailStatus::Sent { at: at(150) });
    assert_eq!(entries(&person(), None, &[sent], &[]), []);
}

#[test]
fn a_bounce_of_a_former_address_is_over_at_once() {
    let row = vec![(WatchReason::Bounced, 300, Some("5.1.1".to_owned()))];
    assert_eq!(entries(&person(), None, &[], &[bounce(1, 100, 300), bounce(2, 90, 250)]), row);
    // Sent to the address before, though the report came later.
    let moved = Person { email_since: at(200), ..person() };
    assert_eq!(entries(&moved, None, &[], &[bounce(1, 100, 300)]), []);
    // A mail that was sent before the report came proves nothing.
    let sent = |second| [mail(7, MailStatus::Sent { at: at(second) })];
    assert_eq!(entries(&person(), None, &sent(299), &[bounce(1, 100, 300)]), row);
    assert_eq!(entries(&person(), None, &sent(301), &[bounce(1, 100, 300)]), []);
}

fn report(action: ReportAction, status: &str) -> DeliveryReport {
    DeliveryReport {
        message_id: message_id(1),
        action,
        status: DeliveryStatus::parse(status).unwrap(),
        reported_at: Some(at(250)),
    }
}

fn effect(state: EffectState) -> Effect {
    let (id, person, message_id) = (mail_id(1), person().id, message_id(1));
    let order = MailOrder { id, person, announcement: None, message_id };
    Effect { state, since: at(100), ..order.planned(at(10), &act(10)) }
}

#[test]
fn a_failure_of_a_sent_mail_is_recorded_once() {
    let (failed, sent) = (report(ReportAction::Failed, "5.1.1"), effect(EffectState::Confirmed));
    let (change, receipt) = record_bounce(&failed, Some(&sent), None, &act(300)).unwrap();
    let change = change.unwrap();
    let expected = Bounce { reported_at: Some(at(250)), ..bounce(1, 100, 300) };
    assert_eq!(change.write, BounceWrite(expected.clone()));
    assert_eq!((change.audit.action.as_str(), &*change.audit.detail), ("mail.bounced", "5.1.1"));
    assert!(change.effects.is_empty(), "it plans nothing");
    assert!(receipt.has_bounced);
    let other = report(ReportAction::Failed, "4.4.7");
    let again = record_bounce(&other, Some(&sent), Some(&expected), &act(400)).unwrap();
    assert_eq!(again, (None, receipt), "the first report stays");
    let manual = effect(EffectState::Manual);
    assert!(record_bounce(&failed, Some(&manual), None, &act(300)).unwrap().0.is_some());
}

#[test]
fn what_is_no_final_failure_is_not_recorded() {
    let sent = effect(EffectState::Confirmed);
    for (action, status) in [
        (ReportAction::Delayed, "4.4.1"),
        (ReportAction::Delivered, "2.1.5"),
        (ReportAction::Relayed, "2.0.0"),
        (ReportAction::Expanded, "2.1.5"),
    ] {
        let (change, receipt) =
            record_bounce(&report(action, status), Some(&sent), None, &act(300)).unwrap();
        assert!(change.is_none() && !receipt.has_bounced, "{action}");
    }
    // A server that tried for days gives up with a status of class 4.
    let late = report(ReportAction::Failed, "4.4.7");
    assert!(record_bounce(&late, Some(&sent), None, &act(300)).unwrap().0.is_some());
}

#[test]
fn only_a_mail_of_ours_that_was_sent_comes_back() {
    let failed = report(ReportAction::Failed, "5.1.1");
    let refused = |report: &DeliveryReport, mail: Option<&Effect>| {
        record_bounce(report, mail, None, &act(300)).unwrap_err()
    };
    assert_eq!(refused(&failed, None), BounceRefusal::MailNotFound);
    let elsewhere = MessageId::parse("<00000000000000000000000000000001@other.example>").unwrap();
    let other = DeliveryReport { message_id: elsewhere, ..failed.clone() };
    let sent = effect(EffectState::Confirmed);
    assert_eq!(refused(&other, Some(&sent)), BounceRefusal::MailNotFound);
    for state in [
        EffectState::Rejected { code: code() },
        EffectState::Cancelled { reason: CancelReason::of("DELETED") },
    ] {
        assert_eq!(refused(&failed, Some(&effect(state))), BounceRefusal::NotSent);
    }
    let planned = effect(EffectState::Planned { due: at(10) });
    assert_eq!(refused(&failed, Some(&planned)), BounceRefusal::BeingSent);
}

#[test]
fn who_looks_alike_changes_with_the_second_of_them_only() {
    let id = |number| DataKeyId(Uuid::from_u128(number));
    assert_eq!(newly_alike(id(1), &[]), []);
    assert_eq!(newly_alike(id(1), &[id(2)]), [id(1), id(2)]);
    assert_eq!(newly_alike(id(1), &[id(2), id(3)]), [id(1)]);
    assert_eq!(no_longer_alike(&[]), None);
    assert_eq!(no_longer_alike(&[id(2)]), Some(id(2)));
    assert_eq!(no_longer_alike(&[id(2), id(3)]), None);
    let ids = WatchReason::ALL.map(|reason| LookAlikeId::of(id(1), reason));
    assert!(ids.iter().flatten().count() == 2 && ids[4] != ids[5]);
}

#[test]
fn a_status_is_one_of_rfc_3463() {
    for good in ["5.1.1", "4.4.7", "2.0.0", "5.999.100"] {
        assert_eq!(DeliveryStatus::parse(good).unwrap().as_str(), good);
    }
    for bad in ["", "5", "5.1", "5.1.1.1", "3.1.1", "5.01.1", "5.1.x", "5.1.1000", " 5.1.1", "5..1"]
    {
        assert!(DeliveryStatus::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_receipt_reads_back() {
    let status = DeliveryStatus::parse("5.1.1").unwrap();
    let receipt = ReportReceipt { mail: mail_id(7), status, has_bounced: true };
    let payload = receipt.to_payload().unwrap();
    assert_eq!(ReportReceipt::from_payload(&payload), Ok(receipt));
}

#[test]
fn a_page_is_newest_first_and_filtered() {
    let entry = |number, since, cause| WatchEntry {
        id: Uuid::from_u128(number),
        person: person().id,
        since: at(since),
        cause,
    };
    let stopped = || WatchCause::Stopped(SuppressReason::MailStopped);
    let all = || {
        let other = PersonId::parse("PER0002").unwrap();
        vec![
            entry(1, 100, stopped()),
            entry(2, 200, WatchCause::SameEmail(other.clone())),
            entry(3, 200, WatchCause::SamePhone(other)),
        ]
    };
    let query = |filter, after, limit| WatchQuery { filter, after, limit };
    let ids = |query: WatchQuery| -> Vec<u128> {
        query.page(all()).iter().map(|it| it.id.as_u128()).collect()
    };
    assert_eq!(ids(query(WatchFilter::default(), None, 2)), [3, 2]);
    let after = Some(ListPosition { at: at(200), id: Uuid::from_u128(2) });
    assert_eq!(ids(query(WatchFilter::default(), after, 2)), [1]);
    let filter = WatchFilter { reason: Some(WatchReason::Stopped), ..WatchFilter::default() };
    assert_eq!(ids(query(filter, None, 9)), [1]);
    let filter = WatchFilter { from: Some(at(200)), ..WatchFilter::default() };
    assert_eq!(ids(query(filter, None, 9)), [3, 2]);
    let filter = WatchFilter { before: Some(at(200)), ..WatchFilter::default() };
    assert_eq!(ids(query(filter, None, 9)), [1]);
    let filter = WatchFilter { person: PersonId::parse("PER0002").ok(), ..WatchFilter::default() };
    assert_eq!(ids(query(filter, None, 9)), []);
}

#[test]
fn a_look_alike_has_an_id_for_each_reason() {
    let id = |reason| LookAlikeId::of(DataKeyId(Uuid::from_u128(7)), reason);
    assert_eq!(id(WatchReason::SameEmail), Some(LookAlikeId(Uuid::from_u128(6))));
    assert_eq!(id(WatchReason::SamePhone), Some(LookAlikeId(Uuid::from_u128(5))));
    assert_eq!(id(WatchReason::Bounced), None);
}

#[test]
fn a_cause_says_what_is_known_of_it() {
    let (mail, other) = (mail_id(7), PersonId::parse("PER0002").unwrap());
    let about = MailTopic::Contact(ContactId(Uuid::from_u128(8)));
    let status = DeliveryStatus::parse("5.1.1").unwrap();
    let causes = [
        (WatchCause::Stopped(SuppressReason::MailStopped), Some("MAIL_STOPPED"), None, None, None),
        (
            WatchCause::Failed { mail, about, code: code() },
            Some("SMTP_550"),
            Some(mail),
            Some(about),
            None,
        ),
        (WatchCause::Uncertain { mail, about }, None, Some(mail), Some(about), None),
        (WatchCause::Bounced { mail, status }, Some("5.1.1"), Some(mail), None, None),
        (WatchCause::SameEmail(other.clone()), None, None, None, Some(&other)),
        (WatchCause::SamePhone(other.clone()), None, None, None, Some(&other)),
    ];
    for ((cause, result, mail, about, other), reason) in causes.into_iter().zip(WatchReason::ALL) {
        assert_eq!((cause.reason(), cause.last_result()), (reason, result));
        assert_eq!((cause.mail(), cause.about(), cause.other()), (mail, about, other), "{reason}");
        let again = other.and_then(|other| WatchCause::look_alike(reason, other.clone()));
        assert_eq!(again, other.map(|_| cause.clone()), "{reason}");
    }
    assert_eq!(WatchCause::look_alike(WatchReason::Stopped, other), None);
    let announcement = MailTopic::Announcement(AnnouncementId(Uuid::from_u128(8)));
    let entries = [about, announcement].map(|topic| topic.entry_id(mail).as_u128());
    assert_eq!(entries, [8, 7], "many mails are about one announcement");
    let is_success = |status| DeliveryStatus::parse(status).unwrap().is_success();
    assert_eq!(["2.0.0", "4.2.2", "5.1.1"].map(is_success), [true, false, false]);
}
