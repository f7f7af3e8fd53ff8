//! Checks that lists have the contacts that match, each once, in their order.

use madoguchi_domain::approval::ApprovalName;
use madoguchi_domain::contact::{
    AnswerStatus, ApprovalRule, Contact, ContactEvent, ContactFilter, ContactKey, ContactOrder,
    ContactQuery, ContactType, ContactTypeName, Content, PolicyNumber, Waiting,
};

use crate::driver::contacts::ContactDriver;
use crate::samples::{
    self, adds, adds_if, answers, approves, at, contact_content, contact_id, edits, policy_number,
    rejects, staff,
};

fn all() -> ContactFilter {
    ContactFilter::default()
}

/// Contacts of one moment are in the order of their ids, the greatest first.
pub async fn contacts_are_listed_newest_first(driver: ContactDriver) {
    driver.register(1..=1).await;
    let times = [(3, 10), (1, 30), (2, 10), (9, 10), (4, 20), (8, -5)];
    for (number, seconds) in times {
        let change = adds(contact_id(number), 1, contact_content(), seconds);
        driver.written(&change).await;
    }
    let listed = driver.list(&all()).await;
    let expected = [1, 4, 9, 3, 2, 8].map(contact_id);
    assert_eq!(listed.iter().map(|it| it.id).collect::<Vec<_>>(), expected);
    for limit in 0..=6_u32 {
        let (filter, order) = (all(), ContactOrder::NewestFirst);
        let query = ContactQuery { filter, order, after: None, limit };
        let page = driver.stores.contacts.list(&query).await.expect("contacts are listed");
        assert_eq!(page, listed[..limit as usize]);
    }
}

/// Contacts of three persons in every state, some of them posted later.
async fn many(driver: &ContactDriver) -> Vec<Contact> {
    driver.register(1..=3).await;
    let mut contacts = Vec::new();
    for number in 0..36_u32 {
        let content = Content {
            policy_number: number.is_multiple_of(5).then(|| policy_number(number % 3)),
            contact_type: match number % 4 {
                0 => ContactType::Notice,
                _ => contact_content().contact_type,
            },
            posted_at: number.is_multiple_of(7).then(|| at(500)),
            ..contact_content()
        };
        let rule = if number % 9 == 8 { ApprovalRule::Off } else { ApprovalRule::Required };
        let person = number % 3 + 1;
        let change = adds_if(rule, contact_id(number), person, content, i64::from(number / 2));
        let draft = driver.written(&change).await;
        let by = staff(number % 4 + 2);
        let asks = draft.content.contact_type.name() == ContactTypeName::ActionRequest;
        let first = match number % 9 {
            0..=4 => driver.moved(&draft, &approves(&draft), &by, 100).await,
            5 => driver.moved(&draft, &rejects("不備"), &by, 100).await,
            6 => driver.moved(&draft, &ContactEvent::Expire, &samples::system(), 100).await,
            _ => draft,
        };
        let last = match number % 9 {
            1 if asks => driver.moved(&first, &answers("はい"), &by, 600).await,
            2 => driver.moved(&first, &ContactEvent::AnswerByPhone, &by, 200).await,
            3 => driver.moved(&first, &ContactEvent::Delete, &by, 200).await,
            _ => first,
        };
        contacts.push(last);
    }
    contacts.sort_by_key(|contact| std::cmp::Reverse((contact.created.at, contact.id)));
    contacts
}

/// Every filter, the documented pairs, and several at once.
fn filters() -> Vec<ContactFilter> {
    let mut filters = vec![all()];
    for number in 1..=4 {
        let person = Some(samples::person_id(number));
        filters.push(ContactFilter { person: person.clone(), ..all() });
        let named = Some(policy_number(number - 1));
        filters.push(ContactFilter { policy_number: named.clone(), ..all() });
        filters.push(ContactFilter { person: person.clone(), policy_number: named, ..all() });
        for answer in AnswerStatus::ALL {
            let answer = Some(answer);
            filters.push(ContactFilter { person: person.clone(), answer, ..all() });
        }
        filters.push(ContactFilter { person, ..ContactFilter::not_acted_on(at(400)) });
    }
    for (contact_type, answer) in
        ContactTypeName::ALL.into_iter().flat_map(|it| AnswerStatus::ALL.map(|other| (it, other)))
    {
        let (contact_type, answer) = (Some(contact_type), Some(answer));
        filters.push(ContactFilter { contact_type, ..all() });
        filters.push(ContactFilter { answer, ..all() });
        filters.push(ContactFilter { contact_type, answer, ..all() });
    }
    for approval in ApprovalName::ALL.map(Some) {
        filters.push(ContactFilter { approval, ..all() });
        let created_from = Some(at(9));
        filters.push(ContactFilter { approval, created_from, ..all() });
    }
    for (from, before) in [(0, 0), (0, 1), (5, 9), (9, 5), (17, 99)] {
        let (created_from, created_before) = (Some(at(from)), Some(at(before)));
        filters.push(ContactFilter { created_from, created_before, ..all() });
        filters.push(ContactFilter { created_before, ..all() });
    }
    for seconds in [0, 10, 99, 100, 499, 500] {
        filters.push(ContactFilter::not_acted_on(at(seconds)));
        filters.push(ContactFilter { visible_at: Some(at(seconds)), ..all() });
        filters.push(ContactFilter { waiting_since: Some(at(seconds)), ..all() });
    }
    filters
}

