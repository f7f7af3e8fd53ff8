//! All journeys of the demo, in the order in which they run.

use super::announcement;
use super::call::Call;
use super::contact::ContactJourney;
use super::context::DemoContext;
use super::mail::MailJourney;
use super::person;
use super::retention;
use super::stuck;
use super::upgrade::Upgrade;
use super::walk::Walk;

/// One journey.
#[derive(Debug, Clone, Copy)]
pub(super) enum Journey {
    Upgrade(Upgrade),
    StuckEffect,
    Call(Call),
    Person,
    Contact(ContactJourney),
    Mail(MailJourney),
    Announcement,
    Retention,
}

impl Journey {
    pub(super) const ALL: [Self; 16] = [
        Self::Upgrade(Upgrade::Passed),
        Self::Upgrade(Upgrade::LostAnswer),
        Self::Upgrade(Upgrade::Refused),
        Self::Upgrade(Upgrade::NotPassed),
        Self::Upgrade(Upgrade::SaidTwice),
        Self::StuckEffect,
        Self::Call(Call::WhoIsCalling),
        Self::Call(Call::ThroughTheGateway),
        Self::Call(Call::HalfIsLate),
        Self::Person,
        Self::Contact(ContactJourney::Answered),
        Self::Contact(ContactJourney::Moved),
        Self::Mail(MailJourney::Uncertain),
        Self::Mail(MailJourney::Suppressed),
        Self::Announcement,
        Self::Retention,
    ];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Upgrade(upgrade) => upgrade.title(),
            Self::StuckEffect => stuck::TITLE,
            Self::Call(call) => call.title(),
            Self::Person => person::TITLE,
            Self::Contact(contact) => contact.title(),
            Self::Mail(mail) => mail.title(),
            Self::Announcement => announcement::TITLE,
            Self::Retention => retention::TITLE,
        }
    }

    pub(super) async fn walk(self, demo: &DemoContext, walk: &mut Walk) -> anyhow::Result<()> {
        match self {
            Self::Upgrade(upgrade) => upgrade.walk(demo, walk).await,
            Self::StuckEffect => stuck::walk(demo, walk).await,
            Self::Call(call) => call.walk(demo, walk).await,
            Self::Person => person::walk(demo, walk).await,
            Self::Contact(contact) => contact.walk(demo, walk).await,
            Self::Mail(mail) => mail.walk(demo, walk).await,
            Self::Announcement => announcement::walk(demo, walk).await,
            Self::Retention => retention::walk(demo, walk).await,
        }
    }
}
