//! Checks that a contact reads back exactly as it was added.

use madoguchi_domain::change::Committed;
use madoguchi_domain::contact::{
    ApplicationId, ApprovalRule, ContactBody, ContactFilter, ContactLink, ContactSubject,
    ContactType, Content, GroupId, PastEvent, PolicyNumber, Sender,
};
use madoguchi_domain::display_name::DisplayName;

use crate::contract::audit_rows;
use crate::driver::contacts::ContactDriver;
use crate::samples::{self, adds, adds_if, at, contact_content, contact_id, edits, staff};

/// Everything that is optional, at its longest.
fn full() -> Content {
    let link = format!("https://my.example.com/{}", "x".repeat(2048 - 23));
    Content {
        application: ApplicationId::parse(&"客".repeat(64)).ok(),
        policy_number: PolicyNumber::parse(&"9".repeat(32)).ok(),
        subject: ContactSubject::parse(&"題".repeat(200)).expect("a subject"),
        body: ContactBody::parse(&"文".repeat(4000)).expect("a body"),
        link: ContactLink::parse(&link).ok(),
        group: GroupId::parse(&"口".repeat(64)).ok(),
        posted_at: Some(at(100)),
        expires_at: Some(at(101)),
        mandatory: true,
        sender: Sender::Human(DisplayName::of_human(&"名".repeat(64)).expect("a name")),
        ..contact_content()
    }
}

/// Characters that SQL, JSON and formats give a meaning.
fn odd() -> Content {
    Content {
        application: ApplicationId::parse("O'Brien \"the\" `quoted` 100%_\\;--").ok(),
        policy_number: PolicyNumber::parse("a-B-0").ok(),
        contact_type: ContactType::Notice,
        subject: ContactSubject::parse("';-- {\"$ne\":null} \\ %_").expect("a subject"),
        body: ContactBody::parse("一行目\r\n\t'二行目'\n\u{1f4e7}").expect("a body"),
        link: ContactLink::parse("https://my.example.com/?a='--&b=%00#()").ok(),
        group: GroupId::parse(" spaces around ").ok(),
        sender: Sender::System,
        ..contact_content()
    }
}

/// All fields or none, odd characters and maximum lengths are stored unchanged.
pub async fn what_was_added_reads_back(driver: ContactDriver) {
    driver.register(1..=1).await;
    let persons = audit_rows::rows(&driver.stores).await.len();
    let contents = [contact_content(), full(), odd()];
    let rules = [ApprovalRule::Required, ApprovalRule::Off];
    let all = contents.iter().flat_map(|content| rules.map(|rule| (content, rule)));
    let mut number = 0;
    for (content, rule) in all {
        number += 1;
        let change = adds_if(rule, contact_id(number), 1, content.clone(), number.into());
        let contact = driver.written(&change).await;
        assert!(
            contact.content == *content && contact.version == 1,
            "it is read back as it was added"
        );
        assert_eq!(contact.content_hash(), change.write.contact().content_hash());
        let history = driver.history(number).await;
        assert_eq!(history.len(), 1);
        assert_eq!((&history[0].event, history[0].version), (&PastEvent::Added, 1));
        assert!(
            history[0].content == *content && history[0].act == change.audit.act,
            "the history keeps the content and who added it"
        );
    }
    assert_eq!(audit_rows::rows(&driver.stores).await.len() - persons, 6);
    for (content, seconds) in [(full(), 50), (odd(), 51)] {
        let before = driver.contact(1).await;
        let edited = driver.moved(&before, &edits(content.clone()), &staff(2), seconds).await;
        assert_eq!(edited.content, content, "an edit replaces every field");
    }
}

/// A second contact with a taken id is lost, and writes nothing.
pub async fn a_contact_id_is_taken_once(driver: ContactDriver) {
    driver.register(1..=2).await;
    let first = driver.drafted(1).await;
    let rows = audit_rows::rows(&driver.stores).await.len();
    let number = samples::policy_number(1);
    let content = Content { policy_number: Some(number.clone()), ..contact_content() };
    let second = adds(first.id, 2, content, 9);
    assert_eq!(driver.commit(&[second]).await, Committed::Lost);
    assert_eq!((driver.contact(1).await, driver.history(1).await.len()), (first, 1));
    let named = ContactFilter { policy_number: Some(number), ..ContactFilter::default() };
    assert_eq!(driver.list(&named).await, []);
    assert_eq!(audit_rows::rows(&driver.stores).await.len(), rows);
}

/// An unknown id is answered with nothing, and so is an empty store.
pub async fn no_contact_is_found_and_it_has_no_history(driver: ContactDriver) {
    assert_eq!(driver.list(&ContactFilter::default()).await, []);
    driver.register(1..=1).await;
    driver.drafted(1).await;
    assert_eq!(driver.find(contact_id(2)).await, None);
    assert_eq!(driver.history(2).await, []);
    let change = adds(contact_id(2), 1, contact_content(), 2);
    let unknown = change.write.contact();
    let event = samples::approves(unknown);
    let change = samples::moves(unknown, &event, &samples::staff(2), 3);
    assert_eq!(driver.commit(&[change]).await, Committed::Lost);
    assert_eq!((driver.find(contact_id(2)).await, driver.history(2).await), (None, vec![]));
}
