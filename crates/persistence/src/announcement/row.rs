//! The rows of announcements.

use madoguchi_domain::actor::ActorRef;
use madoguchi_domain::announcement::{
    Announcement, AnnouncementContent, AnnouncementId, AnnouncementState,
};
use madoguchi_domain::approval::{ContentSalt, Editors, Rejection, RejectionReason};
use madoguchi_domain::contact::{ContactBody, ContactLink, ContactSubject, Mark};
use madoguchi_domain::port::{Sealer, StoreError};
use madoguchi_domain::sealed::{DataKeyId, WrappedKey};
use madoguchi_domain::secret::{hex, unhex};

use super::state_row::AnnouncementStateRow;
use crate::database::column::{At, Key};
use crate::database::parse::{actor, corrupt, moment, opened, parsed_or_corrupt, whole};
use crate::database::schema::{announcement, announcement_editor};
use crate::database::statement::row;
use crate::person::row::version_number;
use crate::vault::sealed_row::SealedRow;

row! {
    /// What never changes.
    pub(crate) struct AnnouncementRow in announcement {
        announcement_id: Key,
        data_key_id: Key,
        created_at: At,
    }
}

row! {
    /// What is sealed.
    #[derive(diesel::AsChangeset)]
    #[diesel(treat_none_as_null = true)]
    pub(crate) struct AnnouncementTextRow in announcement {
        salt: Vec<u8>,
        subject: Vec<u8>,
        body: Vec<u8>,
        link: Option<Vec<u8>>,
        rejection_reason: Option<Vec<u8>>,
    }
}

row! {
    /// Who wrote, edited or submitted it.
    pub(crate) struct AnnouncementEditorRow in announcement_editor {
        announcement_id: Key,
        version: i32,
        issuer: String,
        subject: String,
        kind: String,
    }
}

impl From<&Announcement> for AnnouncementRow {
    fn from(announcement: &Announcement) -> Self {
        Self {
            announcement_id: Key(announcement.id.0),
            data_key_id: Key(announcement.data_key.0),
            created_at: announcement.created.at.into(),
        }
    }
}

impl AnnouncementEditorRow {
    pub(crate) fn new(announcement: &Announcement, by: &ActorRef) -> Self {
        Self {
            announcement_id: Key(announcement.id.0),
            version: version_number(announcement.version),
            issuer: by.issuer.to_string(),
            subject: by.subject.to_string(),
            kind: by.kind.as_str().to_owned(),
        }
    }

    /// The editors of all rows of one announcement, in the order of their versions.
    pub(crate) fn parse(rows: &[&Self]) -> Result<Editors, StoreError> {
        const PLACE: &str = "announcement_editor";
        let who = |row: &Self| actor(&row.issuer, &row.subject, &row.kind, PLACE);
        let author = rows.first().filter(|row| row.version == 1);
        let author = Editors::by(who(parsed_or_corrupt(author, PLACE)?)?);
        rows.iter().try_fold(author, |editors, row| Ok(editors.and(&who(row)?)))
    }
}

const fn cells<'a>(
    sealer: &'a dyn Sealer,
    key: &'a WrappedKey,
    id: AnnouncementId,
) -> SealedRow<'a> {
    SealedRow { sealer, key, table: "announcement", row: id.0 }
}

impl AnnouncementTextRow {
    pub(crate) fn seal(
        sealer: &dyn Sealer,
        key: &WrappedKey,
        announcement: &Announcement,
    ) -> Result<Self, StoreError> {
        let (salt, content) = (hex(announcement.salt.expose()), &announcement.content);
        let [salt, subject, body, link, rejection_reason] = cells(sealer, key, announcement.id)
            .seal([
                ("salt", Some(&*salt)),
                ("subject", Some(content.subject.expose())),
                ("body", Some(content.body.expose())),
                ("link", content.link.as_ref().map(ContactLink::expose)),
                ("rejection_reason", reason(&announcement.state)),
            ])?;
        Ok(Self {
            salt: salt.unwrap_or_default(),
            subject: subject.unwrap_or_default(),
            body: body.unwrap_or_default(),
            link,
            rejection_reason,
        })
    }
}

fn reason(state: &AnnouncementState) -> Option<&str> {
    match state {
        AnnouncementState::Rejected { rejection: Rejection::ByPerson { reason, .. }, .. } => {
            Some(reason.expose())
        }
        AnnouncementState::Rejected { rejection: Rejection::Expired, .. }
        | AnnouncementState::Draft
        | AnnouncementState::Submitted { .. }
        | AnnouncementState::Approved { .. } => None,
    }
}

impl AnnouncementRow {
    /// The announcement with these texts, in this state.
    pub(crate) fn open(
        self,
        sealer: &dyn Sealer,
        key: &WrappedKey,
        (texts, state): (AnnouncementTextRow, &AnnouncementStateRow),
        editors: Editors,
    ) -> Result<Announcement, StoreError> {
        const PLACE: &str = "announcement: a sealed column";
        let id = AnnouncementId(self.announcement_id.0);
        let [salt, subject, body, link, reason] = cells(sealer, key, id).open(
            [
                ("salt", Some(texts.salt)),
                ("subject", Some(texts.subject)),
                ("body", Some(texts.body)),
                ("link", texts.link),
                ("rejection_reason", texts.rejection_reason),
            ],
            PLACE,
        )?;
        let salt = salt.and_then(|salt| unhex(salt.expose())?.try_into().ok());
        let subject = opened(subject, ContactSubject::parse, PLACE)?;
        let body = opened(body, ContactBody::parse, PLACE)?;
        let posted_at = state.posted_at.map(|at| moment(at, "announcement.posted_at"));
        let reason = opened(reason, RejectionReason::parse, PLACE)?;
        let announcement = Announcement {
            id,
            content: AnnouncementContent {
                subject: parsed_or_corrupt(subject, PLACE)?,
                body: parsed_or_corrupt(body, PLACE)?,
                link: opened(link, ContactLink::parse, PLACE)?,
                posted_at: posted_at.transpose()?,
                mail: state.mail,
            },
            salt: ContentSalt::new(parsed_or_corrupt(salt, PLACE)?),
            state: state.parse(&editors, reason)?,
            created: Mark {
                by: editors.author().clone(),
                at: moment(self.created_at, "announcement.created_at")?,
            },
            editors,
            data_key: DataKeyId(self.data_key_id.0),
            version: whole(state.version, "announcement.version")?,
        };
        // A list that this time orders or leaves out would not show it as it is.
        if announcement.visible_from().map(At::from) != state.visible_from {
            return Err(corrupt("announcement.visible_from"));
        }
        Ok(announcement)
    }
}
