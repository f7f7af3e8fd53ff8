//! What the kill test of announcements found.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_sandbox::AcceptedMail;
use serde_json::Value;

use crate::mails::Addressee;

/// Maximum time after a stop in which a mail that was under way is accepted.
const UNTIL_STOPPED: SignedDuration = SignedDuration::from_secs(2);

/// A person of the test.
pub(super) struct Person {
    pub(super) addressee: Addressee,
    /// Whether they stopped mail.
    pub(super) is_stopped: bool,
}

/// What became of the mails.
#[derive(Debug, Default)]
pub struct AnnouncementKillReport {
    pub(super) counts: Value,
    /// All kills, and those before the last mail was planned.
    pub(super) kills: (u32, u32),
    pub(super) took: Duration,
    /// The memory of the server in KiB after the last kill, and the most after it.
    pub(super) memory_kib: (u64, u64),
    /// The persons whose mail is named uncertain.
    pub(super) uncertain: Vec<String>,
    /// Who got no mail and whose mail is not named uncertain.
    pub(super) lost: Vec<String>,
    /// Who got more than one.
    pub(super) doubled: Vec<String>,
    /// Who got one although mail was stopped, or who was registered after the submission.
    pub(super) wrong: Vec<String>,
    pub(super) stopping: Option<Stopping>,
}

/// How an announcement was stopped half-way.
#[derive(Debug)]
pub(super) struct Stopping {
    /// The mails that were accepted, before and after the stop.
    pub(super) mails: usize,
    /// The time from the stop to the last mail that was accepted; negative if it was before.
    pub(super) last_after: SignedDuration,
}

impl AnnouncementKillReport {
    /// Whether everyone has what they must have, the stop stopped, and a kill hit the mailing.
    #[must_use]
    pub fn holds(&self) -> bool {
        let is_stopped = self.stopping.as_ref().is_some_and(|it| it.last_after <= UNTIL_STOPPED);
        let (kills, meanwhile) = self.kills;
        let nobody = [&self.lost, &self.doubled, &self.wrong].into_iter().all(Vec::is_empty);
        nobody && is_stopped && (kills == 0 || meanwhile > 0)
    }

    pub(super) fn judge(&mut self, mails: &[AcceptedMail], persons: &[Person], late: &Addressee) {
        let mut received: BTreeMap<&str, u64> = BTreeMap::new();
        for mail in mails {
            *received.entry(&mail.to).or_default() += 1;
        }
        let uncertain: HashSet<&str> = self.uncertain.iter().map(String::as_str).collect();
        let count = |of: &Addressee| received.get(&*of.email).copied().unwrap_or_default();
        for Person { addressee, is_stopped } in persons {
            let (person, count) = (&addressee.recipient.person, count(addressee));
            match (is_stopped, count) {
                (true, 0) | (false, 1) => {}
                (true, _) => self.wrong.push(person.clone()),
                (false, 0) if uncertain.contains(&**person) => {}
                (false, 0) => self.lost.push(person.clone()),
                (false, _) => self.doubled.push(person.clone()),
            }
        }
        if count(late) > 0 {
            self.wrong.push(late.recipient.person.clone());
        }
    }
}

impl fmt::Display for AnnouncementKillReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kills, meanwhile) = self.kills;
        let (after_kill, most) = self.memory_kib;
        let seconds = self.took.as_secs_f32();
        writeln!(f, "mails: {}", self.counts)?;
        writeln!(f, "{kills} kills, {meanwhile} of them while mails were planned; {seconds:.1} s")?;
        writeln!(f, "memory: {after_kill} KiB after the last kill, then at most {most} KiB")?;
        writeln!(f, "named uncertain: {}: {}", self.uncertain.len(), self.uncertain.join(" "))?;
        if let Some(Stopping { mails, last_after }) = &self.stopping {
            let millis = last_after.as_millis();
            writeln!(f, "stop: {mails} mails, the last {millis} ms after it (negative: before)")?;
        }
        for (what, persons) in
            [("lost", &self.lost), ("doubled", &self.doubled), ("wrong", &self.wrong)]
        {
            writeln!(f, "{what}: {} {}", persons.len(), persons.join(" "))?;
        }
        write!(f, "wrong is a mail to who stopped mail, or was registered after the submission")
    }
}
