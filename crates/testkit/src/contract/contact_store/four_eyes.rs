//! Checks that nobody approves what they wrote.

use madoguchi_domain::approval::{Approval, FourEyes};
use madoguchi_domain::change::Committed;
use madoguchi_domain::contact::ContactState;

use super::moving::content;
use super::raced;
use crate::contract::audit_rows;
use crate::driver::contacts::ContactDriver;
use crate::samples::{approves, edits, moves, rejects, staff};

/// Each is by another person; the contact names the one whose approval was written.
pub async fn of_twenty_raced_approvals_one_is_stored(driver: ContactDriver) {
    driver.register(1..=1).await;
    let draft = driver.drafted(1).await;
    let rows = audit_rows::rows(&driver.stores).await.len();
    let approval = |number: u32| moves(&draft, &approves(&draft), &staff(number + 10), 20);
    let answers = raced(&driver, &(0..20).map(approval).collect::<Vec<_>>()).await;
    assert_eq!(answers.iter().filter(|it| **it == Committed::Moved).count(), 1);
    let winner = answers.iter().position(|it| *it == Committed::Moved).expect("a winner");
    let winner = staff(u32::try_from(winner).expect("one of twenty") + 10);
    let contact = driver.contact(1).await;
    let Approval::Approved { by, .. } = &contact.approval else { panic!("it is approved") };
    assert_eq!((by.who(), contact.version), (&winner, 2));
    let history = driver.history(1).await;
    assert_eq!((history.len(), &history[1].act.by), (2, &winner));
    assert_eq!(audit_rows::rows(&driver.stores).await.len(), rows + 1);
}

/// Whichever is first, the contact is not approved by who wrote it.
pub async fn an_edit_and_its_approval_by_one_person_never_both_win(driver: ContactDriver) {
    driver.register(1..=1).await;
    for number in 1..=10 {
        let draft = driver.drafted(number).await;
        let changes = [
            moves(&draft, &edits(content("二")), &staff(2), 20),
            moves(&draft, &approves(&draft), &staff(2), 20),
        ];
        let answers = raced(&driver, &changes).await;
        assert!(
            answers.contains(&Committed::Moved) && answers.contains(&Committed::Lost),
            "one of the edit and the approval is written, the other is `Lost`: {answers:?}"
        );
        let contact = driver.contact(number).await;
        let is_approved = contact.state() == ContactState::Valid;
        assert_ne!(is_approved, contact.editors.contains(&staff(2)));
    }
}

/// The author first, each once, in the order in which they wrote; who only rejected is none.
pub async fn everyone_who_wrote_content_reads_back_as_an_editor(driver: ContactDriver) {
    driver.register(1..=1).await;
    let mut contact = driver.drafted(1).await;
    for (seconds, (name, by)) in (20..).zip([("二", 3), ("三", 2), ("四", 3), ("五", 1)]) {
        contact = driver.moved(&contact, &edits(content(name)), &staff(by), seconds).await;
    }
    let editors: Vec<_> = contact.editors.iter().cloned().collect();
    assert_eq!(editors, [staff(1), staff(3), staff(2)]);
    for editor in editors {
        assert_eq!(contact.editors.approver(&editor), Err(FourEyes::IsEditor));
    }
    let rejected = driver.moved(&contact, &rejects("不備"), &staff(4), 30).await;
    let edited = driver.moved(&rejected, &edits(content("六")), &staff(5), 31).await;
    driver.moved(&edited, &approves(&edited), &staff(4), 32).await;
}

/// The approver becomes an editor, and the approval stays as it was.
pub async fn an_approver_may_edit_after_the_approval(driver: ContactDriver) {
    driver.register(1..=1).await;
    let draft = driver.drafted(1).await;
    let valid = driver.moved(&draft, &approves(&draft), &staff(2), 20).await;
    let by_author = driver.moved(&valid, &edits(content("二")), &staff(1), 30).await;
    let edited = driver.moved(&by_author, &edits(content("三")), &staff(2), 31).await;
    let editors: Vec<_> = edited.editors.iter().cloned().collect();
    assert_eq!(editors, [staff(1), staff(2)]);
    assert_eq!((&edited.approval, edited.state()), (&valid.approval, ContactState::Valid));
}
