//! The rows of the versions of contacts.

use madoguchi_domain::act::Act;
use madoguchi_domain::actor::ActorKind;
use madoguchi_domain::approval::RejectionReason;
use madoguchi_domain::contact::{
    ActionKind, AnswerText, ApplicationId, ContactBody, ContactEventName, ContactLink,
    ContactSubject, ContactType, ContactTypeName, ContactVersion, ContactWrite, Content, GroupId,
    PastEvent, PolicyNumber, Sender,
};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::display_name::DisplayName;
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::port::{Sealer, StoreError};
use madoguchi_domain::sealed::WrappedKey;

use crate::database::column::{At, Key};
use crate::database::parse::{actor, corrupt, moment, opened, parsed_or_corrupt, whole};
use crate::database::schema::contact_version;
use crate::database::statement::row;
use crate::person::row::version_number;
use crate::vault::sealed_row::SealedRow;

row! {
    pub(crate) struct VersionRow in contact_version {
        version_id: Key,
        contact_id: Key,
        version: i32,
        event: String,
        subject: Vec<u8>,
        body: Vec<u8>,
        link: Option<Vec<u8>>,
        policy_number: Option<Vec<u8>>,
        sender_name: Option<Vec<u8>>,
        rejection_reason: Option<Vec<u8>>,
        answer: Option<Vec<u8>>,
        application_id: Option<String>,
        contact_type: String,
        action_kind: Option<String>,
        group_id: Option<String>,
        posted_at: Option<At>,
        expires_at: Option<At>,
        mandatory: bool,
        sender_kind: String,
        actor_issuer: String,
        actor_subject: String,
        actor_kind: String,
        at: At,
        correlation: String,
    }
}

/// A version whose sealed columns are open.
pub(crate) struct OpenVersion {
    pub(crate) version: u32,
    pub(crate) event: ContactEventName,
    pub(crate) content: Content,
    pub(crate) reason: Option<RejectionReason>,
    pub(crate) answer: Option<AnswerText>,
    pub(crate) act: Act,
}

impl OpenVersion {
    pub(crate) fn into_history(self) -> Result<ContactVersion, StoreError> {
        let Self { version, event, content, reason, answer, act } = self;
        let event = PastEvent::new(event, reason, answer);
        let event = parsed_or_corrupt(event, "contact_version.rejection_reason or answer")?;
        Ok(ContactVersion { version, event, content, act })
    }
}

impl VersionRow {
    pub(crate) fn seal(
        sealer: &dyn Sealer,
        key: &WrappedKey,
        write: &ContactWrite,
        act: &Act,
    ) -> Result<Self, StoreError> {
        let (contact, version_id) = (write.contact(), write.version_id());
        let content = &contact.content;
        let sender_name = match &content.sender {
            Sender::Human(name) => Some(name.expose()),
            Sender::System => None,
        };
        let cells = SealedRow { sealer, key, table: "contact_version", row: version_id };
        let [subject, body, link, policy_number, sender_name, rejection_reason, answer] = cells
            .seal([
                ("subject", Some(content.subject.expose())),
                ("body", Some(content.body.expose())),
                ("link", content.link.as_ref().map(ContactLink::expose)),
                ("policy_number", content.policy_number.as_ref().map(PolicyNumber::expose)),
                ("sender_name", sender_name),
                ("rejection_reason", contact.rejection_reason().map(RejectionReason::expose)),
                ("answer", contact.answer.text().map(AnswerText::expose)),
            ])?;
        Ok(Self {
            version_id: Key(version_id),
            contact_id: Key(contact.id.0),
            version: version_number(contact.version),
            event: write.event().as_str().to_owned(),
            subject: subject.unwrap_or_default(),
            body: body.unwrap_or_default(),
            link,
            policy_number,
            sender_name,
            rejection_reason,
            answer,
            application_id: content.application.as_ref().map(|it| it.expose().to_owned()),
            contact_type: content.contact_type.name().as_str().to_owned(),
            action_kind: content.contact_type.action().map(|it| it.as_str().to_owned()),
            group_id: content.group.as_ref().map(|it| it.expose().to_owned()),
            posted_at: content.posted_at.map(At::from),
            expires_at: content.expires_at.map(At::from),
            mandatory: content.mandatory,
            sender_kind: content.sender.kind().as_str().to_owned(),
            actor_issuer: act.by.issuer.to_string(),
            actor_subject: act.by.subject.to_string(),
            actor_kind: act.by.kind.as_str().to_owned(),
            at: act.at().into(),
            correlation: act.correlation.as_str().to_owned(),
        })
    }

