//! The rows of those who wrote the content of a contact.

use madoguchi_domain::actor::ActorRef;
use madoguchi_domain::approval::{ApprovalName, Editors};
use madoguchi_domain::contact::Contact;
use madoguchi_domain::port::StoreError;

use crate::database::column::Key;
use crate::database::parse::{actor, parsed_or_corrupt};
use crate::database::schema::contact_editor;
use crate::database::statement::row;
use crate::person::row::version_number;

row! {
    pub(crate) struct EditorRow in contact_editor {
        contact_id: Key,
        version: i32,
        issuer: String,
        subject: String,
        kind: String,
        after_approval: bool,
    }
}

/// The editors of a contact. Who edited only after the approval could still approve before.
pub(crate) struct StoredEditors {
    pub(crate) all: Editors,
    pub(crate) before_approval: Editors,
}

impl EditorRow {
    /// The row of who wrote the contact's content as it is now.
    pub(crate) fn new(contact: &Contact, by: &ActorRef) -> Self {
        Self {
            contact_id: Key(contact.id.0),
            version: version_number(contact.version),
            issuer: by.issuer.to_string(),
            subject: by.subject.to_string(),
            kind: by.kind.as_str().to_owned(),
            after_approval: contact.approval.name() == ApprovalName::Approved,
        }
    }
}

impl StoredEditors {
    /// The editors of all rows of one contact, in the order of their versions.
    pub(crate) fn parse(rows: &[&EditorRow]) -> Result<Self, StoreError> {
        const PLACE: &str = "contact_editor";
        let who = |row: &EditorRow| actor(&row.issuer, &row.subject, &row.kind, PLACE);
        let author = rows.first().filter(|row| row.version == 1 && !row.after_approval);
        let author = who(parsed_or_corrupt(author, PLACE)?)?;
        let mut before_approval = Editors::by(author);
        for row in rows.iter().filter(|row| !row.after_approval) {
            before_approval = before_approval.and(&who(row)?);
        }
        let mut all = before_approval.clone();
        for row in rows {
            all = all.and(&who(row)?);
        }
        Ok(Self { all, before_approval })
    }
}
