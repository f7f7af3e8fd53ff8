//! One batch of the decision lane: load, decide, commit, answer. Requests that must be decided
//! again are returned for retry.
//!
//! Requests that arrive while a batch is loading join the same commit.

use std::collections::HashMap;
use std::sync::Arc;

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::member::MemberId;
use madoguchi_domain::port::{StoreError, UpgradeStore};
use madoguchi_domain::upgrade::{
    CaseResult, CaseSnapshot, Decision, Lookup, Refusal, UpgradePolicy, Write, decide,
};

use super::inbox::{Inbox, Waiting};
use crate::until_moved::MOST_TRIES;
use crate::{PlannedSignal, ServiceError};

/// Maximum extra loads per batch. Each one delays the requests already in it.
const LATE_LOADS: u32 = 3;

pub(super) struct BatchRunner {
    pub(super) store: Arc<dyn UpgradeStore>,
    pub(super) policy: Arc<UpgradePolicy>,
    pub(super) planned: PlannedSignal,
}

/// A decided request, and the index of the change in this batch that its answer depends on.
struct Decided {
    waiting: Waiting,
    answer: Result<CaseResult, Refusal>,
    depends_on: Option<usize>,
}

/// What this batch has decided so far.
#[derive(Default)]
struct Batch {
    decided: Vec<Decided>,
    changes: Vec<Change<Write>>,
    members: HashMap<MemberId, MemberSlot>,
    retry: Vec<Waiting>,
    /// Number of loads so far.
    loads: u32,
}

/// A member in this batch: its snapshot after the decisions so far.
struct MemberSlot {
    lookup: Lookup,
    /// The load it comes from. Requests of a later load may depend on newer data.
    load: u32,
    snapshot: CaseSnapshot,
    depends_on: Option<usize>,
    sealed: bool,
}

/// Requests that were not answered because a load or commit failed.
struct Failed {
    unanswered: Vec<Waiting>,
    error: StoreError,
}

impl BatchRunner {
    /// Answers what it can; returns the requests to decide again on fresh data, in their order. A
    /// batch that fails is retried once, which also shows whether a commit with an unknown outcome
    /// was written. If it fails again, its requests run one by one, so that one unreadable row
    /// fails alone.
    pub(super) async fn answer(&self, first: Vec<Waiting>, inbox: &mut Inbox) -> Vec<Waiting> {
        let unanswered = match self.attempt(first, Some(inbox)).await {
            Ok(retry) => return retry,
            Err(Failed { unanswered, .. }) => unanswered,
        };
        match self.attempt(unanswered, None).await {
            Ok(retry) => retry,
            Err(Failed { unanswered, .. }) => {
                self.one_by_one(unanswered).await;
                Vec::new()
            }
        }
    }

    async fn one_by_one(&self, waiting: Vec<Waiting>) {
        let mut failures_in_a_row = 0;
        for one in waiting {
            if failures_in_a_row == 2 {
                // Not one unreadable row: the store is down. Do not block the queue behind it.
                one.answer(Err(ServiceError::Unavailable));
                continue;
            }
            let mut retry = vec![one];
            while !retry.is_empty() {
                match self.attempt(std::mem::take(&mut retry), None).await {
                    Ok(again) => {
                        failures_in_a_row = 0;
                        retry = again;
                    }
                    Err(Failed { unanswered, error }) => {
                        let is_down = matches!(error, StoreError::Unavailable(_));
                        failures_in_a_row = if is_down { failures_in_a_row + 1 } else { 0 };
                        let error = ServiceError::from(error);
                        unanswered.into_iter().for_each(|one| one.answer(Err(error)));
                    }
                }
            }
        }
    }

    /// Answers what it can; returns the requests to decide again, in their order. Requests that
    /// arrive in `inbox` meanwhile join the batch.
    async fn attempt(
        &self,
        first: Vec<Waiting>,
        inbox: Option<&mut Inbox>,
    ) -> Result<Vec<Waiting>, Failed> {
        let mut batch = Batch::default();
        self.load(&mut batch, first).await?;
        // Without a change there is no commit to share.
        if let Some(inbox) = inbox.filter(|_| !batch.changes.is_empty()) {
            self.let_in(&mut batch, inbox).await;
        }
        self.commit(batch).await
    }

    /// Loads and decides requests that arrived meanwhile. If that load fails, they go to the next
    /// batch, and the requests already in this one are not affected.
    async fn let_in(&self, batch: &mut Batch, inbox: &mut Inbox) {
        for _ in 0..LATE_LOADS {
            let late = inbox.arrived(batch.taken());
            if late.is_empty() {
                return;
            }
            if let Err(Failed { unanswered, .. }) = self.load(batch, late).await {
                batch.retry.extend(unanswered);
                return;
            }
        }
    }

