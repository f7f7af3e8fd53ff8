//! The contract of the store of mails about contacts.

use madoguchi_application::ContactStores;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{
    Contact, ContactEvent, ContactFilter, ContactKey, ContactMail, ContactOrder, ContactQuery,
    Content, GroupId, MailWrite, MailedContact, UnplannedMail,
};
use madoguchi_domain::effect::{
    CancelReason, Doubt, Effect, EffectEvent, Outcome, UpstreamCode, WhyNotSent,
};
use madoguchi_domain::mail::{MailState, MailStatus, SuppressReason};
use madoguchi_domain::port::{EffectChange, Recorded};

use crate::samples::{
    act, adds, at, contact_content, contact_id, mail_answered, mail_claim, mail_id, mail_moved,
    mail_rules, mailed_approvals, moves, person_id, person_registration, registers, staff, system,
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

/// Drafts of these contents for person 1, added one second apart.
async fn drafts(stores: &ContactStores, contents: Vec<Content>) -> Vec<Contact> {
    let change = registers(&person_registration(1));
    let registered = stores.persons.commit(&[change]).await.expect("a person is registered");
    assert_eq!(registered, [Committed::Moved]);
    let mut drafts = Vec::new();
    for (number, content) in (1..).zip(contents) {
        let change = adds(contact_id(number), 1, content, number.into());
        let written = stores.contacts.commit(std::slice::from_ref(&change)).await;
        assert_eq!(written.expect("a draft is added"), Committed::Moved);
        drafts.push(change.write.contact().clone());
    }
    drafts
}

fn grouped() -> Content {
    Content { group: GroupId::parse("group").ok(), ..contact_content() }
}

/// Approves drafts in one call.
async fn approve(stores: &ContactStores, drafts: &[Contact]) {
    let changes = mailed_approvals(&drafts.iter().collect::<Vec<_>>(), 1, 100);
    let committed = stores.contacts.commit(&changes).await.expect("approvals are committed");
    assert_eq!(committed, Committed::Moved);
}

/// One approved contact, and its mail as a worker holds it.
async fn sending(stores: &ContactStores) -> Effect {
    let drafts = drafts(stores, vec![contact_content()]).await;
    approve(stores, &drafts).await;
    claimed(stores, 100).await
}

async fn claimed(stores: &ContactStores, seconds: i64) -> Effect {
    let claimed = stores.platform.effects.claim(&mail_claim(10, seconds)).await;
    let [effect] = <[Effect; 1]>::try_from(claimed.expect("mails are claimed")).expect("one mail");
    effect
}

async fn record(stores: &ContactStores, change: EffectChange) {
    let recorded = stores.platform.effects.record(&[change]).await;
    assert_eq!(recorded.expect("the outcome is recorded"), [Recorded::Written]);
}

async fn read(stores: &ContactStores, number: u32) -> Contact {
    let found = stores.contacts.find(&ContactKey::of(contact_id(number))).await;
    found.expect("contacts are found").expect("the contact is stored")
}

async fn status(stores: &ContactStores, number: u32) -> MailStatus {
    read(stores, number).await.mail.expect("the contact has a mail").status
}

fn answered() -> Outcome {
    Outcome::Withdrawn(CancelReason::of(SuppressReason::Answered.as_str()))
}

/// The mail is due, and the contact has it.
pub async fn an_approval_plans_its_mail_and_the_contact_shows_it(stores: ContactStores) {
    let drafts = drafts(&stores, vec![contact_content()]).await;
    assert_eq!(read(&stores, 1).await.mail, None);
    approve(&stores, &drafts).await;
    let mail = ContactMail { id: mail_id(1), status: MailStatus::Pending { due: at(100) } };
    assert_eq!(read(&stores, 1).await.mail, Some(mail));
    let effect = claimed(&stores, 100).await;
    assert_eq!(effect.order.key.id.0, mail_id(1).0);
}

/// Each outcome, with its time and its reason.
pub async fn a_contact_shows_what_became_of_its_mail(stores: ContactStores) {
    let code = || UpstreamCode::parse("SMTP_550").expect("the sample code parses");
    let (at, reason) = (at(200), SuppressReason::Answered);
    let cases = [
        (Outcome::Applied, MailStatus::Sent { at }),
        (Outcome::Unknown(Doubt::ConnectionLost), MailStatus::Uncertain { since: at }),
        (Outcome::Refused(code()), MailStatus::Failed { at, code: code() }),
        (answered(), MailStatus::Suppressed { at, reason }),
    ];
    let drafts = drafts(&stores, vec![contact_content(); cases.len()]).await;
    approve(&stores, &drafts).await;
    let effects = stores.platform.effects.claim(&mail_claim(10, 100)).await;
    let effects = effects.expect("mails are claimed");
    for ((number, (outcome, expected)), draft) in (1..).zip(cases).zip(&drafts) {
        let its = effects.iter().find(|it| it.order.key.id.0 == mail_id(number).0);
        record(&stores, mail_answered(its.expect("its mail is claimed"), outcome, 200)).await;
        assert_eq!(status(&stores, number).await, expected);
        // The mail is no version of the contact: nobody's edit becomes stale by it.
        assert_eq!(read(&stores, number).await.version, draft.version + 1);
    }
}

/// A late consequence does not overwrite it.
pub async fn what_became_of_a_mail_is_final(stores: ContactStores) {
    let effect = sending(&stores).await;
    let leave = MailWrite::leave_out(
        mail_id(1),
        (contact_id(1), SuppressReason::Deleted),
        &act("check", system(), at(150)),
    );
    let left = stores.mails.commit(&[leave]).await.expect("a contact is left out");
    assert_eq!(left, [Committed::Moved]);
    record(&stores, mail_answered(&effect, Outcome::Applied, 200)).await;
    let expected = MailStatus::Suppressed { at: at(150), reason: SuppressReason::Deleted };
    assert_eq!(status(&stores, 1).await, expected);
}

/// It keeps the time of its doubt until then.
pub async fn an_uncertain_mail_can_still_be_proven_sent(stores: ContactStores) {
    let effect = sending(&stores).await;
    let unknown = mail_answered(&effect, Outcome::Unknown(Doubt::TimedOut), 200);
    let doubted = unknown.write.after.clone();
    record(&stores, unknown).await;
    let aside = mail_moved(&doubted, EffectEvent::SetAside, 250);
    let manual = aside.write.after.clone();
    record(&stores, aside).await;
    assert_eq!(status(&stores, 1).await, MailStatus::Uncertain { since: at(200) });
    let proven = mail_moved(&manual, EffectEvent::ProvenApplied, 300);
    record(&stores, proven).await;
    assert_eq!(status(&stores, 1).await, MailStatus::Sent { at: at(300) });
}

/// Later, and then earlier; a retry after that changes nothing.
pub async fn a_contact_shows_when_its_rescheduled_mail_goes(stores: ContactStores) {
    let effect = sending(&stores).await;
    let later = mail_answered(&effect, Outcome::NotDue(at(900)), 200);
    let planned = later.write.after.clone();
    record(&stores, later).await;
    assert_eq!(status(&stores, 1).await, MailStatus::Pending { due: at(900) });
    let none = stores.platform.effects.claim(&mail_claim(10, 899)).await;
    assert_eq!(none.expect("mails are claimed"), []);
    record(&stores, mail_moved(&planned, EffectEvent::Rescheduled(at(300)), 250)).await;
    assert_eq!(status(&stores, 1).await, MailStatus::Pending { due: at(300) });
    let effect = claimed(&stores, 310).await;
    let deferred = Outcome::NotSent(WhyNotSent::Deferred);
    record(&stores, mail_answered(&effect, deferred, 320)).await;
    assert_eq!(status(&stores, 1).await, MailStatus::Pending { due: at(300) });
}

/// The author of the edit read the contact before its mail was sent.
pub async fn an_edit_decided_before_keeps_what_became_of_the_mail(stores: ContactStores) {
    let effect = sending(&stores).await;
    let stale = read(&stores, 1).await;
    record(&stores, mail_answered(&effect, Outcome::Applied, 200)).await;
    let change = moves(&stale, &ContactEvent::AnswerByPhone, &staff(3), 250);
    let written = stores.contacts.commit(&[change]).await.expect("the answer is committed");
    assert_eq!(written, Committed::Moved);
    assert_eq!(status(&stores, 1).await, MailStatus::Sent { at: at(200) });
}

/// All contacts of the mail, with what decides whether it announces them.
pub async fn the_check_before_sending_reads_contacts_as_they_are(stores: ContactStores) {
    let expiring = Content { expires_at: Some(at(900)), mandatory: true, ..grouped() };
    let drafts = drafts(&stores, vec![grouped(), expiring, grouped(), contact_content()]).await;
    approve(&stores, &drafts).await;
    for (number, event) in [(1, ContactEvent::AnswerByPhone), (3, ContactEvent::Delete)] {
        let change = moves(&read(&stores, number).await, &event, &staff(3), 150);
        let written = stores.contacts.commit(&[change]).await.expect("an event is committed");
        assert_eq!(written, Committed::Moved);
    }
    let announced = stores.mails.announced(mail_id(1)).await.expect("its contacts are read");
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
    let none = stores.mails.announced(mail_id(77)).await;
    assert_eq!(none.expect("an unknown mail is no error"), []);
}

/// Of several attempts one is written; a mail that may have been sent is not touched.
pub async fn a_contact_is_left_out_of_a_pending_mail_once(stores: ContactStores) {
    let drafts = drafts(&stores, vec![grouped(), grouped(), contact_content()]).await;
    approve(&stores, &drafts).await;
    let leave = |mail, number| {
        let what = (contact_id(number), SuppressReason::Answered);
        MailWrite::leave_out(mail_id(mail), what, &act("check", system(), at(150)))
    };
    let other_mail = leave(2, 1);
    let changes = [leave(1, 1), leave(1, 1), other_mail, leave(1, 77)];
    let left = stores.mails.commit(&changes).await.expect("contacts are left out");
    assert_eq!(left, [Committed::Moved, Committed::Lost, Committed::Lost, Committed::Lost]);
    let suppressed = MailStatus::Suppressed { at: at(150), reason: SuppressReason::Answered };
    assert_eq!(status(&stores, 1).await, suppressed);
    assert_eq!(status(&stores, 2).await, MailStatus::Pending { due: at(100) });
}

/// The effect has the id that it would have had.
pub async fn a_pending_mail_without_effect_is_planned_once(stores: ContactStores) {
    let drafts = drafts(&stores, vec![grouped(), grouped(), contact_content()]).await;
    let mut changes = mailed_approvals(&drafts.iter().collect::<Vec<_>>(), 1, 100);
    changes[0].effects.clear();
    let committed = stores.contacts.commit(&changes).await.expect("approvals are committed");
    assert_eq!(committed, Committed::Moved);
    let missing = stores.mails.unplanned(10).await.expect("missing mails are read");
    let expected = UnplannedMail { id: mail_id(1), person: person_id(1), due: at(100) };
    assert_eq!(missing, std::slice::from_ref(&expected));
    let plan =
        || -> Change<MailWrite> { expected.plan(&mail_rules(), &act("sweep", system(), at(200))) };
    let planned = stores.mails.commit(&[plan(), plan()]).await.expect("a mail is planned");
    assert_eq!(planned, [Committed::Moved, Committed::Lost]);
    assert_eq!(stores.mails.unplanned(10).await.expect("missing mails are read"), []);
    let effects = stores.platform.effects.claim(&mail_claim(10, 200)).await;
    assert_eq!(effects.expect("mails are claimed").len(), 2);
}

/// Also those without a mail.
pub async fn contacts_are_listed_by_the_state_of_their_mail(stores: ContactStores) {
    let drafts = drafts(&stores, vec![contact_content(); 3]).await;
    approve(&stores, &drafts[..2]).await;
    let effects = stores.platform.effects.claim(&mail_claim(1, 100)).await;
    let effects = effects.expect("a mail is claimed");
    record(&stores, mail_answered(&effects[0], Outcome::Applied, 200)).await;
    for (state, expected) in [
        (MailState::None, 1),
        (MailState::Pending, 1),
        (MailState::Sent, 1),
        (MailState::Uncertain, 0),
    ] {
        let filter = ContactFilter { mail: Some(state), ..ContactFilter::default() };
        let query =
            ContactQuery { filter, order: ContactOrder::NewestFirst, after: None, limit: 10 };
        let listed = stores.contacts.list(&query).await.expect("contacts are listed");
        assert_eq!(listed.len(), expected, "{state}");
        assert!(listed.iter().all(|contact| contact.mail_state() == state), "{state}");
    }
}
