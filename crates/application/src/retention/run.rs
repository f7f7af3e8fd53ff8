//! The job that reports, deletes and purges contacts.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use madoguchi_domain::act::Act;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{Contact, ContactId};
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::port::{Ids, RetentionStore, StoreError};
use madoguchi_domain::retention::{
    RetainedContact, RetentionPolicy, RetentionStep, RetentionWrite,
};

use super::walk::{PlannedContact, Walk};
use crate::Job;
use crate::pace::Pace;

/// Maximum contacts that are read in one step.
const PAGE: u32 = 500;
/// Maximum contacts that are written in one transaction.
const AT_ONCE: usize = 100;

/// What a run has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RetentionCounts {
    /// Contacts that it looked at.
    pub examined: u64,
    /// Reported as unanswered.
    pub reported: u64,
    /// Deleted, logically.
    pub deleted: u64,
    /// Purged.
    pub purged: u64,
    /// Kept because a legal hold covers them.
    pub held: u64,
    /// Kept after the end of their retention because nobody answered them.
    pub unanswered: u64,
    /// Changed or held meanwhile: the next run looks at them again.
    pub lost: u64,
    /// Kept because what is stored of them cannot be read: an operator must check.
    pub unreadable: u64,
}

/// Walks over all contacts once: reports those whose retention ends unanswered, deletes those that
/// wait for no answer when it ended, and purges those whose purge age is over. Each step is one
/// page; what it does is decided by the state of each contact, so that a walk that was killed is
/// simply begun again.
pub struct RetentionRun {
    /// The contacts.
    pub retention: Arc<dyn RetentionStore>,
    /// Ids of new versions.
    pub ids: Arc<dyn Ids>,
    /// The rules.
    pub policy: RetentionPolicy,
    /// Maximum contacts that are changed per second.
    pub per_second: NonZeroU32,
    progress: Mutex<Progress>,
}

#[derive(Debug, Clone, Copy)]
struct Progress {
    walk: Walk,
    counts: RetentionCounts,
}