/// What is listed is what the domain's filter lets pass, for every filter and the documented pairs.
pub async fn every_filter_finds_what_it_names(driver: ContactDriver) {
    let contacts = many(&driver).await;
    let mut found = 0;
    for filter in filters() {
        let matching = contacts.iter().filter(|it| filter.matches(it));
        let expected: Vec<_> = matching.cloned().collect();
        found += expected.len();
        let listed = driver.list(&filter).await;
        let ids = |contacts: &[Contact]| contacts.iter().map(|it| it.id).collect::<Vec<_>>();
        assert_eq!(ids(&listed), ids(&expected), "{filter:?}");
        assert!(listed == expected, "{filter:?}");
    }
    assert!(found > 3 * contacts.len(), "the filters find something");
}

/// A contact that was there at the first page is listed once; one that is added behind the first
/// page's position is on no later page.
pub async fn pages_have_no_gaps_while_contacts_are_added(driver: ContactDriver) {
    let contacts = many(&driver).await;
    let unanswered = ContactFilter { answer: Some(AnswerStatus::Unanswered), ..all() };
    let lists = [
        (ContactOrder::NewestFirst, all(), 9999),
        (ContactOrder::NewestFirst, unanswered, 9999),
        (ContactOrder::LatestVisibleFirst, all(), 9999),
        (ContactOrder::LongestWaitingFirst, all(), -9999),
    ];
    for (order, filter, added_at) in lists {
        for limit in [1, 5, 36] {
            let (mut pages, mut after) = (Vec::new(), None);
            loop {
                let query = ContactQuery { filter: filter.clone(), order, after, limit };
                let page = driver.stores.contacts.list(&query).await.expect("contacts are listed");
                assert!(page.len() <= limit as usize, "a page has no more than `limit`");
                let number = 1000 + u32::try_from(pages.len()).expect("a few pages");
                let rule = match order {
                    ContactOrder::LatestVisibleFirst => ApprovalRule::Off,
                    ContactOrder::NewestFirst | ContactOrder::LongestWaitingFirst => {
                        ApprovalRule::Required
                    }
                };
                let newer = adds_if(rule, contact_id(number), 1, contact_content(), added_at);
                driver.commit(&[newer]).await;
                let Some(last) = page.last() else { break };
                let end = order.position(last).expect("a position in its list");
                assert!(after.is_none_or(|it| order.is_after(end, it)), "a page goes on");
                after = Some(end);
                pages.extend(page);
            }
            pages.retain(|contact| contact.id < contact_id(1000));
            let expected = ordered(&contacts, order, &filter);
            assert!(pages.iter().eq(expected), "{order:?}: {limit} for each page");
        }
    }
}

/// The contacts in the order that the domain gives them.
fn ordered<'a>(
    contacts: &'a [Contact],
    order: ContactOrder,
    filter: &ContactFilter,
) -> Vec<&'a Contact> {
    let matching = contacts.iter().filter(|it| filter.matches(it));
    let placed = matching.filter_map(|it| Some((order.position(it)?, it)));
    let mut placed: Vec<_> = placed.collect();
    placed.sort_by_key(|(position, _)| *position);
    if order != ContactOrder::LongestWaitingFirst {
        placed.reverse();
    }
    placed.into_iter().map(|(_, contact)| contact).collect()
}

