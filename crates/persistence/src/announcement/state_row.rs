//! How far an announcement is decided and mailed, as columns of its row.

use madoguchi_domain::actor::ActorRef;
use madoguchi_domain::announcement::{
    Announcement, AnnouncementState, AnnouncementStateName, Audience, Mailing, MailingState,
    MailingStateName,
};
use madoguchi_domain::approval::{Editors, Rejection, RejectionReason};
use madoguchi_domain::contact::Mark;
use madoguchi_domain::person::PersonId;
use madoguchi_domain::port::StoreError;

use crate::database::column::At;
use crate::database::parse::{actor, corrupt, moment, parsed_or_corrupt, whole};
use crate::database::schema::announcement;
use crate::database::statement::row;
use crate::person::row::version_number;

row! {
    /// How far it is decided and mailed, and the content that is not sealed.
    #[derive(diesel::AsChangeset)]
    #[diesel(treat_none_as_null = true)]
    pub(crate) struct AnnouncementStateRow in announcement {
        version: i32,
        posted_at: Option<At>,
        mail: bool,
        state: String,
        submitted_at: Option<At>,
        submitter_issuer: Option<String>,
        submitter_subject: Option<String>,
        submitter_kind: Option<String>,
        recipients: Option<i32>,
        recipients_hash: Option<Vec<u8>>,
        decided_at: Option<At>,
        decided_issuer: Option<String>,
        decided_subject: Option<String>,
        decided_kind: Option<String>,
        visible_from: Option<At>,
        mailing: Option<String>,
        mailing_since: Option<At>,
        mails_planned: Option<i32>,
        last_mailed: Option<String>,
    }
}

impl From<&Announcement> for AnnouncementStateRow {
    fn from(announcement: &Announcement) -> Self {
        let submitted = match &announcement.state {
            AnnouncementState::Submitted { mark, .. } => Some(mark),
            AnnouncementState::Draft
            | AnnouncementState::Approved { .. }
            | AnnouncementState::Rejected { .. } => None,
        };
        let (decided_at, decided_by) = decided(&announcement.state);
        let (audience, mailing) = (announcement.state.audience(), announcement.state.mailing());
        let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            version: version_number(announcement.version),
            posted_at: announcement.content.posted_at.map(At::from),
            mail: announcement.content.mail,
            state: announcement.state.name().as_str().to_owned(),
            submitted_at: submitted.map(|mark| mark.at.into()),
            submitter_issuer: submitted.map(|mark| mark.by.issuer.to_string()),
            submitter_subject: submitted.map(|mark| mark.by.subject.to_string()),
            submitter_kind: submitted.map(|mark| mark.by.kind.as_str().to_owned()),
            recipients: audience.map(|it| number(it.recipients)),
            recipients_hash: audience.map(|it| it.hash.to_vec()),
            decided_at,
            decided_issuer: decided_by.map(|by| by.issuer.to_string()),
            decided_subject: decided_by.map(|by| by.subject.to_string()),
            decided_kind: decided_by.map(|by| by.kind.as_str().to_owned()),
            visible_from: announcement.visible_from().map(At::from),
            mailing: mailing.map(|it| it.state.name().as_str().to_owned()),
            mailing_since: mailing.and_then(|it| it.state.since()).map(At::from),
            mails_planned: mailing.map(|it| number(it.planned)),
            last_mailed: mailing.and_then(|it| Some(it.last.as_ref()?.expose().to_owned())),
        }
    }
}

fn decided(state: &AnnouncementState) -> (Option<At>, Option<&ActorRef>) {
    match state {
        AnnouncementState::Approved { by, at, .. } => (Some((*at).into()), Some(by.who())),
        AnnouncementState::Rejected { at, rejection: Rejection::ByPerson { by, .. } } => {
            (Some((*at).into()), Some(by))
        }
        AnnouncementState::Rejected { at, rejection: Rejection::Expired } => {
            (Some((*at).into()), None)
        }
        AnnouncementState::Draft | AnnouncementState::Submitted { .. } => (None, None),
    }
}

