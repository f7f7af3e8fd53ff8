//! Checks that changes are written whole or not at all, and that history keeps old and new.

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{
    ApprovalRule, Contact, ContactEvent, ContactFilter, ContactState, ContactSubject, Content,
    PastEvent, changes,
};

use super::raced;
use crate::contract::audit_rows;
use crate::driver::contacts::ContactDriver;
use crate::samples::{
    self, adds, adds_if, answers, approves, contact_content, contact_id, edits, mailed_approvals,
    moves, policy_number, rejects, staff,
};

/// The sample content with another subject.
pub(super) fn content(subject: &str) -> Content {
    let subject = ContactSubject::parse(subject).expect("a subject");
    Content { subject, ..contact_content() }
}

async fn approved(driver: &ContactDriver, number: u32) -> Contact {
    let draft = driver.drafted(number).await;
    driver.moved(&draft, &approves(&draft), &staff(2), 20).await
}

/// Also where a state has facts of an earlier one: an answered draft keeps its rejection.
pub async fn every_state_reads_back_with_its_facts(driver: ContactDriver) {
    driver.register(1..=1).await;
    let customer = samples::human();
    let program = samples::system();
    let by_phone = ContactEvent::AnswerByPhone;
    let answer = answers("はい、\n\"確認\" しました。';--");
    let mut all = Vec::new();
    for number in 1..=2 {
        let draft = driver.drafted(number).await;
        let reject = rejects("不備: 'x' \\ %");
        all.push(driver.moved(&draft, &reject, &staff(2), 20).await);
        let draft = driver.drafted(number + 2).await;
        all.push(driver.moved(&draft, &ContactEvent::Expire, &program, 20).await);
        all.push(driver.drafted(number + 4).await);
        all.push(approved(&driver, number + 6).await);
        let free = contact_id(number + 8);
        let change = adds_if(ApprovalRule::Off, free, 1, contact_content(), 8);
        all.push(driver.written(&change).await);
    }
    let second = all.split_off(5);
    let is_valid = |contact: &Contact| contact.state() == ContactState::Valid;
    for contact in &all {
        let settled = driver.moved(contact, &by_phone, &staff(3), 30).await;
        driver.moved(&settled, &ContactEvent::Delete, &program, 40).await;
    }
    for contact in second.iter().filter(|it| is_valid(it)) {
        let answered = driver.moved(contact, &answer, &customer, 30).await;
        let deleted = driver.moved(&answered, &ContactEvent::Delete, &staff(3), 40).await;
        assert_eq!(deleted.state(), ContactState::Deleted);
    }
    for contact in second.iter().filter(|it| !is_valid(it)) {
        let edited = driver.moved(contact, &edits(content("新")), &staff(3), 30).await;
        assert_eq!(edited.state(), ContactState::Draft);
        driver.moved(&edited, &ContactEvent::Delete, &staff(1), 40).await;
    }
}

/// Versions are oldest first, each with its event, its content, and who did it when.
pub async fn a_contact_keeps_its_history_with_old_and_new(driver: ContactDriver) {
    driver.register(1..=1).await;
    let mut contact = driver.drafted(1).await;
    let rows = audit_rows::rows(&driver.stores).await.len();
    let mut expected = vec![(contact.content.clone(), samples::at(1))];
    let steps: [fn(&Contact) -> ContactEvent; 6] = [
        |_| rejects("不備"),
        |_| edits(content("二")),
        approves,
        |_| edits(content("三")),
        |_| answers("はい"),
        |_| ContactEvent::Delete,
    ];
    for (number, event) in (2..).zip(steps) {
        let change = moves(&contact, &event(&contact), &staff(number), number.into());
        contact = driver.written(&change).await;
        expected.push((contact.content.clone(), samples::at(number.into())));
    }
    let history = driver.history(1).await;
    let numbers: Vec<_> = history.iter().map(|it| it.version).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
    let seen = history.iter().map(|it| (it.content.clone(), it.act.at()));
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    let (ContactEvent::Reject(reason), ContactEvent::Answer(text)) =
        (rejects("不備"), answers("はい"))
    else {
        panic!("a reason and an answer")
    };
    let events: Vec<_> = history.iter().map(|it| it.event.clone()).collect();
    let (rejected, answered) = (PastEvent::Rejected(reason), PastEvent::Answered(text));
    let (edited, approved) = (PastEvent::Edited, PastEvent::Approved);
    let middle = [rejected, edited.clone(), approved, edited, answered];
    assert_eq!(events[1..6], middle);
    assert_eq!((&events[0], &events[6]), (&PastEvent::Added, &PastEvent::Deleted));
    let edit = changes(&history).nth(4).expect("the second edit");
    assert_eq!(edit.before, Some(&expected[3].0));
    assert_ne!(edit.before, Some(&edit.after.content));
    assert_eq!(edit.after.act.by, staff(5));
    assert_eq!(audit_rows::rows(&driver.stores).await.len(), rows + 6);
}

