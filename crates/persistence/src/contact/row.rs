//! The rows of contacts.

use madoguchi_domain::actor::ActorRef;
use madoguchi_domain::approval::RejectionReason;
use madoguchi_domain::approval::{Approval, ApprovalName, ContentSalt, Editors, Rejection};
use madoguchi_domain::contact::{
    AnswerChannel, AnswerStatus, AnswerText, Contact, ContactAnswer, ContactEventName, ContactId,
    Mark,
};
use madoguchi_domain::person::{AccountId, PersonId};
use madoguchi_domain::port::{Sealer, StoreError};
use madoguchi_domain::sealed::{DataKeyId, WrappedKey};
use madoguchi_domain::secret::{hex, unhex};

use super::editor_row::StoredEditors;
use super::version_row::OpenVersion;
use crate::database::column::{At, Key};
use crate::database::parse::{actor, corrupt, moment, parsed_or_corrupt, whole};
use crate::database::schema::contact;
use crate::database::statement::row;
use crate::person::row::version_number;
use crate::vault::sealed_row::SealedRow;

row! {
    /// What never changes.
    pub(crate) struct ContactRow in contact {
        contact_id: Key,
        person_id: String,
        account_id: String,
        data_key_id: Key,
        salt: Vec<u8>,
        created_at: At,
    }
}

row! {
    /// What events change. Of the content there is only what lists and jobs look for, and two times
    /// that the domain derives, by which lists are ordered: the rest is in the version.
    #[derive(diesel::AsChangeset)]
    #[diesel(treat_none_as_null = true)]
    pub(crate) struct ContactStateRow in contact {
        version: i32,
        application_id: Option<String>,
        contact_type: String,
        visible_from: Option<At>,
        waiting_since: Option<At>,
        approval: String,
        decided_at: Option<At>,
        decided_issuer: Option<String>,
        decided_subject: Option<String>,
        decided_kind: Option<String>,
        answer_status: String,
        answer_channel: Option<String>,
        answered_at: Option<At>,
        answer_issuer: Option<String>,
        answer_subject: Option<String>,
        answer_kind: Option<String>,
        deleted_at: Option<At>,
    }
}

const fn sealed_contact<'a>(
    sealer: &'a dyn Sealer,
    key: &'a WrappedKey,
    id: ContactId,
) -> SealedRow<'a> {
    SealedRow { sealer, key, table: "contact", row: id.0 }
}

impl ContactRow {
    pub(crate) fn seal(
        sealer: &dyn Sealer,
        key: &WrappedKey,
        contact: &Contact,
    ) -> Result<Self, StoreError> {
        let salt = hex(contact.salt.expose());
        let [salt] = sealed_contact(sealer, key, contact.id).seal([("salt", Some(&*salt))])?;
        Ok(Self {
            contact_id: Key(contact.id.0),
            person_id: contact.person.expose().to_owned(),
            account_id: contact.account.expose().to_owned(),
            data_key_id: Key(contact.data_key.0),
            salt: salt.unwrap_or_default(),
            created_at: contact.created.at.into(),
        })
    }

    /// The contact in this state, with its current version, without its mail.
    pub(crate) fn open(
        self,
        sealer: &dyn Sealer,
        key: &WrappedKey,
        (state, version): (&ContactStateRow, OpenVersion),
        editors: StoredEditors,
    ) -> Result<Contact, StoreError> {
        let id = ContactId(self.contact_id.0);
        let [salt] = sealed_contact(sealer, key, id).open([("salt", Some(self.salt))], SALT)?;
        let salt = salt.and_then(|salt| unhex(salt.expose())?.try_into().ok());
        let last = Mark { by: version.act.by.clone(), at: version.act.at() };
        let created_at = moment(self.created_at, "contact.created_at")?;
        let author = editors.all.author().clone();
        let updated = (version.version > 1).then(|| last.clone());
        let is_deletion = version.event == ContactEventName::Deleted;
        if state.deleted_at.is_some() != is_deletion {
            return Err(corrupt("contact.deleted_at"));
        }
        let contact = Contact {
            id,
            person: parsed_or_corrupt(PersonId::parse(&self.person_id).ok(), "contact.person_id")?,
            account: parsed_or_corrupt(
                AccountId::parse(&self.account_id).ok(),
                "contact.account_id",
            )?,
            content: version.content,
            salt: ContentSalt::new(parsed_or_corrupt(salt, SALT)?),
            approval: state.approval(&editors.before_approval, version.reason)?,
            editors: editors.all,
            answer: state.answer(version.answer)?,
            mail: None,
            created: Mark { by: author, at: created_at },
            updated,
            deleted: is_deletion.then_some(last),
            data_key: DataKeyId(self.data_key_id.0),
            version: whole(state.version, "contact.version")?,
        };
        // A list that these times order or leave out would not show the contact as it is.
        let derived = ContactStateRow::new(&contact);
        if (derived.visible_from, derived.waiting_since)
            != (state.visible_from, state.waiting_since)
        {
            return Err(corrupt("contact.visible_from or waiting_since"));
        }
        Ok(contact)
    }
}