impl AnnouncementStateRow {
    pub(crate) fn parse(
        &self,
        editors: &Editors,
        reason: Option<RejectionReason>,
    ) -> Result<AnnouncementState, StoreError> {
        const PLACE: &str = "announcement.state and its facts";
        let name = parsed_or_corrupt(AnnouncementStateName::parse(&self.state), PLACE)?;
        let submitted = mark(
            self.submitted_at,
            [&self.submitter_issuer, &self.submitter_subject, &self.submitter_kind],
        )?;
        let decided = mark(
            self.decided_at,
            [&self.decided_issuer, &self.decided_subject, &self.decided_kind],
        )?;
        Ok(match (name, submitted, self.audience()?, decided, reason) {
            (AnnouncementStateName::Draft, None, None, None, None) => AnnouncementState::Draft,
            (AnnouncementStateName::Submitted, Some(mark), Some(audience), None, None) => {
                AnnouncementState::Submitted { mark, audience }
            }
            (AnnouncementStateName::Approved, None, Some(audience), Some(mark), None) => {
                let by = editors.approver(&mark.by);
                let by = by.map_err(|_| corrupt("announcement: four eyes"))?;
                let mailing = self.mailing()?;
                AnnouncementState::Approved { by, at: mark.at, audience, mailing }
            }
            (AnnouncementStateName::Rejected, None, None, Some(Mark { by, at }), Some(reason)) => {
                let rejection = Rejection::ByPerson { by, reason };
                AnnouncementState::Rejected { at, rejection }
            }
            (_, _, _, _, _) => return Err(corrupt(PLACE)),
        })
    }

    fn audience(&self) -> Result<Option<Audience>, StoreError> {
        const PLACE: &str = "announcement.recipients";
        match (self.recipients, &self.recipients_hash) {
            (None, None) => Ok(None),
            (Some(count), Some(hash)) => {
                let hash = parsed_or_corrupt(hash.as_slice().try_into().ok(), PLACE)?;
                Ok(Some(Audience { recipients: whole(count, PLACE)?, hash }))
            }
            (_, _) => Err(corrupt(PLACE)),
        }
    }

    fn mailing(&self) -> Result<Option<Mailing>, StoreError> {
        const PLACE: &str = "announcement.mailing and its facts";
        let Some(name) = &self.mailing else { return Ok(None) };
        let name = parsed_or_corrupt(MailingStateName::parse(name), PLACE)?;
        let since = self.mailing_since.map(|at| moment(at, PLACE)).transpose()?;
        let state = match (name, since) {
            (MailingStateName::First, None) => MailingState::First,
            (MailingStateName::Held, Some(at)) => MailingState::Held(at),
            (MailingStateName::Running, None) => MailingState::Running,
            (MailingStateName::Stopped, Some(at)) => MailingState::Stopped(at),
            (MailingStateName::Planned, None) => MailingState::Planned,
            (_, _) => return Err(corrupt(PLACE)),
        };
        let last = self.last_mailed.as_deref().map(PersonId::parse).transpose();
        let last = last.map_err(|_| corrupt(PLACE))?;
        let planned = whole(self.mails_planned.ok_or(corrupt(PLACE))?, PLACE)?;
        Ok(Some(Mailing { state, planned, last }))
    }
}

/// Who and when, if all columns have a value.
fn mark(at: Option<At>, columns: [&Option<String>; 3]) -> Result<Option<Mark>, StoreError> {
    const PLACE: &str = "announcement: an actor and its time";
    match (at, columns.map(Option::as_deref)) {
        (None, [None, None, None]) => Ok(None),
        (Some(at), [Some(issuer), Some(subject), Some(kind)]) => {
            Ok(Some(Mark { by: actor(issuer, subject, kind, PLACE)?, at: moment(at, PLACE)? }))
        }
        (_, _) => Err(corrupt(PLACE)),
    }
}
