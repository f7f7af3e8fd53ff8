//! The demo's journeys of contacts: written by one, approved by another, answered once.

use anyhow::ensure;
use madoguchi_client::{
    AddContact, Client, ContactSender, RegisterPerson, StaffContact, UpdateContact,
};
use serde_json::{Map, json};

use crate::tokens;

use super::context::DemoContext;
use super::walk::Walk;

/// One journey of a contact.
#[derive(Debug, Clone, Copy)]
pub(super) enum ContactJourney {
    /// Written, approved by another person, read and answered by the customer.
    Answered,
    /// Its content changed between the approver's look and the approval.
    Moved,
}

/// Everyone who has to do with contacts.
struct Roles {
    author: Client,
    approver: Client,
    customer: Client,
}

impl ContactJourney {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Answered => "A contact is approved by a second person, and answered once",
            Self::Moved => "A contact that changed after the approver saw it is not approved",
        }
    }

    pub(super) async fn walk(self, demo: &DemoContext, walk: &mut Walk) -> anyhow::Result<()> {
        let customer = RegisterPerson::new(tokens::CUSTOMER_PERSON, "ACC0001");
        // Where `up` has registered the person with an address, this is refused.
        let registered = demo.as_user(tokens::CRM).register_person(&customer).await?.status;
        ensure!([200, 201, 409].contains(&registered), "the customer is registered");
        let [author, approver, customer] =
            [tokens::AUTHOR, tokens::APPROVER, tokens::CUSTOMER].map(|token| demo.as_user(token));
        let roles = Roles { author, approver, customer };
        match self {
            Self::Answered => roles.answered(walk).await,
            Self::Moved => roles.moved(walk).await,
        }
    }
}

impl Roles {
    async fn answered(&self, walk: &mut Walk) -> anyhow::Result<()> {
        let id = self.written(walk).await?;
        let shown = self.author.contact(&id).await?.data()?;
        walk.same(&*shown.state, "DRAFT", "it waits for its approval");
        walk.check(!self.sees(&id).await?, "and the customer does not see it");
        let own = approve(&self.author, &shown).await?;
        walk.same(own, (403, "FORBIDDEN".to_owned()), "the author has no scope to approve");
        let other = approve(&self.approver, &shown).await?;
        walk.same(other.0, 200, "a second person approves what was shown");
        walk.check(self.sees(&id).await?, "now the customer sees it");
        let messages = self.customer.messages(tokens::CUSTOMER_PERSON).await?;
        walk.check(!messages.body.contains("dev-author"), "without its sender");
        let answer = self.customer.answer_contact(&id, "提出しました。").await?;
        walk.same(answer.status, 200, "the customer answers");
        let again = self.customer.answer_contact(&id, "もう一度").await?;
        walk.same((again.status, &*again.code()), (409, "CONTACT_ANSWERED"), "and only once");
        let read = self.author.contact(&id).await?.data()?;
        let text = read.answer.and_then(|answer| answer.text);
        walk.same(text.as_deref(), Some("提出しました。"), "staff read the answer");
        let events = self.author.contact_history(&id).await?.data()?;
        let events: Vec<_> = events.into_iter().map(|event| event.event).collect();
        let expected = ["added", "approved", "answered"].map(str::to_owned);
        walk.same(events, expected.into(), "the history has every step");
        Ok(())
    }

    async fn moved(&self, walk: &mut Walk) -> anyhow::Result<()> {
        let id = self.written(walk).await?;
        let shown = self.approver.contact(&id).await?.data()?;
        walk.note("the approver looks at it");
        let edit = Map::from_iter([("subject".to_owned(), json!("口座振替のお願い（訂正）"))]);
        let edited = self.author.update_contact(&id, "*", &UpdateContact::Edit(edit)).await?;
        walk.same(edited.status, 200, "meanwhile the author changes it");
        let late = approve(&self.approver, &shown).await?;
        let expected = (412, "CONTENT_MOVED".to_owned());
        walk.same(late, expected, "what was shown is gone: the approval is refused");
        let now = self.approver.contact(&id).await?.data()?;
        walk.same(&*now.state, "DRAFT", "nothing was approved");
        let bulk = [(&*now.contact_id, &*now.content_hash), (&*id, &*shown.content_hash)];
        let outcomes = self.approver.approve_contacts(&bulk[..1]).await?.data()?;
        walk.check(outcomes.iter().all(|it| it.approved), "after another look it is approved");
        let again = self.approver.approve_contacts(&bulk[1..]).await?.data()?;
        let codes: Vec<_> = again.into_iter().map(|it| it.result_code).collect();
        walk.same(codes, vec!["APPROVAL_CLOSED".to_owned()], "and not twice");
        Ok(())
    }

    /// Adds a contact; returns its id.
    async fn written(&self, walk: &mut Walk) -> anyhow::Result<String> {
        let contact = premium_route(tokens::CUSTOMER_PERSON, "ACC0001");
        let added = self.author.add_contact(&contact).await?.data()?;
        walk.note("the back office writes to the customer");
        Ok(added.contact_id)
    }

    async fn sees(&self, id: &str) -> anyhow::Result<bool> {
        let messages = self.customer.messages(tokens::CUSTOMER_PERSON).await?.data()?;
        let mut contacts = messages.iter().filter_map(|message| message.contact());
        Ok(contacts.any(|contact| contact.contact_id == id))
    }
}

/// A request to register a premium route, to this person.
pub(super) fn premium_route(person: &str, account: &str) -> AddContact {
    AddContact {
        person_id: person.to_owned(),
        account_id: account.to_owned(),
        contact_type: "ACTION_REQUEST".to_owned(),
        action_kind: Some("PREMIUM_ROUTE_DEFICIENCY".to_owned()),
        policy_number: Some("P-0001".to_owned()),
        application_id: None,
        group_id: None,
        subject: "口座振替のお願い".to_owned(),
        body: "口座振替の登録が確認できませんでした。お手続きをお願いいたします。".to_owned(),
        link: Some("https://my.example.com/premium-route".to_owned()),
        posted_at: None,
        expires_at: None,
        mandatory: None,
        sender: ContactSender { kind: "HUMAN".to_owned(), name: "山田 花子".to_owned() },
    }
}

/// Approves a contact as it was shown.
pub(super) async fn approve(by: &Client, shown: &StaffContact) -> anyhow::Result<(u16, String)> {
    let content_hash = shown.content_hash.clone();
    let approve = UpdateContact::Approve { content_hash };
    let answer = by.update_contact(&shown.contact_id, "*", &approve).await?;
    Ok((answer.status, answer.code()))
}
