//! The rules of announcements: what an act makes of one, or why it is refused.

use crate::act::Act;
use crate::actor::ActorKind;
use crate::approval::{ContentHash, ContentSalt, Editors, FourEyes, Rejection, RejectionReason};
use crate::audit::{Action, AuditEntry};
use crate::change::Change;
use crate::contact::Mark;
use crate::if_match::IfMatch;
use crate::sealed::DataKeyId;

use super::{
    Announcement, AnnouncementEventName, AnnouncementId, AnnouncementRefusal, AnnouncementState,
    AnnouncementWrite, Audience, CheckedAnnouncement, Mailing,
};

/// An act on an announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnnouncementEvent {
    /// Replace its content; a submission or rejection is void then.
    Edit(Box<CheckedAnnouncement>),
    /// Fix content and recipients: these are all registered persons now.
    Submit(Audience),
    /// Approve it as it was shown.
    Approve {
        /// The hash of what was shown.
        seen: ContentHash,
    },
    /// Reject it.
    Reject(RejectionReason),
    /// Release the mails after the first batch.
    Release,
    /// Stop its mails.
    Stop,
}

impl AnnouncementEvent {
    /// The event's name.
    #[must_use]
    pub const fn name(&self) -> AnnouncementEventName {
        match self {
            Self::Edit(_) => AnnouncementEventName::Edited,
            Self::Submit(_) => AnnouncementEventName::Submitted,
            Self::Approve { .. } => AnnouncementEventName::Approved,
            Self::Reject(_) => AnnouncementEventName::Rejected,
            Self::Release => AnnouncementEventName::Released,
            Self::Stop => AnnouncementEventName::Stopped,
        }
    }

    fn audit(&self, id: AnnouncementId, act: &Act) -> AuditEntry {
        let (action, detail) = match self {
            Self::Edit(_) => (Action::ANNOUNCEMENT_EDITED, String::new()),
            Self::Submit(it) => (Action::ANNOUNCEMENT_SUBMITTED, it.recipients.to_string()),
            Self::Approve { .. } => (Action::ANNOUNCEMENT_APPROVED, String::new()),
            Self::Reject(_) => (Action::ANNOUNCEMENT_REJECTED, String::new()),
            Self::Release => (Action::ANNOUNCEMENT_RELEASED, String::new()),
            Self::Stop => (Action::ANNOUNCEMENT_STOPPED, String::new()),
        };
        AuditEntry::new(action, id.subject(), detail, act)
    }
}

/// The ids and random bytes of a new announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnnouncementIds {
    /// Its id.
    pub announcement: AnnouncementId,
    /// The id of its data key.
    pub data_key: DataKeyId,
    /// Under which its content is hashed.
    pub salt: ContentSalt,
}

impl Announcement {
    /// A new announcement, and the change that stores it.
    #[must_use]
    pub fn added(
        content: &CheckedAnnouncement,
        ids: NewAnnouncementIds,
        act: &Act,
    ) -> (Self, Change<AnnouncementWrite>) {
        let new = Self {
            id: ids.announcement,
            content: content.get().clone(),
            salt: ids.salt,
            editors: Editors::by(act.by.clone()),
            state: AnnouncementState::Draft,
            created: act.into(),
            data_key: ids.data_key,
            version: 1,
        };
        let audit = AuditEntry::new(Action::ANNOUNCEMENT_ADDED, new.id.subject(), "", act);
        let change = Change::new(AnnouncementWrite::Add(Box::new(new.clone())), audit);
        (new, change)
    }

