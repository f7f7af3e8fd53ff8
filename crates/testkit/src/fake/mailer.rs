//! A fake mail server: in memory, records every mail, fails on request.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use madoguchi_domain::effect::{Doubt, Outcome, UpstreamCode, WhyNotSent};
use madoguchi_domain::mail::Mail;
use madoguchi_domain::port::Mailer;

/// How the fake handles one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailBehaviour {
    /// Accept it and say so.
    Accept,
    /// Accept it; the answer is lost.
    AcceptThenLose(Doubt),
    /// Do not accept it; the answer is lost.
    Lose(Doubt),
    /// Refuse it for good with this code.
    Refuse(UpstreamCode),
    /// Do not take it now.
    NotSent(WhyNotSent),
}

/// The fake. It accepts every mail without a scripted behaviour.
#[derive(Debug, Default)]
pub struct FakeMailer(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    script: VecDeque<MailBehaviour>,
    accepted: Vec<Mail>,
}

impl FakeMailer {
    /// Scripts the next mails, one behaviour each.
    pub fn script(&self, behaviours: impl IntoIterator<Item = MailBehaviour>) {
        self.memory().script.extend(behaviours);
    }

    /// All mails that were accepted, in order.
    #[must_use]
    pub fn accepted(&self) -> Vec<Mail> {
        self.memory().accepted.clone()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Mailer for FakeMailer {
    async fn send(&self, mail: &Mail) -> Outcome {
        let mut memory = self.memory();
        let behaviour = memory.script.pop_front().unwrap_or(MailBehaviour::Accept);
        if matches!(behaviour, MailBehaviour::Accept | MailBehaviour::AcceptThenLose(_)) {
            memory.accepted.push(mail.clone());
        }
        match behaviour {
            MailBehaviour::Accept => Outcome::Applied,
            MailBehaviour::AcceptThenLose(doubt) | MailBehaviour::Lose(doubt) => {
                Outcome::Unknown(doubt)
            }
            MailBehaviour::Refuse(code) => Outcome::Refused(code),
            MailBehaviour::NotSent(why) => Outcome::NotSent(why),
        }
    }
}