/// Of edits that were decided on one version, one is written.
pub async fn of_twenty_raced_edits_one_is_written(driver: ContactDriver) {
    driver.register(1..=1).await;
    let draft = driver.drafted(1).await;
    let rows = audit_rows::rows(&driver.stores).await.len();
    let edit = |number: u32| {
        let content = Content { policy_number: Some(policy_number(number)), ..contact_content() };
        moves(&draft, &edits(content), &staff(number + 10), 20)
    };
    let changes: Vec<_> = (0..20).map(edit).collect();
    let answers = raced(&driver, &changes).await;
    let won = changes.iter().zip(answers).filter(|(_, it)| *it == Committed::Moved);
    let won: Vec<_> = won.map(|(change, _)| change.write.contact()).collect();
    let contact = driver.contact(1).await;
    assert_eq!(won, [&contact]);
    assert_eq!(contact.editors.iter().count(), 2);
    for number in 0..20 {
        let number = Some(policy_number(number));
        let is_winner = number == contact.content.policy_number;
        let named = ContactFilter { policy_number: number, ..ContactFilter::default() };
        assert_eq!(driver.list(&named).await.len(), usize::from(is_winner));
    }
    assert_eq!(driver.history(1).await.len(), 2);
    assert_eq!(audit_rows::rows(&driver.stores).await.len(), rows + 1);
}

/// A change on an old version writes no row, no index, no editor, no history, no effect and no
/// answer.
pub async fn a_lost_change_of_a_contact_leaves_no_trace(driver: ContactDriver) {
    driver.register(1..=1).await;
    let draft = driver.drafted(1).await;
    let edited = driver.moved(&draft, &edits(content("二")), &staff(2), 20).await;
    let rows = audit_rows::rows(&driver.stores).await.len();
    let late = Content { policy_number: Some(policy_number(1)), ..contact_content() };
    let late = [
        moves(&draft, &edits(late), &staff(3), 30),
        mailed_approvals(&[&draft], 1, 30).remove(0),
        moves(&draft, &ContactEvent::Delete, &staff(3), 30),
    ];
    for mut change in late {
        change.replay = Some(samples::replay(1));
        assert_eq!(driver.commit(&[change]).await, Committed::Lost);
    }
    let named = ContactFilter { policy_number: Some(policy_number(1)), ..ContactFilter::default() };
    assert_eq!((driver.contact(1).await, driver.list(&named).await), (edited.clone(), vec![]));
    let replays = driver.stores.platform.replays.find(&[samples::keyed(1).key]).await;
    assert_eq!(replays, Ok(vec![None]));
    assert_eq!(driver.claim(9, 900).await, [], "no mail is sent about it");
    assert_eq!(driver.history(1).await.len(), 2);
    assert_eq!(audit_rows::rows(&driver.stores).await.len(), rows);
    // Staff 3 wrote nothing that is stored, and so may approve.
    driver.moved(&edited, &approves(&edited), &staff(3), 40).await;
}

/// A change whose request has an answer already is lost.
pub async fn the_answer_to_a_request_is_stored_with_its_change(driver: ContactDriver) {
    driver.register(1..=1).await;
    let mut change = adds(contact_id(1), 1, contact_content(), 1);
    change.replay = Some(samples::replay(1));
    let draft = driver.written(&change).await;
    let replays = driver.stores.platform.replays.find(&[samples::keyed(1).key]).await;
    assert_eq!(replays, Ok(vec![Some(samples::replay(1))]));
    let mut again = adds(contact_id(2), 1, contact_content(), 2);
    again.replay = Some(samples::replay(1));
    let mut edit = moves(&draft, &edits(content("二")), &staff(2), 3);
    edit.replay = Some(samples::replay(1));
    for change in [again, edit] {
        assert_eq!(driver.commit(&[change]).await, Committed::Lost);
    }
    assert_eq!(driver.list(&ContactFilter::default()).await, [draft]);
    assert_eq!(driver.history(1).await.len(), 1);
}

/// One lost change undoes the others of its call, wherever it is among them.
pub async fn changes_of_several_contacts_are_all_written_or_none(driver: ContactDriver) {
    driver.register(1..=1).await;
    let (first, second) = (driver.drafted(1).await, driver.drafted(2).await);
    let third = driver.drafted(3).await;
    let edited = driver.moved(&third, &edits(content("二")), &staff(2), 10).await;
    let rows = audit_rows::rows(&driver.stores).await.len();
    let approval = |contact: &Contact| moves(contact, &approves(contact), &staff(5), 20);
    let [one, two, late] = [&first, &second, &third].map(approval);
    let one = Change { replay: Some(samples::replay(1)), ..one };
    for lost in [[&one, &two, &late], [&one, &late, &two], [&late, &one, &two]] {
        let changes = lost.map(Clone::clone);
        assert_eq!(driver.commit(&changes).await, Committed::Lost);
    }
    assert_eq!([driver.contact(1).await, driver.contact(2).await], [first, second]);
    assert_eq!(driver.history(1).await.len(), 1);
    assert_eq!(audit_rows::rows(&driver.stores).await.len(), rows);
    let keys = [samples::keyed(1).key];
    let replays = || driver.stores.platform.replays.find(&keys);
    assert_eq!(replays().await, Ok(vec![None]));
    let changes = [one, two, approval(&edited)];
    assert_eq!(driver.commit(&changes).await, Committed::Moved);
    for change in &changes {
        let contact = change.write.contact();
        assert_eq!(driver.find(contact.id).await.as_ref(), Some(contact));
    }
    assert_eq!(audit_rows::rows(&driver.stores).await.len(), rows + 3);
    assert_eq!(replays().await, Ok(vec![Some(samples::replay(1))]));
    assert_eq!(driver.commit(&[]).await, Committed::Moved, "nothing is always written");
}