const SALT: &str = "contact.salt";

impl ContactStateRow {
    pub(crate) fn new(contact: &Contact) -> Self {
        let (decided_at, decided_by) = decided(&contact.approval);
        let given = contact.answer.given();
        let answered_by = given.map(|(_, mark)| &mark.by);
        Self {
            version: version_number(contact.version),
            application_id: contact.content.application.as_ref().map(|it| it.expose().to_owned()),
            contact_type: contact.content.contact_type.name().as_str().to_owned(),
            visible_from: contact.visible_from().map(At::from),
            waiting_since: contact.waiting_since().map(At::from),
            approval: contact.approval.name().as_str().to_owned(),
            decided_at,
            decided_issuer: decided_by.map(|by| by.issuer.to_string()),
            decided_subject: decided_by.map(|by| by.subject.to_string()),
            decided_kind: decided_by.map(|by| by.kind.as_str().to_owned()),
            answer_status: contact.answer.status().as_str().to_owned(),
            answer_channel: given.map(|(channel, _)| channel.as_str().to_owned()),
            answered_at: given.map(|(_, mark)| mark.at.into()),
            answer_issuer: answered_by.map(|by| by.issuer.to_string()),
            answer_subject: answered_by.map(|by| by.subject.to_string()),
            answer_kind: answered_by.map(|by| by.kind.as_str().to_owned()),
            deleted_at: contact.deleted.as_ref().map(|mark| mark.at.into()),
        }
    }

    fn approval(
        &self,
        editors: &Editors,
        reason: Option<RejectionReason>,
    ) -> Result<Approval, StoreError> {
        const PLACE: &str = "contact.approval and its facts";
        let at = self.decided_at.map(|at| moment(at, PLACE)).transpose()?;
        let by = actor_of(
            [&self.decided_issuer, &self.decided_subject, &self.decided_kind],
            "contact.decided_issuer, decided_subject or decided_kind",
        )?;
        let name = parsed_or_corrupt(ApprovalName::parse(&self.approval), PLACE)?;
        Ok(match (name, at, by, reason) {
            (ApprovalName::Draft, None, None, None) => Approval::Draft,
            (ApprovalName::ByPolicy, Some(at), None, None) => Approval::ByPolicy { at },
            (ApprovalName::Approved, Some(at), Some(by), None) => {
                let by = editors.approver(&by).map_err(|_| corrupt("contact: four eyes"))?;
                Approval::Approved { by, at }
            }
            (ApprovalName::Rejected, Some(at), Some(by), Some(reason)) => {
                Approval::Rejected { at, rejection: Rejection::ByPerson { by, reason } }
            }
            (ApprovalName::Rejected, Some(at), None, None) => {
                Approval::Rejected { at, rejection: Rejection::Expired }
            }
            (_, _, _, _) => return Err(corrupt(PLACE)),
        })
    }

    fn answer(&self, text: Option<AnswerText>) -> Result<ContactAnswer, StoreError> {
        const PLACE: &str = "contact.answer_status and its facts";
        let at = self.answered_at.map(|at| moment(at, PLACE)).transpose()?;
        let by = actor_of([&self.answer_issuer, &self.answer_subject, &self.answer_kind], PLACE)?;
        let mark = by.zip(at).map(|(by, at)| Mark { by, at });
        let status = parsed_or_corrupt(AnswerStatus::parse(&self.answer_status), PLACE)?;
        let channel = self.answer_channel.as_deref().map(AnswerChannel::parse);
        Ok(match (status, channel, mark, text) {
            (AnswerStatus::Unanswered, None, None, None) => ContactAnswer::Unanswered,
            (AnswerStatus::Answered, Some(Some(AnswerChannel::Phone)), Some(mark), None) => {
                ContactAnswer::ByPhone { mark }
            }
            (
                AnswerStatus::Answered,
                Some(Some(AnswerChannel::Customer)),
                Some(mark),
                Some(text),
            ) => ContactAnswer::ByCustomer { mark, text },
            (_, _, _, _) => return Err(corrupt(PLACE)),
        })
    }
}

/// When an approval was decided, and by whom.
fn decided(approval: &Approval) -> (Option<At>, Option<&ActorRef>) {
    match approval {
        Approval::Draft => (None, None),
        Approval::Approved { by, at } => (Some((*at).into()), Some(by.who())),
        Approval::Rejected { at, rejection: Rejection::ByPerson { by, .. } } => {
            (Some((*at).into()), Some(by))
        }
        Approval::Rejected { at, rejection: Rejection::Expired } | Approval::ByPolicy { at } => {
            (Some((*at).into()), None)
        }
    }
}

/// The actor of three columns, which all have a value or none.
fn actor_of(
    columns: [&Option<String>; 3],
    place: &'static str,
) -> Result<Option<ActorRef>, StoreError> {
    match columns.map(Option::as_deref) {
        [None, None, None] => Ok(None),
        [Some(issuer), Some(subject), Some(kind)] => actor(issuer, subject, kind, place).map(Some),
        [_, _, _] => Err(corrupt(place)),
    }
}
