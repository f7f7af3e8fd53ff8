//! What a batch of the decision lane has decided so far.

use std::collections::HashMap;

use madoguchi_domain::change::Change;
use madoguchi_domain::idempotency::{KeyedRequest, Replay};
use madoguchi_domain::member::MemberId;
use madoguchi_domain::upgrade::{
    CaseResult, Decision, FoundCase, GrantedCase, Lookup, Refusal, UpgradePolicy, Write, decide,
};

use super::inbox::Waiting;
use crate::idempotency::replayed;
use crate::{Answered, ServiceError};

/// A decided request, and the index of the change in this batch that its answer depends on.
pub(super) struct Decided {
    pub(super) waiting: Waiting,
    pub(super) answer: Result<Answered<GrantedCase>, ServiceError>,
    pub(super) depends_on: Option<usize>,
    /// The answer to store if the request has no change of its own to store it with.
    pub(super) replay: Option<Replay>,
}

/// What this batch has decided so far.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) decided: Vec<Decided>,
    pub(super) changes: Vec<Change<Write>>,
    members: HashMap<MemberId, MemberSlot>,
    pub(super) retry: Vec<Waiting>,
    /// Number of loads so far.
    pub(super) loads: u32,
}

/// A member in this batch: what was found, after the decisions so far.
struct MemberSlot {
    lookup: Lookup,
    /// The load it comes from. Requests of a later load may depend on newer data.
    load: u32,
    found: FoundCase,
    depends_on: Option<usize>,
    sealed: bool,
}

impl Batch {
    /// Number of requests in the batch, those to retry included.
    pub(super) fn taken(&self) -> usize {
        self.decided.len() + self.retry.len()
    }

    /// Its requests, undecided.
    pub(super) fn into_waiting(self) -> Vec<Waiting> {
        self.decided.into_iter().map(|one| one.waiting).chain(self.retry).collect()
    }

    /// Answers a request whose key has a stored answer.
    pub(super) fn replay(&mut self, mut waiting: Waiting, key: &KeyedRequest, replay: &Replay) {
        // Its own answer, if an earlier commit of this request had an unknown outcome.
        let is_own = waiting.tries > 0 && replay.request.at == key.at;
        waiting.tries += 1;
        let answer = replayed(replay, key);
        let answer = answer.map(|it| Answered { is_replayed: !is_own, ..it });
        self.decided.push(Decided { waiting, answer, depends_on: None, replay: None });
    }

    /// Decides a request, unless it has to wait for the next batch.
    pub(super) fn take(
        &mut self,
        waiting: Waiting,
        found: Option<FoundCase>,
        policy: &UpgradePolicy,
    ) {
        let Some(found) = found else {
            let Decision { answer, .. } = decide(None, waiting.request(), policy);
            self.decided(waiting, None, answer, None);
            return;
        };
        let member = found.snapshot.member.id.clone();
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
        let decision = decide(Some(open.found.clone()), waiting.request(), policy);
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
        self.decided(waiting, decision.change, decision.answer, depends_on);
    }

    /// Adds a decision. Its answer is stored with its change; alone if it has none.
    fn decided(
        &mut self,
        mut waiting: Waiting,
        change: Option<Change<Write>>,
        answer: Result<CaseResult, Refusal>,
        depends_on: Option<usize>,
    ) {
        waiting.tries += 1;
        let answer = answer.map(GrantedCase::from);
        let granted = answer.as_ref().ok();
        let mut replay = granted.and_then(|it| Replay::of(waiting.key().copied(), it));
        if let Some(change) = change {
            self.changes.push(Change { replay: replay.take(), ..change });
        }
        let answer = answer.map(Answered::new).map_err(ServiceError::from);
        self.decided.push(Decided { waiting, answer, depends_on, replay });
    }

    fn first(
        &mut self,
        member: MemberId,
        waiting: Waiting,
        found: FoundCase,
        policy: &UpgradePolicy,
    ) {
        let FoundCase { scanned, check_held_by, .. } = found;
        let Decision { change, answer, after } = decide(Some(found), waiting.request(), policy);
        let depends_on = change.is_some().then_some(self.changes.len());
        let moves = change.as_ref().is_some_and(|change| change.write != Write::Nothing);
        if let Some(snapshot) = after {
            let found = FoundCase { snapshot, scanned, check_held_by };
            let lookup = waiting.request().lookup();
            let depends_on = depends_on.filter(|_| moves);
            let load = self.loads;
            self.members
                .insert(member, MemberSlot { lookup, load, found, depends_on, sealed: false });
        }
        self.decided(waiting, change, answer, depends_on);
    }
}