    pub(crate) fn open(
        mut self,
        sealer: &dyn Sealer,
        key: &WrappedKey,
    ) -> Result<OpenVersion, StoreError> {
        let row = self.version_id.0;
        let cells = SealedRow { sealer, key, table: "contact_version", row };
        let [subject, body, link, policy_number, sender_name, reason, answer] = cells.open(
            [
                ("subject", Some(std::mem::take(&mut self.subject))),
                ("body", Some(std::mem::take(&mut self.body))),
                ("link", self.link.take()),
                ("policy_number", self.policy_number.take()),
                ("sender_name", self.sender_name.take()),
                ("rejection_reason", self.rejection_reason.take()),
                ("answer", self.answer.take()),
            ],
            "contact_version: a sealed column",
        )?;
        let subject = opened(subject, ContactSubject::parse, "contact_version.subject")?;
        let body = opened(body, ContactBody::parse, "contact_version.body")?;
        let name = opened(sender_name, DisplayName::parse, "contact_version.sender_name")?;
        let number = opened(policy_number, PolicyNumber::parse, "contact_version.policy_number")?;
        let content = Content {
            application: clear(
                self.application_id.as_deref(),
                ApplicationId::parse,
                "contact_version.application_id",
            )?,
            policy_number: number,
            contact_type: self.contact_type()?,
            subject: parsed_or_corrupt(subject, "contact_version.subject")?,
            body: parsed_or_corrupt(body, "contact_version.body")?,
            link: opened(link, ContactLink::parse, "contact_version.link")?,
            group: clear(self.group_id.as_deref(), GroupId::parse, "contact_version.group_id")?,
            posted_at: time(self.posted_at, "contact_version.posted_at")?,
            expires_at: time(self.expires_at, "contact_version.expires_at")?,
            mandatory: self.mandatory,
            sender: self.sender(name)?,
        };
        Ok(OpenVersion {
            version: whole(self.version, "contact_version.version")?,
            event: parsed_or_corrupt(
                ContactEventName::parse(&self.event),
                "contact_version.event",
            )?,
            content,
            reason: opened(reason, RejectionReason::parse, "contact_version.rejection_reason")?,
            answer: opened(answer, AnswerText::parse, "contact_version.answer")?,
            act: self.act()?,
        })
    }

    fn contact_type(&self) -> Result<ContactType, StoreError> {
        let place = "contact_version.contact_type or action_kind";
        let name = parsed_or_corrupt(ContactTypeName::parse(&self.contact_type), place)?;
        let action = clear(self.action_kind.as_deref(), ActionKind::parse, place)?;
        ContactType::new(name, action).map_err(|_| corrupt(place))
    }

    fn sender(&self, name: Option<DisplayName>) -> Result<Sender, StoreError> {
        match (ActorKind::parse(&self.sender_kind), name) {
            (Some(ActorKind::Human), Some(name)) => Ok(Sender::Human(name)),
            (Some(ActorKind::System), None) => Ok(Sender::System),
            (_, _) => Err(corrupt("contact_version.sender_kind")),
        }
    }

    fn act(&self) -> Result<Act, StoreError> {
        let place = "contact_version.actor_kind";
        let correlation = CorrelationId::parse(&self.correlation).ok();
        Ok(Act::new(
            actor(&self.actor_issuer, &self.actor_subject, &self.actor_kind, place)?,
            moment(self.at, "contact_version.at")?,
            parsed_or_corrupt(correlation, "contact_version.correlation")?,
        ))
    }
}

/// The value of a column that is not sealed.
fn clear<T>(
    text: Option<&str>,
    parse: fn(&str) -> Result<T, InvalidField>,
    place: &'static str,
) -> Result<Option<T>, StoreError> {
    text.map(parse).transpose().map_err(|_| corrupt(place))
}

fn time(
    at: Option<At>,
    place: &'static str,
) -> Result<Option<madoguchi_domain::Timestamp>, StoreError> {
    at.map(|at| moment(at, place)).transpose()
}
