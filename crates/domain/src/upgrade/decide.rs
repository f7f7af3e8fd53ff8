//! The rules: the answer to a request, and the change it makes.

use crate::act::Act;
use crate::audit::{Action, AuditEntry};
use crate::change::Change;
use crate::effect::{Effect, EffectStateName};
use crate::level::AccountLevel;
use crate::member::Member;

use super::case::{Attempt, Case, Version};
use super::check::{Check, CheckReference, CheckSource};
use super::id::CaseId;
use super::order::SetLevel;
use super::request::{CaseKey, Command, Request};
use super::snapshot::{CaseResult, CaseSnapshot, Decision, FoundCase, Refusal, UpgradePolicy};
use super::state::{Event, EventName, State, StateName};
use super::write::{HistoryEntry, Write};

/// Decides one request. Pure and total: the same input always gives the same decision.
#[must_use]
pub fn decide(found: Option<FoundCase>, request: &Request, policy: &UpgradePolicy) -> Decision {
    let Some(found) = found else {
        let refusal = match request.key {
            CaseKey::NewestOf(_) => Refusal::MemberNotFound,
            CaseKey::Id(_) | CaseKey::Scanned(_) => Refusal::CaseNotFound,
        };
        return Decision { change: None, answer: Err(refusal), after: None };
    };
    let FoundCase { snapshot, scanned, check_held_by } = found;
    let decider = Decider { snapshot, scanned, check_held_by, request, policy };
    match &request.command {
        Command::Open { id } => decider.open(*id),
        Command::Verify { source, reference, passed } => {
            decider.verify(*source, reference.clone(), *passed)
        }
        Command::Decide { passed } => decider.verdict(*passed),
    }
}

/// The change that plans the missing core-bank effect of a passed case, with the same ids as if
/// planned at the verdict. `None` if the case has not passed or has its effect.
#[must_use]
pub fn replan(snapshot: &CaseSnapshot, policy: &UpgradePolicy, act: &Act) -> Option<Change<Write>> {
    let case = snapshot.case.as_ref().filter(|_| snapshot.effect.is_none())?;
    let target = case.state.target()?;
    let effect = planned(&snapshot.member, case.id, target, policy, act);
    let detail = EffectStateName::Planned.as_str();
    let audit = AuditEntry::new(Action::EFFECT_PLANNED, case.id.subject(), detail, act);
    let (case, member) = (case.id, snapshot.member.id.clone());
    let write = Write::SetTarget { case, member, target: target.clone() };
    Some(Change { effects: vec![effect], ..Change::new(write, audit) })
}

fn planned(
    member: &Member,
    case: CaseId,
    level: &AccountLevel,
    policy: &UpgradePolicy,
    act: &Act,
) -> Effect {
    let (transaction_id, txn_no) = policy.transaction_ids.derive(case, level);
    let order = SetLevel {
        case,
        member: member.id.clone(),
        arrangement: member.account.arrangement.clone(),
        product: member.account.product.clone(),
        level: level.clone(),
        transaction_id,
        txn_no,
    };
    Effect::planned(order.to_order(), act)
}

struct Decider<'a> {
    snapshot: CaseSnapshot,
    scanned: Option<u32>,
    check_held_by: Option<CaseId>,
    request: &'a Request,
    policy: &'a UpgradePolicy,
}

