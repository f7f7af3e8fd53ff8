//! Checks that changes are written whole or not at all, and that history keeps old and new.

use madoguchi_domain::change::Committed;
use madoguchi_domain::person::{
    DetailsUpdate, ExternalIdentity, Locale, MailWish, PersonQuery, PersonWrite, Registration,
    set_mail_notification,
};

use super::raced;
use crate::contract::audit_rows;
use crate::driver::contacts::ContactDriver;
use crate::samples::{
    self, account_id, mail_stop, new_email, person_registration, registers_if, updates,
};

/// Each update is one version more, with who made it; the person is as the last one left it.
pub async fn an_update_moves_the_person_and_keeps_its_history(driver: ContactDriver) {
    let wish = Registration {
        locale: Locale::parse("ja").ok(),
        external_identity: ExternalIdentity::parse("login-1").ok(),
        ..person_registration(1)
    };
    let mut person = driver.registered(&wish).await;
    let registered = samples::act("register", samples::human(), samples::start());
    let mut expected = vec![(1, person.details.clone(), registered)];
    let resume = DetailsUpdate { mail: Some(MailWish::Resume), ..DetailsUpdate::default() };
    let phone = DetailsUpdate { phone: Some(samples::phone(77)), ..DetailsUpdate::default() };
    let stop = mail_stop("asked by phone: \"no mail, 客\"");
    let all = [new_email("second@example.com"), stop, phone, resume];
    for (seconds, update) in (1..).zip(&all) {
        let (mut change, after) = updates(&person, update, seconds);
        change.audit.act.by = samples::staff(after.version);
        expected.push((after.version, after.details.clone(), change.audit.act.clone()));
        assert_eq!(driver.commit_persons(&[change]).await, [Committed::Moved]);
        person = driver.person(1).await;
        assert_eq!(person, after);
    }
    let history = driver.stores.persons.history(&person.id).await.expect("the history is read");
    let history: Vec<_> = history.into_iter().map(|it| (it.version, it.details, it.act)).collect();
    assert_eq!(history, expected);
}

/// Of updates that were decided on one version, one is written.
pub async fn of_twenty_raced_updates_one_is_written(driver: ContactDriver) {
    let person = driver.registered(&person_registration(1)).await;
    let update = |number| {
        let email = new_email(&format!("raced{number}@example.com"));
        updates(&person, &email, 1).0
    };
    let answers = raced(&driver, &(0..20).map(update).collect::<Vec<_>>()).await;
    assert_eq!(answers.iter().filter(|it| **it == Committed::Moved).count(), 1);
    let winner = answers.iter().position(|it| *it == Committed::Moved).expect("a winner");
    let email = samples::email(&format!("raced{winner}@example.com"));
    assert_eq!(driver.find_persons(&PersonQuery::Email(email)).await, [driver.person(1).await]);
    assert_eq!(driver.person(1).await.version, 2);
    let history = driver.stores.persons.history(&person.id).await.expect("the history is read");
    assert_eq!((history.len(), audit_rows::rows(&driver.stores).await.len()), (2, 2));
}

/// An update on an old version changes no row, no index and no history.
pub async fn a_lost_update_leaves_no_trace(driver: ContactDriver) {
    let old = driver.registered(&person_registration(1)).await;
    let (first, person) = updates(&old, &new_email("first@example.com"), 1);
    driver.commit_persons(&[first]).await;
    let (late, _) = updates(&old, &new_email("late@example.com"), 2);
    assert_eq!(driver.commit_persons(&[late]).await, [Committed::Lost]);
    let late = PersonQuery::Email(samples::email("late@example.com"));
    assert_eq!(
        (driver.person(1).await, driver.find_persons(&late).await),
        (person.clone(), vec![])
    );
    let history = driver.stores.persons.history(&person.id).await.expect("the history is read");
    assert_eq!((history.len(), audit_rows::rows(&driver.stores).await.len()), (2, 2));
    let unknown = driver.registered(&person_registration(2)).await;
    let unknown = madoguchi_domain::person::Person { id: samples::person_id(9), ..unknown };
    let (change, _) = updates(&unknown, &new_email("x@example.com"), 3);
    assert_eq!(driver.commit_persons(&[change]).await, [Committed::Lost], "nobody with this id");
}

/// A change sees the earlier ones of its batch; a lost one does not affect the others.
pub async fn a_batch_of_changes_is_answered_in_order(driver: ContactDriver) {
    let one = driver.registered(&person_registration(1)).await;
    let (first, after) = updates(&one, &new_email("first@example.com"), 1);
    let (second, last) = updates(&after, &new_email("second@example.com"), 2);
    let batch = [first.clone(), first, second, samples::registers(&person_registration(2))];
    let expected = [Committed::Moved, Committed::Lost, Committed::Moved, Committed::Moved];
    assert_eq!(driver.commit_persons(&batch).await, expected);
    assert_eq!(driver.person(1).await, last);
    assert_eq!(audit_rows::rows(&driver.stores).await.len(), 4);
}

/// Switching is written once, for an account that has a person, and is seen in all of them.
pub async fn the_mail_setting_holds_for_all_persons_of_the_account(driver: ContactDriver) {
    let in_account =
        |number| Registration { account: account_id(1), ..person_registration(number) };
    let first = [registers_if(&in_account(1), false), registers_if(&in_account(2), false)];
    driver.commit_persons(&first).await;
    let account = driver.person(1).await.account;
    let read_account = async |number| {
        driver.stores.persons.account(&account_id(number)).await.expect("the account is read")
    };
    assert_eq!((read_account(1).await, read_account(9).await), (Some(account.clone()), None));
    let (stale, _) = updates(&driver.person(2).await, &new_email("new@example.com"), 1);
    let act = samples::act("switch", samples::human(), samples::at(1));
    let off = set_mail_notification(&account, false, &act).expect("it was on");
    let twice = [off.clone(), off.clone()];
    assert_eq!(driver.commit_persons(&twice).await, [Committed::Moved, Committed::Lost]);
    driver.commit_persons(&[registers_if(&in_account(3), false)]).await;
    for number in 1..=3 {
        let person = driver.person(number).await;
        assert_eq!((person.account.notification, person.version), (false, 1), "{number}");
    }
    // Decided while mail was on: an update of details does not switch it.
    assert_eq!(driver.commit_persons(&[stale]).await, [Committed::Moved]);
    let account = read_account(1).await.expect("the account has persons");
    assert!(!account.notification, "mail is off for the account");
    let on = set_mail_notification(&account, true, &act).expect("it was off");
    assert_eq!(driver.commit_persons(&[on]).await, [Committed::Moved]);
    assert!(
        driver.person(2).await.account.notification,
        "mail is on for all persons of the account"
    );
    let mut nobody = off;
    let PersonWrite::AccountMail(account) = &mut nobody.write else { panic!("a setting") };
    account.id = account_id(9);
    assert_eq!(driver.commit_persons(&[nobody]).await, [Committed::Lost], "an account of nobody");
    assert_eq!(audit_rows::rows(&driver.stores).await.len(), 6);
}