    async fn load(&self, batch: &mut Batch, waiting: Vec<Waiting>) -> Result<(), Failed> {
        let lookups: Vec<_> = waiting.iter().map(|one| one.request().lookup()).collect();
        let found = match self.store.load(&lookups).await {
            Ok(found) => found,
            Err(error) => return Err(Failed { unanswered: waiting, error }),
        };
        batch.loads += 1;
        for (waiting, found) in waiting.into_iter().zip(found) {
            batch.take(waiting, found, &self.policy);
        }
        Ok(())
    }

    async fn commit(&self, batch: Batch) -> Result<Vec<Waiting>, Failed> {
        let Batch { decided, changes, mut retry, .. } = batch;
        let committed =
            if changes.is_empty() { Ok(Vec::new()) } else { self.store.commit(&changes).await };
        let (committed, failed) = match committed {
            Ok(committed) => (committed, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        if failed.is_some() || planned_an_effect(&changes, &committed) {
            // Also after a failure: the commit may be durable, and a spurious wake-up is harmless.
            self.planned.notify();
        }
        count_contradictions(&changes, &committed);
        let mut again = Vec::new();
        for Decided { waiting, answer, depends_on } in decided {
            let moved = depends_on.is_none_or(|at| committed.get(at) == Some(&Committed::Moved));
            if moved {
                waiting.answer(answer.map_err(ServiceError::from));
            } else if waiting.tries < MOST_TRIES {
                again.push(waiting);
            } else {
                waiting.answer(Err(ServiceError::Unavailable));
            }
        }
        again.append(&mut retry);
        match failed {
            Some(error) => Err(Failed { unanswered: again, error }),
            None => Ok(again),
        }
    }
}

impl Batch {
    /// Number of requests in the batch, those to retry included.
    fn taken(&self) -> usize {
        self.decided.len() + self.retry.len()
    }

    fn take(&mut self, waiting: Waiting, found: Option<CaseSnapshot>, policy: &UpgradePolicy) {
        let Some(found) = found else {
            let Decision { answer, .. } = decide(None, waiting.request(), policy);
            self.decided(waiting, answer, None);
            return;
        };
        let member = found.member.id.clone();
        let Some(open) = self.members.get_mut(&member) else {
            self.first(member, waiting, found, policy);
            return;
        };
        // The member's snapshot must come from the lookup that this request needs.
        let lookup = waiting.request().lookup();
        let folds = open.load == self.loads
            && open.lookup.key == lookup.key
            && (lookup.check.is_none() || lookup.check == open.lookup.check);
        if open.sealed || !folds {
            open.sealed = true;
            self.retry.push(waiting);
            return;
        }
        let decision = decide(Some(open.snapshot.clone()), waiting.request(), policy);
        let depends_on = match decision.change {
            None => open.depends_on,
            // An audit-only refusal depends on itself. It must contradict stored state, never
            // a change that is not committed yet.
            Some(Change { write: Write::Nothing, .. }) if open.depends_on.is_none() => {
                Some(self.changes.len())
            }
            Some(_) => {
                // A second write of one case must be decided after the first one is durable.
                open.sealed = true;
                self.retry.push(waiting);
                return;
            }
        };
        self.changes.extend(decision.change);
        self.decided(waiting, decision.answer, depends_on);
    }

    fn decided(
        &mut self,
        mut waiting: Waiting,
        answer: Result<CaseResult, Refusal>,
        depends_on: Option<usize>,
    ) {
        waiting.tries += 1;
        self.decided.push(Decided { waiting, answer, depends_on });
    }

    fn first(
        &mut self,
        member: MemberId,
        waiting: Waiting,
        found: CaseSnapshot,
        policy: &UpgradePolicy,
    ) {
        let Decision { change, answer, after } = decide(Some(found), waiting.request(), policy);
        let depends_on = change.is_some().then_some(self.changes.len());
        let moves = change.as_ref().is_some_and(|change| change.write != Write::Nothing);
        self.changes.extend(change);
        if let Some(snapshot) = after {
            let lookup = waiting.request().lookup();
            let depends_on = depends_on.filter(|_| moves);
            let load = self.loads;
            self.members
                .insert(member, MemberSlot { lookup, load, snapshot, depends_on, sealed: false });
        }
        self.decided(waiting, answer, depends_on);
    }
}

/// A change that writes nothing but its audit row is a refused contradiction.
fn count_contradictions(changes: &[Change<Write>], committed: &[Committed]) {
    let refused = changes.iter().zip(committed).filter(|(change, committed)| {
        change.write == Write::Nothing && **committed == Committed::Moved
    });
    let refused = refused.count() as u64;
    if refused > 0 {
        metrics::counter!("madoguchi_contradictions_total").increment(refused);
    }
}

fn planned_an_effect(changes: &[Change<Write>], committed: &[Committed]) -> bool {
    changes
        .iter()
        .zip(committed)
        .any(|(change, committed)| !change.effects.is_empty() && *committed == Committed::Moved)
}
