//! A minimal store for one member: loads before a request and keeps the change after it. It
//! panics on every change that a correct store would reject.

use std::collections::{BTreeMap, HashMap, HashSet};

use madoguchi_domain::change::Change;
use madoguchi_domain::effect::{Effect, EffectState};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::Member;
use madoguchi_domain::upgrade::{
    Case, CaseId, CaseKey, CaseSnapshot, CheckReference, CheckSource, Decision, FoundCase,
    QrTokenHash, Request, UniqueKey, Version, Write, decide,
};

use crate::samples::{member, policy};

#[derive(Debug, Clone)]
pub(crate) struct DecisionHarness {
    pub(crate) member: Member,
    /// The member's cases, oldest first.
    pub(crate) cases: Vec<Case>,
    pub(crate) effects: BTreeMap<CaseId, Effect>,
    pub(crate) codes: Vec<(QrTokenHash, CaseId, u32)>,
    pub(crate) checks: HashMap<(CheckSource, CheckReference), CaseId>,
    taken: HashSet<UniqueKey>,
}

impl DecisionHarness {
    /// A member without cases; another member's case has this check.
    pub(crate) fn new(held: (CheckSource, CheckReference)) -> Self {
        Self {
            member: member(),
            cases: Vec::new(),
            effects: BTreeMap::new(),
            codes: Vec::new(),
            taken: HashSet::from([UniqueKey::Check(held.0, held.1.clone())]),
            checks: HashMap::from([(held, CaseId::from_u128(u128::MAX))]),
        }
    }

    pub(crate) fn load(&self, request: &Request) -> Option<FoundCase> {
        let lookup = request.lookup();
        let (case, scanned) = match &lookup.key {
            CaseKey::NewestOf(_) => (self.cases.last(), None),
            CaseKey::Id(id) => (Some(self.cases.iter().find(|case| case.id == *id)?), None),
            CaseKey::Scanned(hash) => {
                let (_, id, serial) = self.codes.iter().find(|code| code.0 == *hash)?;
                (self.cases.iter().find(|case| case.id == *id), Some(*serial))
            }
        };
        let snapshot = CaseSnapshot {
            member: self.member.clone(),
            case: case.cloned(),
            effect: case.and_then(|case| self.effects.get(&case.id)).cloned(),
        };
        let check_held_by = lookup.check.and_then(|check| self.checks.get(&check)).copied();
        Some(FoundCase { snapshot, scanned, check_held_by })
    }

    /// Loads, decides twice, and keeps the change.
    pub(crate) fn ask(&mut self, request: &Request) -> Decision {
        let found = self.load(request);
        let decision = decide(found.clone(), request, &policy());
        assert_eq!(decision, decide(found, request, &policy()), "the same is decided twice");
        if let Some(change) = &decision.change {
            self.keep(change);
        }
        decision
    }

    fn keep(&mut self, change: &Change<Write>) {
        for key in change.write.takes() {
            assert!(self.taken.insert(key.clone()), "{key:?} is taken");
        }
        if let Some(free) = change.write.releases() {
            assert!(self.taken.remove(&free), "{free:?} was not taken");
        }
        match &change.write {
            Write::Open { case, qr, .. } => {
                assert!(self.cases.iter().all(|other| other.id != case.id), "the id is new");
                assert!(self.cases.iter().all(|other| !other.state.name().is_open()));
                let newest = self.cases.last().map_or(0, |case| case.attempt.0);
                assert_eq!((case.attempt.0, case.version), (newest + 1, Version::FIRST));
                self.codes.push((*qr, case.id, case.qr.serial));
                self.cases.push(Case::clone(case));
            }
            Write::ReissueQr { case, expected, qr, hash } => {
                let case = self.case(*case, *expected);
                case.version = expected.next();
                assert_eq!(qr.serial, case.qr.serial + 1, "a new code voids the one before");
                case.qr = *qr;
                let id = case.id;
                self.codes.push((*hash, id, qr.serial));
            }
            Write::Move { after, from, check, target, .. } => {
                let expected = Version(after.version.0 - 1);
                let case = self.case(after.id, expected);
                assert_eq!(case.state.name(), *from);
                *case = Case::clone(after);
                self.add_check(after.id, check.as_ref());
                self.set_target(target.as_ref());
            }
            Write::AddCheck { case, check } => self.add_check(*case, Some(check)),
            Write::SetTarget { target, .. } => self.set_target(Some(target)),
            Write::Nothing => {}
        }
        for effect in &change.effects {
            let case = CaseId::from(effect.order.key.id.0);
            let before = self.effects.insert(case, effect.clone());
            assert_eq!(before, None, "a case has one effect");
        }
    }

    fn add_check(&mut self, case: CaseId, check: Option<&(CheckSource, CheckReference)>) {
        if let Some(check) = check {
            self.checks.insert(check.clone(), case);
        }
    }

    fn set_target(&mut self, target: Option<&AccountLevel>) {
        if let Some(target) = target {
            self.member.target = Some(target.clone());
        }
    }

    fn case(&mut self, id: CaseId, expected: Version) -> &mut Case {
        let case = self.cases.iter_mut().find(|case| case.id == id).unwrap();
        assert_eq!(case.version, expected, "a write is decided on what is true");
        case
    }

    /// Settles every effect with this outcome; a confirmed level becomes the member's.
    pub(crate) fn settle(&mut self, state: &EffectState) {
        for effect in self.effects.values_mut() {
            if effect.state.name().is_settled() {
                continue;
            }
            effect.state = state.clone();
            if *state == EffectState::Confirmed {
                self.member.confirmed = self.member.target.take();
            }
        }
    }
}