/// The longest waiting first; those that wait since a time or longer are listed and counted.
pub async fn approvals_wait_in_the_order_of_their_last_edit(driver: ContactDriver) {
    let contacts = many(&driver).await;
    let order = ContactOrder::LongestWaitingFirst;
    let waiting = |since| ContactFilter { waiting_since: Some(at(since)), ..all() };
    let first = driver.list_by(order, &all()).await;
    assert!(
        first.iter().eq(ordered(&contacts, order, &all())) && first.len() > 2,
        "the longest waiting is first"
    );
    for since in [-1, 5, 9, 999] {
        let listed = driver.list_by(order, &waiting(since)).await;
        assert!(listed.iter().eq(ordered(&contacts, order, &waiting(since))), "{since}");
        let oldest = listed.first().and_then(Contact::waiting_since);
        let counted = driver.stores.contacts.waiting(at(since), 2).await;
        let first = listed.iter().take(2).map(|contact| contact.id).collect();
        assert_eq!(counted, Ok(Waiting { count: listed.len() as u64, oldest, first }));
    }
    let edited = driver.moved(&first[0], &edits(contact_content()), &staff(9), 700).await;
    let listed = driver.list_by(order, &all()).await;
    assert_eq!(listed.last(), Some(&edited));
    for contact in listed {
        driver.moved(&contact, &ContactEvent::Expire, &samples::system(), 900).await;
    }
    assert_eq!(driver.stores.contacts.waiting(at(999), 9).await, Ok(Waiting::default()));
}

/// What waits for approval, is deleted, or is posted later is not in it.
pub async fn a_customer_sees_what_became_visible_last_first(driver: ContactDriver) {
    let contacts = many(&driver).await;
    let order = ContactOrder::LatestVisibleFirst;
    for (person, now) in [(1, 400), (1, 999), (2, 999), (3, 50)] {
        let person = Some(samples::person_id(person));
        let filter = ContactFilter { person, visible_at: Some(at(now)), ..all() };
        let listed = driver.list_by(order, &filter).await;
        assert!(listed.iter().eq(ordered(&contacts, order, &filter)), "{filter:?}");
        assert!(
            listed.iter().all(|it| it.is_visible(at(now))),
            "what is not visible is not listed"
        );
        assert!(!listed.is_empty(), "what is visible is listed");
    }
}

/// Also a deleted one, and by its id alone.
pub async fn a_contact_is_found_for_its_own_person_only(driver: ContactDriver) {
    driver.register(1..=2).await;
    let draft = driver.written(&adds(contact_id(1), 1, contact_content(), 1)).await;
    let deleted = driver.moved(&draft, &ContactEvent::Delete, &staff(1), 2).await;
    for (person, expected) in [(None, true), (Some(1), true), (Some(2), false), (Some(9), false)] {
        let key = ContactKey { id: deleted.id, person: person.map(samples::person_id) };
        let found = driver.stores.contacts.find(&key).await.expect("contacts are found");
        assert_eq!(found, expected.then(|| deleted.clone()), "{person:?}");
    }
}

/// Not by a part of it, not in another case, and not after an edit took it away.
pub async fn a_policy_number_is_found_exactly_while_it_is_named(driver: ContactDriver) {
    driver.register(1..=2).await;
    let number = |text: &str| PolicyNumber::parse(text).expect("a policy number");
    let content = |text: &str| Content { policy_number: Some(number(text)), ..contact_content() };
    let named = |text: &str| ContactFilter { policy_number: Some(number(text)), ..all() };
    let first = driver.written(&adds(contact_id(1), 1, content("Ab-1"), 1)).await;
    let second = driver.written(&adds(contact_id(2), 2, content("Ab-1"), 2)).await;
    driver.written(&adds(contact_id(3), 2, content("Ab-12"), 3)).await;
    assert_eq!(driver.list(&named("Ab-1")).await, [second.clone(), first.clone()]);
    for other in ["Ab", "ab-1", "AB-1", "Ab-13", "b-1"] {
        assert_eq!(driver.list(&named(other)).await, [], "{other}");
    }
    let first = driver.moved(&first, &approves(&first), &staff(2), 10).await;
    assert_eq!(driver.list(&named("Ab-1")).await, [second.clone(), first.clone()]);
    driver.moved(&first, &edits(content("Cd-2")), &staff(2), 20).await;
    let second = driver.moved(&second, &edits(contact_content()), &staff(2), 20).await;
    assert_eq!(driver.list(&named("Ab-1")).await, []);
    assert_eq!(driver.list(&named("Cd-2")).await.len(), 1);
    assert_eq!(second.content.policy_number, None);
}
