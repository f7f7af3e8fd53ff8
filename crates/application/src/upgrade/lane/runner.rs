//! Runs one batch of the decision lane: load, decide, commit, answer. Requests that must be decided
//! again are returned for retry.
//!
//! Requests that arrive while a batch is loading join the same commit.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::idempotency::Replay;
use madoguchi_domain::port::{ReplayStore, StoreError, UpgradeStore};
use madoguchi_domain::upgrade::{FoundCase, UpgradePolicy, Write};
use tokio::time::Instant;

use super::batch::{Batch, Decided};
use super::inbox::{Inbox, Waiting};
use crate::caught::caught;
use crate::until_moved::MOST_TRIES;
use crate::{PlannedSignal, ServiceError};

/// Maximum extra loads per batch. Each one delays the requests already in it.
const LATE_LOADS: u32 = 3;

/// A batch that fails later than this has waited, perhaps for a lock: it is not tried again as a
/// whole.
const QUICK: Duration = Duration::from_secs(1);

pub(super) struct BatchRunner {
    pub(super) store: Arc<dyn UpgradeStore>,
    pub(super) replays: Arc<dyn ReplayStore>,
    pub(super) policy: Arc<UpgradePolicy>,
    pub(super) planned: PlannedSignal,
}

/// Requests that were not answered because a load or commit failed.
struct Failed {
    unanswered: Vec<Waiting>,
    error: StoreError,
}

/// What was loaded for a request.
type Loaded = (Option<FoundCase>, Option<Replay>);

impl BatchRunner {
    /// Answers what it can; returns the requests to decide again on fresh data, in their order. A
    /// batch that fails is retried once, which also shows whether a commit with an unknown outcome
    /// was written. If it fails again, or slowly, its requests run one by one, so that one
    /// unreadable or locked row fails alone.
    pub(super) async fn answer(&self, first: Vec<Waiting>, inbox: &mut Inbox) -> Vec<Waiting> {
        let began = Instant::now();
        let unanswered = match self.attempt(first, Some(inbox)).await {
            Ok(retry) => return retry,
            Err(Failed { unanswered, .. }) => unanswered,
        };
        if began.elapsed() > QUICK {
            self.one_by_one(unanswered).await;
            return Vec::new();
        }
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
            if failures_in_a_row == 2 || one.is_overdue() {
                // The store is down, not one row unreadable, or this one waited too long: do not
                // block the queue behind it.
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
        let (mut batch, began) = (Batch::default(), Instant::now());
        self.load(&mut batch, first).await?;
        // Without a change there is no commit to share; a slow store gets no more loads.
        let shares = !batch.changes.is_empty() && began.elapsed() < QUICK;
        if let Some(inbox) = inbox.filter(|_| shares) {
            self.let_in(&mut batch, inbox).await;
        }
        if batch.decided.iter().any(|one| one.waiting.is_overdue()) {
            // They waited too long for their load: the others are tried again without them.
            let error = StoreError::Unavailable("a load took too long");
            return Err(Failed { unanswered: batch.into_waiting(), error });
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

    /// Loads and decides these, without those that have waited too long: the store may be stuck,
    /// and others wait behind them.
    async fn load(&self, batch: &mut Batch, waiting: Vec<Waiting>) -> Result<(), Failed> {
        let (overdue, waiting): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(Waiting::is_overdue);
        overdue.into_iter().for_each(|one| one.answer(Err(ServiceError::Unavailable)));
        if waiting.is_empty() {
            return Ok(());
        }
        let loaded = match self.find(&waiting).await {
            Ok(loaded) => loaded,
            Err(error) => return Err(Failed { unanswered: waiting, error }),
        };
        batch.loads += 1;
        for (waiting, (found, replay)) in waiting.into_iter().zip(loaded) {
            match waiting.key().copied().zip(replay) {
                Some((key, replay)) => batch.replay(waiting, &key, &replay),
                None => batch.take(waiting, found, &self.policy),
            }
        }
        Ok(())
    }

    /// The snapshot and the stored answer of each request. The answers are read last: what a
    /// snapshot shows may be what the first request with the key wrote.
    async fn find(&self, waiting: &[Waiting]) -> Result<Vec<Loaded>, StoreError> {
        let lookups: Vec<_> = waiting.iter().map(|one| one.request().lookup()).collect();
        let keys: Vec<_> = waiting.iter().filter_map(|one| Some(one.key()?.key)).collect();
        let found = caught(self.store.load(&lookups)).await?;
        let stored =
            if keys.is_empty() { Vec::new() } else { caught(self.replays.find(&keys)).await? };
        let mut stored = stored.into_iter();
        let of = |one: &Waiting| one.key().and_then(|_| stored.next().flatten());
        Ok(found.into_iter().zip(waiting.iter().map(of)).collect())
    }

    async fn commit(&self, batch: Batch) -> Result<Vec<Waiting>, Failed> {
        let Batch { decided, changes, retry, .. } = batch;
        let committed = if changes.is_empty() {
            Ok(Vec::new())
        } else {
            caught(self.store.commit(&changes)).await
        };
        let (committed, mut failed) = match committed {
            Ok(committed) => (committed, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        if failed.is_some() || planned_an_effect(&changes, &committed) {
            // Also after a failure: the commit may be durable, and a spurious wake-up is harmless.
            self.planned.notify();
        }
        count_contradictions(&changes, &committed);
        let is_durable = |one: &Decided| {
            one.depends_on.is_none_or(|at| committed.get(at) == Some(&Committed::Moved))
        };
        let (durable, lost): (Vec<_>, Vec<_>) = decided.into_iter().partition(is_durable);
        let mut unanswered: Vec<_> = lost.into_iter().map(|one| one.waiting).collect();
        if failed.is_none() {
            failed = self.record(durable, &mut unanswered).await.err();
        } else {
            let keyed = answer_all_but_keyed(durable);
            unanswered.extend(keyed.into_iter().map(|one| one.waiting));
        }
        let mut again = Vec::new();
        for waiting in unanswered {
            if waiting.tries < MOST_TRIES {
                again.push(waiting);
            } else {
                waiting.answer(Err(ServiceError::Unavailable));
            }
        }
        again.extend(retry);
        match failed {
            Some(error) => Err(Failed { unanswered: again, error }),
            None => Ok(again),
        }
    }

    /// Answers all, and stores the answers that came without a change of their own before it gives
    /// them. A request whose answer was not stored is added to `unanswered`.
    async fn record(
        &self,
        durable: Vec<Decided>,
        unanswered: &mut Vec<Waiting>,
    ) -> Result<(), StoreError> {
        let keyed = answer_all_but_keyed(durable);
        let replays: Vec<_> = keyed.iter().filter_map(|one| one.replay.clone()).collect();
        if replays.is_empty() {
            return Ok(());
        }
        let recorded = caught(self.replays.record(&replays)).await;
        let mut is_stored = recorded.iter().flatten().map(|it| *it == Committed::Moved);
        for Decided { waiting, answer, .. } in keyed {
            match is_stored.next() {
                Some(true) => waiting.answer(answer),
                Some(false) | None => unanswered.push(waiting),
            }
        }
        recorded.map(|_| ())
    }
}

/// Answers the requests that have nothing left to store; returns the others.
fn answer_all_but_keyed(durable: Vec<Decided>) -> Vec<Decided> {
    let (keyed, plain): (Vec<_>, Vec<_>) =
        durable.into_iter().partition(|one| one.replay.is_some());
    for Decided { waiting, answer, .. } in plain {
        waiting.answer(answer);
    }
    keyed
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
