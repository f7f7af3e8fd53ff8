//! The mail of a contact, as columns of its row.

use madoguchi_domain::contact::{Contact, ContactMail};
use madoguchi_domain::mail::{MailId, MailState, MailStatus};
use madoguchi_domain::port::StoreError;

use crate::database::column::{At, Key};
use crate::database::parse::{corrupt, moment};
use crate::database::schema::contact;
use crate::database::statement::row;

/// The states of which a later transition of the mail's effect may change the row, as
/// [`MailStatus::is_open`] says.
pub(crate) const OPEN: [&str; 2] = [MailState::Pending.as_str(), MailState::Uncertain.as_str()];

row! {
    /// The mail, and its status as far as it concerns this contact.
    #[derive(diesel::AsChangeset)]
    #[diesel(treat_none_as_null = true)]
    pub(crate) struct ContactMailRow in contact {
        mail_id: Option<Key>,
        mail_state: Option<String>,
        mail_at: Option<At>,
        mail_reason: Option<String>,
    }
}

impl ContactMailRow {
    pub(crate) fn new(contact: &Contact) -> Self {
        let mail = contact.mail.as_ref();
        let status = mail.map(|mail| &mail.status);
        Self {
            mail_id: mail.map(|mail| Key(mail.id.0)),
            mail_state: status.map(|it| it.state().as_str().to_owned()),
            mail_at: status.map(|it| it.at().into()),
            mail_reason: status.and_then(MailStatus::reason).map(str::to_owned),
        }
    }

    pub(crate) fn parse(&self) -> Result<Option<ContactMail>, StoreError> {
        const PLACE: &str = "contact.mail_state and its facts";
        let Self { mail_id, mail_state, mail_at, mail_reason } = self;
        match (mail_id, mail_state, mail_at) {
            (None, None, None) if mail_reason.is_none() => Ok(None),
            (Some(id), Some(state), Some(at)) => {
                let state = MailState::parse(state).ok_or(corrupt(PLACE))?;
                let at = moment(*at, PLACE)?;
                let status = MailStatus::parse(state, at, mail_reason.as_deref());
                let status = status.ok_or(corrupt(PLACE))?;
                Ok(Some(ContactMail { id: MailId(id.0), status }))
            }
            (_, _, _) => Err(corrupt(PLACE)),
        }
    }
}
