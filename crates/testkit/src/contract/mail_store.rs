//! The contract of the store of mails about contacts.

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{
    ContactEvent, ContactFilter, ContactMail, Content, GroupId, MailWrite, MailedContact,
    UnplannedMail,
};
use madoguchi_domain::effect::{
    CancelReason, Doubt, Effect, EffectEvent, Outcome, UpstreamCode, WhyNotSent,
};
use madoguchi_domain::mail::{MailState, MailStatus, SuppressReason};

use crate::driver::contacts::ContactDriver;
use crate::samples::{
    act, at, contact_content, contact_id, mail_answered, mail_id, mail_moved, mail_rules,
    mailed_approvals, moves, person_id, staff, system,
};

/// Runs the suite on each adapter: `mail_store_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores<ContactStores>`](crate::contract::TestStores).
#[macro_export]
macro_rules! mail_store_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            mail_store of mail_store, of_stores [
                an_approval_plans_its_mail_and_the_contact_shows_it
                a_contact_shows_what_became_of_its_mail
                what_became_of_a_mail_is_final
                an_uncertain_mail_can_still_be_proven_sent
                a_contact_shows_when_its_rescheduled_mail_goes
                an_edit_decided_before_keeps_what_became_of_the_mail
                the_check_before_sending_reads_contacts_as_they_are
                a_contact_is_left_out_of_a_pending_mail_once
                a_pending_mail_without_effect_is_planned_once
                contacts_are_listed_by_the_state_of_their_mail
            ]
            $($adapters)+
        }
    };
}

fn grouped() -> Content {
    Content { group: GroupId::parse("group").ok(), ..contact_content() }
}

/// One approved contact, and its mail as a worker holds it.
async fn sending(driver: &ContactDriver) -> Effect {
    let drafts = driver.added(vec![contact_content()]).await;
    driver.approved(&drafts, 1, 100).await;
    claimed(driver, 100).await
}

async fn claimed(driver: &ContactDriver, seconds: i64) -> Effect {
    let claimed = driver.claim(10, seconds).await;
    let [effect] = <[Effect; 1]>::try_from(claimed).expect("one mail");
    effect
}

async fn status(driver: &ContactDriver, number: u32) -> MailStatus {
    driver.contact(number).await.mail.expect("the contact has a mail").status
}

fn answered() -> Outcome {
    Outcome::Withdrawn(CancelReason::of(SuppressReason::Answered.as_str()))
}

/// The change by which a mail leaves a contact out, because it was answered.
fn left_out(mail: u32, contact: u32) -> Change<MailWrite> {
    let what = (contact_id(contact), SuppressReason::Answered);
    MailWrite::leave_out(mail_id(mail), what, &act("check", system(), at(150)))
}

/// The mail is due, and the contact has it.
pub async fn an_approval_plans_its_mail_and_the_contact_shows_it(driver: ContactDriver) {
    let drafts = driver.added(vec![contact_content()]).await;
    assert_eq!(driver.contact(1).await.mail, None);
    driver.approved(&drafts, 1, 100).await;
    let mail = ContactMail { id: mail_id(1), status: MailStatus::Pending { due: at(100) } };
    assert_eq!(driver.contact(1).await.mail, Some(mail));
    let effect = claimed(&driver, 100).await;
    assert_eq!(effect.order.key.id.0, mail_id(1).0);
}