impl fmt::Debug for RetentionRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetentionRun").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl RetentionRun {
    /// A run at the start of its walk.
    #[must_use]
    pub fn new(
        retention: Arc<dyn RetentionStore>,
        ids: Arc<dyn Ids>,
        policy: RetentionPolicy,
        per_second: NonZeroU32,
    ) -> Self {
        let progress = Progress { walk: Walk::START, counts: RetentionCounts::default() };
        Self { retention, ids, policy, per_second, progress: Mutex::new(progress) }
    }

    /// What this walk did, or the last one if none was begun since.
    #[must_use]
    pub fn counts(&self) -> RetentionCounts {
        self.progress().counts
    }

    fn progress(&self) -> Progress {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last contact of a second's work, if the page has more than that.
    fn last_of_second(&self, page: &[RetainedContact], act: &Act) -> Option<usize> {
        let most = self.per_second.get() as usize;
        let is_due =
            |(_, it): &(usize, &RetainedContact)| it.step(&self.policy, act.at()).is_some();
        let last = page.iter().enumerate().filter(is_due).nth(most - 1).map(|(at, _)| at);
        last.filter(|last| last + 1 < page.len())
    }

    /// The changes that are due of these contacts.
    async fn changes(
        &self,
        page: &[RetainedContact],
        counts: &mut RetentionCounts,
        act: &Act,
    ) -> Result<Vec<Change<RetentionWrite>>, StoreError> {
        let (mut changes, mut to_delete) = (Vec::new(), Vec::new());
        for contact in page {
            counts.examined += 1;
            match PlannedContact::of(contact, &self.policy, act.at()) {
                None => {}
                Some(PlannedContact::Held) => counts.held += 1,
                Some(PlannedContact::Unanswered) => counts.unanswered += 1,
                Some(PlannedContact::Step(RetentionStep::Report)) => {
                    changes.push(contact.report(act));
                }
                Some(PlannedContact::Step(RetentionStep::Delete)) => {
                    to_delete.push((contact.id, contact.version));
                }
                Some(PlannedContact::Step(RetentionStep::Purge(ground))) => {
                    changes.extend(contact.purge(ground, &self.policy, act));
                }
            }
        }
        let ids: Vec<_> = to_delete.iter().map(|(id, _)| *id).collect();
        let mut contacts = self.readable(&ids, counts).await?;
        // One that was changed since then may not be due any more.
        let read = contacts.len();
        contacts.retain(|it| to_delete.contains(&(it.id, it.version)));
        counts.lost += (read - contacts.len()) as u64;
        let deletion = |contact| RetentionWrite::delete(contact, self.ids.uuid(), act);
        changes.extend(contacts.iter().filter_map(deletion));
        Ok(changes)
    }

    /// The contacts of these ids. One that cannot be read keeps no other from being deleted.
    async fn readable(
        &self,
        ids: &[ContactId],
        counts: &mut RetentionCounts,
    ) -> Result<Vec<Contact>, StoreError> {
        match self.retention.contacts(ids).await {
            Ok(contacts) => return Ok(contacts),
            Err(StoreError::Corrupt(_)) => {}
            Err(unavailable @ StoreError::Unavailable(_)) => return Err(unavailable),
        }
        let mut readable = Vec::new();
        for id in ids {
            match self.retention.contacts(&[*id]).await {
                Ok(contacts) => readable.extend(contacts),
                Err(StoreError::Corrupt(place)) => {
                    tracing::error!(place, contact = %id, "a contact cannot be read: it stays");
                    counts.unreadable += 1;
                }
                Err(unavailable @ StoreError::Unavailable(_)) => return Err(unavailable),
            }
        }
        Ok(readable)
    }

    /// Does what is due of a page, and returns where the walk goes on.
    async fn page(
        &self,
        walk: Walk,
        counts: &mut RetentionCounts,
        act: &Act,
    ) -> Result<Option<Walk>, StoreError> {
        let (page, mut next) = walk.page(&*self.retention, (&self.policy, act.at()), PAGE).await?;
        let (mut contacts, mut unreadable) = (&page.contacts[..], page.unreadable.len());
        // Not more than a second's work, so that the lease is renewed in time.
        if let Some(last) = self.last_of_second(contacts, act) {
            let end = walk.position(&contacts[last]);
            unreadable = page.unreadable.iter().filter(|it| **it < end).count();
            (contacts, next) = (&contacts[..=last], Some(walk.after(end)));
        }
        counts.unreadable += unreadable as u64;
        let changes = self.changes(contacts, counts, act).await?;
        let mut pace = Pace::new(self.per_second);
        for some in changes.chunks(AT_ONCE) {
            self.commit(some, counts).await?;
            pace.wait(some.len()).await;
        }
        if next.is_none() {
            let RetentionCounts { examined, reported, deleted, purged, lost, unreadable, .. } =
                *counts;
            tracing::info!(examined, reported, deleted, purged, lost, unreadable, "retention");
        }
        Ok(next)
    }

    async fn commit(
        &self,
        changes: &[Change<RetentionWrite>],
        counts: &mut RetentionCounts,
    ) -> Result<(), StoreError> {
        let committed = self.retention.commit(changes).await?;
        for (change, committed) in changes.iter().zip(committed) {
            let counter = match (&change.write, committed) {
                (_, Committed::Lost) => &mut counts.lost,
                (RetentionWrite::Report { .. }, Committed::Moved) => &mut counts.reported,
                (RetentionWrite::Delete(..), Committed::Moved) => &mut counts.deleted,
                (RetentionWrite::Purge { .. }, Committed::Moved) => &mut counts.purged,
                // No step of a run.
                (RetentionWrite::Complete { .. }, Committed::Moved) => continue,
            };
            *counter += 1;
        }
        Ok(())
    }
}

#[async_trait]
impl Job for RetentionRun {
    fn name(&self) -> JobName {
        JobName::of("retention")
    }

    async fn step(&self, _: &JobLease, act: &Act) -> Result<bool, StoreError> {
        let Progress { walk, mut counts } = self.progress();
        if walk == Walk::START {
            counts = RetentionCounts::default();
        }
        let next = self.page(walk, &mut counts, act).await;
        // What was committed before a failure is counted; its page is read again.
        let after = next.as_ref().map_or(walk, |next| next.unwrap_or(Walk::START));
        let progress = Progress { walk: after, counts };
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
        next.map(|next| next.is_some())
    }
}