    /// The change that an act makes on a version that `if_match` allows, and the announcement after
    /// it; no change if it is so already.
    ///
    /// # Errors
    /// When the act is refused. First the version is checked, then the state, then the act's own
    /// rules.
    pub fn change(
        &self,
        event: &AnnouncementEvent,
        if_match: &IfMatch,
        act: &Act,
    ) -> Result<(Option<Change<AnnouncementWrite>>, Self), AnnouncementRefusal> {
        if !if_match.allows(self.version) {
            return Err(AnnouncementRefusal::Stale);
        }
        if let AnnouncementEvent::Approve { seen } = event {
            self.is_as_seen(*seen)?;
        }
        self.state.name().allows(event.name())?;
        let Some(changed) = self.after(event, act)? else {
            return Ok((None, self.clone()));
        };
        let after = Self { version: self.version + 1, ..changed };
        let write = AnnouncementWrite::Update(Box::new(after.clone()), event.name());
        Ok((Some(Change::new(write, event.audit(self.id, act))), after))
    }

    fn after(
        &self,
        event: &AnnouncementEvent,
        act: &Act,
    ) -> Result<Option<Self>, AnnouncementRefusal> {
        let with = |state| Some(Self { state, ..self.clone() });
        Ok(match event {
            AnnouncementEvent::Edit(content) => self.edited(content, act),
            AnnouncementEvent::Submit(audience) => self.submitted(*audience, act)?,
            AnnouncementEvent::Approve { .. } => with(self.approved(act)?),
            AnnouncementEvent::Reject(reason) => {
                // A rejection needs no second person.
                if act.by.kind == ActorKind::System {
                    return Err(FourEyes::IsSystem.into());
                }
                let (by, reason) = (act.by.clone(), reason.clone());
                let rejection = Rejection::ByPerson { by, reason };
                with(AnnouncementState::Rejected { at: act.at(), rejection })
            }
            AnnouncementEvent::Release => self.with_mailing(self.mailing()?.released()?),
            AnnouncementEvent::Stop => {
                let stopped = self.mailing()?.stopped(act.at());
                stopped.and_then(|mailing| self.with_mailing(mailing))
            }
        })
    }

    /// Equal content changes nothing, except that a rejected one becomes a draft.
    fn edited(&self, content: &CheckedAnnouncement, act: &Act) -> Option<Self> {
        let is_rejected = matches!(self.state, AnnouncementState::Rejected { .. });
        if *content.get() == self.content && !is_rejected {
            return None;
        }
        Some(Self {
            content: content.get().clone(),
            editors: self.editors.clone().and(&act.by),
            state: AnnouncementState::Draft,
            ..self.clone()
        })
    }

    /// Who submits chose the recipients, and so cannot approve them.
    fn submitted(
        &self,
        audience: Audience,
        act: &Act,
    ) -> Result<Option<Self>, AnnouncementRefusal> {
        if audience.recipients == 0 {
            return Err(AnnouncementRefusal::NoRecipients);
        }
        if self.state.audience() == Some(&audience) {
            return Ok(None);
        }
        let state = AnnouncementState::Submitted { mark: Mark::from(act), audience };
        let editors = self.editors.clone().and(&act.by);
        Ok(Some(Self { state, editors, ..self.clone() }))
    }

    /// A draft may be a submission that was edited since it was read.
    fn is_as_seen(&self, seen: ContentHash) -> Result<(), AnnouncementRefusal> {
        let may_move = match self.state {
            AnnouncementState::Draft | AnnouncementState::Submitted { .. } => true,
            AnnouncementState::Approved { .. } | AnnouncementState::Rejected { .. } => false,
        };
        if may_move && seen != self.content_hash() {
            return Err(AnnouncementRefusal::ContentMoved);
        }
        Ok(())
    }

    fn approved(&self, act: &Act) -> Result<AnnouncementState, AnnouncementRefusal> {
        let by = self.editors.approver(&act.by)?;
        let audience = *self.state.audience().ok_or(AnnouncementRefusal::NotSubmitted)?;
        let mailing = self.content.mail.then(Mailing::new);
        Ok(AnnouncementState::Approved { by, at: act.at(), audience, mailing })
    }

    fn mailing(&self) -> Result<&Mailing, AnnouncementRefusal> {
        self.state.mailing().ok_or(AnnouncementRefusal::NoMails)
    }
}

#[cfg(test)]
mod tests;