/// Each outcome, with its time and its reason; none of these mails leaves its contact out any more.
pub async fn a_contact_shows_what_became_of_its_mail(driver: ContactDriver) {
    let code = || UpstreamCode::parse("SMTP_550").expect("the sample code parses");
    let (at, reason) = (at(200), SuppressReason::Answered);
    let cases = [
        (Outcome::Applied, MailStatus::Sent { at }),
        (Outcome::Unknown(Doubt::ConnectionLost), MailStatus::Uncertain { since: at }),
        (Outcome::Refused(code()), MailStatus::Failed { at, code: code() }),
        (answered(), MailStatus::Suppressed { at, reason }),
    ];
    let drafts = driver.added(vec![contact_content(); cases.len()]).await;
    driver.approved(&drafts, 1, 100).await;
    let effects = driver.claim(10, 100).await;
    for ((number, (outcome, expected)), draft) in (1..).zip(cases).zip(&drafts) {
        let its = effects.iter().find(|it| it.order.key.id.0 == mail_id(number).0);
        driver.record(mail_answered(its.expect("its mail is claimed"), outcome, 200)).await;
        assert_eq!(status(&driver, number).await, expected);
        // The mail is no version of the contact: nobody's edit becomes stale by it.
        assert_eq!(driver.contact(number).await.version, draft.version + 1);
        // It may have been sent with the contact.
        assert_eq!(driver.commit_mails(&[left_out(number, number)]).await, [Committed::Lost]);
        assert_eq!(status(&driver, number).await, expected);
    }
}

/// A late consequence does not overwrite it.
pub async fn what_became_of_a_mail_is_final(driver: ContactDriver) {
    let effect = sending(&driver).await;
    assert_eq!(driver.commit_mails(&[left_out(1, 1)]).await, [Committed::Moved]);
    driver.record(mail_answered(&effect, Outcome::Applied, 200)).await;
    let expected = MailStatus::Suppressed { at: at(150), reason: SuppressReason::Answered };
    assert_eq!(status(&driver, 1).await, expected);
}

/// It keeps the time of its doubt until then.
pub async fn an_uncertain_mail_can_still_be_proven_sent(driver: ContactDriver) {
    let effect = sending(&driver).await;
    let unknown = mail_answered(&effect, Outcome::Unknown(Doubt::TimedOut), 200);
    let doubted = driver.record(unknown).await;
    let manual = driver.record(mail_moved(&doubted, EffectEvent::SetAside, 250)).await;
    assert_eq!(status(&driver, 1).await, MailStatus::Uncertain { since: at(200) });
    let proven = mail_moved(&manual, EffectEvent::ProvenApplied, 300);
    driver.record(proven).await;
    assert_eq!(status(&driver, 1).await, MailStatus::Sent { at: at(300) });
}

/// Later, and then earlier; a retry after that changes nothing.
pub async fn a_contact_shows_when_its_rescheduled_mail_goes(driver: ContactDriver) {
    let effect = sending(&driver).await;
    let later = mail_answered(&effect, Outcome::NotDue(at(900)), 200);
    let planned = driver.record(later).await;
    assert_eq!(status(&driver, 1).await, MailStatus::Pending { due: at(900) });
    assert_eq!(driver.claim(10, 899).await, []);
    driver.record(mail_moved(&planned, EffectEvent::Rescheduled(at(300)), 250)).await;
    assert_eq!(status(&driver, 1).await, MailStatus::Pending { due: at(300) });
    let effect = claimed(&driver, 310).await;
    let deferred = Outcome::NotSent(WhyNotSent::Deferred);
    driver.record(mail_answered(&effect, deferred, 320)).await;
    assert_eq!(status(&driver, 1).await, MailStatus::Pending { due: at(300) });
}

/// The author of the edit read the contact before its mail was sent.
pub async fn an_edit_decided_before_keeps_what_became_of_the_mail(driver: ContactDriver) {
    let effect = sending(&driver).await;
    let stale = driver.contact(1).await;
    driver.record(mail_answered(&effect, Outcome::Applied, 200)).await;
    let change = moves(&stale, &ContactEvent::AnswerByPhone, &staff(3), 250);
    assert_eq!(driver.commit(&[change]).await, Committed::Moved);
    assert_eq!(status(&driver, 1).await, MailStatus::Sent { at: at(200) });
}

