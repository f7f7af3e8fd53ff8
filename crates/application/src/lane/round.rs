//! One round of the lane: load, decide, commit, answer; what must be decided again is left.

use std::collections::HashMap;
use std::sync::Arc;

use madoguchi_domain::member::MemberId;
use madoguchi_domain::port::{Committed, StoreError, UpgradeStore};
use madoguchi_domain::upgrade::{
    CaseKey, Change, Command, Decision, Dossier, Refusal, Standing, UpgradePolicy, Write, decide,
};
use tokio::sync::Notify;

use super::Waiting;
use crate::DeskError;

/// How often a request is decided before it is told to come back.
const MOST_TRIES: u32 = 6;

pub(super) struct Round {
    pub(super) store: Arc<dyn UpgradeStore>,
    pub(super) policy: Arc<UpgradePolicy>,
    pub(super) planned: Arc<Notify>,
}

/// A decided request, and the change of this round that its answer rests on.
struct Decided {
    waiting: Waiting,
    answer: Result<Standing, Refusal>,
    rests_on: Option<usize>,
}

/// What one round has decided so far.
#[derive(Default)]
struct Batch {
    decided: Vec<Decided>,
    changes: Vec<Change>,
    members: HashMap<MemberId, Open>,
    left: Vec<Waiting>,
}

/// A member's place in the round: what is known of it by now.
struct Open {
    key: CaseKey,
    dossier: Dossier,
    rests_on: Option<usize>,
    closed: bool,
}

impl Round {
    /// Answers what it can; returns what must be decided again, in its order.
    pub(super) async fn run(&self, mut waiting: Vec<Waiting>) -> Vec<Waiting> {
        for one in &mut waiting {
            one.tries += 1;
        }
        let lookups: Vec<_> = waiting.iter().map(|one| one.request.lookup()).collect();
        let found = match self.store.load(&lookups).await {
            Ok(found) => found,
            Err(error) => return self.alone_or_told(waiting, error).await,
        };
        let mut batch = Batch::default();
        for (waiting, found) in waiting.into_iter().zip(found) {
            batch.take(waiting, found, &self.policy);
        }
        self.commit(batch).await
    }

    async fn commit(&self, batch: Batch) -> Vec<Waiting> {
        let Batch { decided, changes, mut left, .. } = batch;
        let committed =
            if changes.is_empty() { Ok(Vec::new()) } else { self.store.commit(&changes).await };
        let committed = match committed {
            Ok(committed) => committed,
            Err(error) => {
                let (resting, unsure): (Vec<_>, Vec<_>) =
                    decided.into_iter().partition(|one| one.rests_on.is_none());
                resting
                    .into_iter()
                    .for_each(|one| one.waiting.answer(one.answer.map_err(Into::into)));
                let mut unsure: Vec<_> = unsure.into_iter().map(|one| one.waiting).collect();
                unsure.append(&mut left);
                return self.alone_or_told(unsure, error).await;
            }
        };
        if moved_an_effect(&changes, &committed) {
            self.planned.notify_one();
        }
        let mut again = Vec::new();
        for Decided { waiting, answer, rests_on } in decided {
            let moved = rests_on.is_none_or(|at| committed.get(at) == Some(&Committed::Moved));
            if moved {
                waiting.answer(answer.map_err(DeskError::from));
            } else if waiting.tries < MOST_TRIES {
                again.push(waiting);
            } else {
                waiting.answer(Err(DeskError::Unavailable));
            }
        }
        again.append(&mut left);
        again
    }

    /// A batch that failed as a whole is tried again one by one, each on what is true by then,
    /// so that one poisoned request fails alone and an unknown commit is found out. What the
    /// store refuses twice is told.
    async fn alone_or_told(&self, waiting: Vec<Waiting>, error: StoreError) -> Vec<Waiting> {
        let (once, twice): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|one| one.tries < 2);
        for one in twice {
            one.answer(Err(error.clone().into()));
        }
        if once.len() < 2 {
            return once;
        }
        let mut left = Vec::new();
        let mut down = false;
        for one in once {
            if down {
                one.answer(Err(error.clone().into()));
                continue;
            }
            let again = Box::pin(self.run(vec![one])).await;
            down = matches!(error, StoreError::Unavailable(_)) && self.is_down().await;
            left.extend(again);
        }
        left
    }

    async fn is_down(&self) -> bool {
        matches!(self.store.load(&[]).await, Err(StoreError::Unavailable(_)))
    }
}

impl Batch {
    fn take(&mut self, waiting: Waiting, found: Option<Dossier>, policy: &UpgradePolicy) {
        let Some(found) = found else {
            let Decision { answer, .. } = decide(None, &waiting.request, policy);
            self.decided.push(Decided { waiting, answer, rests_on: None });
            return;
        };
        let member = found.member.id.clone();
        let Some(open) = self.members.get_mut(&member) else {
            self.first(member, waiting, found, policy);
            return;
        };
        let folds = open.key == waiting.request.key
            && !matches!(waiting.request.command, Command::Verify { .. });
        if open.closed || !folds {
            open.closed = true;
            self.left.push(waiting);
            return;
        }
        let decision = decide(Some(open.dossier.clone()), &waiting.request, policy);
        let rests_on = match decision.change {
            Some(Change { write: Write::Nothing, .. }) | None => open.rests_on,
            Some(_) => {
                // A second write of one case needs to see the first one durable.
                open.closed = true;
                self.left.push(waiting);
                return;
            }
        };
        self.changes.extend(decision.change);
        self.decided.push(Decided { waiting, answer: decision.answer, rests_on });
    }

    fn first(
        &mut self,
        member: MemberId,
        waiting: Waiting,
        found: Dossier,
        policy: &UpgradePolicy,
    ) {
        let Decision { change, answer, after } = decide(Some(found), &waiting.request, policy);
        let rests_on = change.is_some().then_some(self.changes.len());
        self.changes.extend(change);
        if let Some(dossier) = after {
            let key = waiting.request.key.clone();
            self.members.insert(member, Open { key, dossier, rests_on, closed: false });
        }
        self.decided.push(Decided { waiting, answer, rests_on });
    }
}

fn moved_an_effect(changes: &[Change], committed: &[Committed]) -> bool {
    changes.iter().zip(committed).any(|(change, committed)| {
        let planned = matches!(change.write, Write::Move { effect: Some(_), .. });
        planned && *committed == Committed::Moved
    })
}