impl Decider<'_> {
    fn open(self, id: CaseId) -> Decision {
        // A retry of the request that opened this case, which is decided meanwhile: an id never
        // belongs to two cases.
        let is_its_own = |case: &Case| case.id == id && !case.state.name().is_open();
        if self.snapshot.case.as_ref().is_some_and(is_its_own) {
            return self.stands(true);
        }
        if self.snapshot.member.level() == Some(&self.policy.target) {
            return self.refuse(Refusal::AtTarget);
        }
        match &self.snapshot.case {
            Some(case) if case.state.name().is_open() => {
                let lapsed = case.qr.has_lapsed(self.request.act.at());
                if lapsed && case.state.name() == StateName::New {
                    return self.reissue();
                }
                // A retry after a lost answer: this request did open the case.
                let opened = case.id == id;
                self.stands(opened)
            }
            Some(case) if self.is_unfinished(case) => self.refuse(Refusal::InProgress),
            Some(_) | None => self.open_new(id),
        }
    }

    /// True for a passed case whose effect is unsettled or missing.
    fn is_unfinished(&self, case: &Case) -> bool {
        let passed = case.state.name() == StateName::CustomerSuccess;
        let settled = self.snapshot.effect.as_ref().map(|effect| effect.state.name());
        passed && !settled.is_some_and(EffectStateName::is_settled)
    }

    fn open_new(self, id: CaseId) -> Decision {
        let (at, newest) = (self.request.act.at(), self.snapshot.case.as_ref());
        let case = Case {
            id,
            member: self.snapshot.member.id.clone(),
            attempt: Attempt(newest.map_or(1, |case| case.attempt.0 + 1)),
            state: State::New,
            version: Version::FIRST,
            qr: self.policy.qr.issue(1, at),
            opened_at: at,
        };
        let history = self.history(id, None, StateName::New, EventName::Opened);
        let qr = self.policy.qr.token(id, 1).hash();
        let write = Write::Open { case: Box::new(case.clone()), qr, history };
        let audit = self.audit(Action::CASE_OPENED, id, StateName::New.as_str());
        let after = CaseSnapshot { case: Some(case), effect: None, ..self.snapshot };
        granted(Change::new(write, audit), after, true)
    }

    fn reissue(mut self) -> Decision {
        let Some(mut case) = self.snapshot.case.take() else {
            return self.refuse(Refusal::CaseNotFound);
        };
        let expected = case.version;
        case.version = expected.next();
        case.qr = self.policy.qr.issue(case.qr.serial + 1, self.request.act.at());
        let hash = self.policy.qr.token(case.id, case.qr.serial).hash();
        let write = Write::ReissueQr { case: case.id, expected, qr: case.qr, hash };
        let audit = self.audit(Action::QR_REISSUED, case.id, "");
        let after = CaseSnapshot { case: Some(case), ..self.snapshot };
        granted(Change::new(write, audit), after, false)
    }

    fn verify(self, source: CheckSource, reference: CheckReference, passed: bool) -> Decision {
        let Some(case) = &self.snapshot.case else {
            return self.refuse(Refusal::CaseNotFound);
        };
        if self.check_held_by.is_some_and(|holder| holder != case.id) {
            let id = case.id;
            return self.contradict(id, "verification", Refusal::VerificationContradiction);
        }
        let id = case.id;
        let known = case.state.check();
        let repeated = self.check_held_by == Some(id)
            || known.is_some_and(|c| c.source == source && c.reference == reference);
        let void = self.scanned.is_some_and(|serial| {
            serial != case.qr.serial || case.qr.has_lapsed(self.request.act.at())
        });
        if void && !repeated {
            return self.refuse(Refusal::QrExpired);
        }
        if known.is_some() {
            let stored = case.state.name() != StateName::EddaFailure;
            return match (stored == passed, repeated) {
                (true, true) => self.stands(false),
                (true, false) => self.add_check(id, (source, reference)),
                (false, _) => {
                    self.contradict(id, "verification", Refusal::VerificationContradiction)
                }
            };
        }
        let check = Check { source, reference, at: self.request.act.at() };
        self.apply(if passed { Event::Verified(check) } else { Event::NotVerified(check) })
    }

    /// A known result under another reference: from now on that reference belongs to this case.
    fn add_check(self, case: CaseId, check: (CheckSource, CheckReference)) -> Decision {
        let audit = self.audit(Action::CHECK_ADDED, case, check.0.as_str());
        granted(Change::new(Write::AddCheck { case, check }, audit), self.snapshot, false)
    }

    fn verdict(self, passed: bool) -> Decision {
        let Some(case) = &self.snapshot.case else {
            return self.refuse(Refusal::CaseNotFound);
        };
        match case.state.name() {
            StateName::New | StateName::EddaFailure => self.refuse(Refusal::NotVerified),
            StateName::EddaSuccess => {
                let at = self.request.act.at();
                let target = self.policy.target.clone();
                self.apply(if passed { Event::Passed { at, target } } else { Event::Failed { at } })
            }
            StateName::CustomerSuccess if passed => self.stands(false),
            StateName::CustomerFailure if !passed => self.stands(false),
            StateName::CustomerSuccess | StateName::CustomerFailure => {
                let id = case.id;
                self.contradict(id, "verdict", Refusal::Contradiction)
            }
        }
    }

    /// Applies one state transition with its history, audit row and effect.
    fn apply(mut self, event: Event) -> Decision {
        let why = event.name();
        let moved = self.snapshot.case.take().and_then(|case| {
            let state = case.state.after(event).ok()?;
            Some((case.state.name(), Case { state, version: case.version.next(), ..case }))
        });
        let Some((from, after)) = moved else {
            return self.refuse(Refusal::NotVerified);
        };
        let to = after.state.name();
        let target = after.state.target().cloned();
        let check = after.state.check().filter(|_| from == StateName::New);
        let check = check.map(|check| (check.source, check.reference.clone()));
        if let Some(target) = &target {
            let act = &self.request.act;
            let effect = planned(&self.snapshot.member, after.id, target, self.policy, act);
            self.snapshot.member.target = Some(target.clone());
            self.snapshot.effect = Some(effect);
        }
        let effects = self.snapshot.effect.iter().filter(|_| target.is_some()).cloned().collect();
        let history = self.history(after.id, Some(from), to, why);
        let audit = self.audit(Action::CASE_MOVED, after.id, to.as_str());
        self.snapshot.case = Some(after.clone());
        let write = Write::Move { after: Box::new(after), from, history, check, target };
        granted(Change { effects, ..Change::new(write, audit) }, self.snapshot, false)
    }

    fn history(
        &self,
        case: CaseId,
        from: Option<StateName>,
        to: StateName,
        why: EventName,
    ) -> HistoryEntry {
        HistoryEntry { case, from, to, why, act: self.request.act.clone() }
    }

    fn audit(&self, action: Action, case: CaseId, detail: &'static str) -> AuditEntry {
        AuditEntry::new(action, case.subject(), detail, &self.request.act)
    }

    fn stands(self, opened: bool) -> Decision {
        match self.snapshot.case.clone() {
            Some(case) => Decision {
                change: None,
                answer: Ok(CaseResult { case, opened }),
                after: Some(self.snapshot),
            },
            None => self.refuse(Refusal::CaseNotFound),
        }
    }

    fn refuse(self, refusal: Refusal) -> Decision {
        Decision { change: None, answer: Err(refusal), after: Some(self.snapshot) }
    }

    /// Refuses a contradiction of the stored result and records it in the audit log.
    fn contradict(self, case: CaseId, what: &'static str, refusal: Refusal) -> Decision {
        let audit = self.audit(Action::CONTRADICTION_REFUSED, case, what);
        let change = Some(Change::new(Write::Nothing, audit));
        Decision { change, ..self.refuse(refusal) }
    }
}

fn granted(change: Change<Write>, after: CaseSnapshot, opened: bool) -> Decision {
    let answer = match &after.case {
        Some(case) => Ok(CaseResult { case: case.clone(), opened }),
        None => Err(Refusal::CaseNotFound),
    };
    Decision { change: Some(change), answer, after: Some(after) }
}