/// All contacts of the mail, with what decides whether it announces them.
pub async fn the_check_before_sending_reads_contacts_as_they_are(driver: ContactDriver) {
    let expiring = Content { expires_at: Some(at(900)), mandatory: true, ..grouped() };
    let drafts = driver.added(vec![grouped(), expiring, grouped(), contact_content()]).await;
    driver.approved(&drafts, 1, 100).await;
    for (number, event) in [(1, ContactEvent::AnswerByPhone), (3, ContactEvent::Delete)] {
        driver.moved(&driver.contact(number).await, &event, &staff(3), 150).await;
    }
    let announced = driver.stores.mails.announced(mail_id(1)).await.expect("its contacts are read");
    let plain = |number| MailedContact {
        id: contact_id(number),
        status: MailStatus::Pending { due: at(100) },
        is_answered: false,
        visible_from: Some(at(100)),
        expires_at: None,
        is_mandatory: false,
    };
    let expected = [
        MailedContact { is_answered: true, ..plain(1) },
        MailedContact { expires_at: Some(at(900)), is_mandatory: true, ..plain(2) },
        MailedContact { visible_from: None, ..plain(3) },
    ];
    assert_eq!(announced, expected);
    let none = driver.stores.mails.announced(mail_id(77)).await;
    assert_eq!(none.expect("an unknown mail is no error"), []);
}

/// Of several attempts one is written; another mail, or an unknown contact, is not touched.
pub async fn a_contact_is_left_out_of_a_pending_mail_once(driver: ContactDriver) {
    let drafts = driver.added(vec![grouped(), grouped(), contact_content()]).await;
    driver.approved(&drafts, 1, 100).await;
    let other_mail = left_out(2, 1);
    let changes = [left_out(1, 1), left_out(1, 1), other_mail, left_out(1, 77)];
    let left = driver.commit_mails(&changes).await;
    assert_eq!(left, [Committed::Moved, Committed::Lost, Committed::Lost, Committed::Lost]);
    let suppressed = MailStatus::Suppressed { at: at(150), reason: SuppressReason::Answered };
    assert_eq!(status(&driver, 1).await, suppressed);
    assert_eq!(status(&driver, 2).await, MailStatus::Pending { due: at(100) });
}

/// The effect has the id that it would have had.
pub async fn a_pending_mail_without_effect_is_planned_once(driver: ContactDriver) {
    let drafts = driver.added(vec![grouped(), grouped(), contact_content()]).await;
    let mut changes = mailed_approvals(&drafts.iter().collect::<Vec<_>>(), 1, 100);
    changes[0].effects.clear();
    assert_eq!(driver.commit(&changes).await, Committed::Moved);
    let missing = driver.stores.mails.unplanned(10).await.expect("missing mails are read");
    let expected = UnplannedMail { id: mail_id(1), person: person_id(1), due: at(100) };
    assert_eq!(missing, std::slice::from_ref(&expected));
    let plan =
        || -> Change<MailWrite> { expected.plan(&mail_rules(), &act("sweep", system(), at(200))) };
    let planned = driver.commit_mails(&[plan(), plan()]).await;
    assert_eq!(planned, [Committed::Moved, Committed::Lost]);
    assert_eq!(driver.stores.mails.unplanned(10).await.expect("missing mails are read"), []);
    assert_eq!(driver.claim(10, 200).await.len(), 2);
}

/// Also those without a mail.
pub async fn contacts_are_listed_by_the_state_of_their_mail(driver: ContactDriver) {
    let drafts = driver.added(vec![contact_content(); 3]).await;
    driver.approved(&drafts[..2], 1, 100).await;
    let effects = driver.claim(1, 100).await;
    driver.record(mail_answered(&effects[0], Outcome::Applied, 200)).await;
    for (state, expected) in [
        (MailState::None, 1),
        (MailState::Pending, 1),
        (MailState::Sent, 1),
        (MailState::Uncertain, 0),
    ] {
        let filter = ContactFilter { mail: Some(state), ..ContactFilter::default() };
        let listed = driver.list(&filter).await;
        assert_eq!(listed.len(), expected, "{state}");
        assert!(listed.iter().all(|contact| contact.mail_state() == state), "{state}");
    }
}
