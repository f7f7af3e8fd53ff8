//! The fake store's cases: loads snapshots and writes a change completely or not at all.

use madoguchi_domain::port::Committed;
use madoguchi_domain::upgrade::{
    Case, CaseId, CaseKey, CaseSnapshot, Change, HistoryEntry, Lookup, QrIssue, QrTokenHash,
    StateName, Version, Write,
};
use madoguchi_domain::{core_bank::Effect, upgrade::CheckSource};

use super::memory::Memory;

impl Memory {
    pub(super) fn load(&self, lookup: &Lookup) -> Option<CaseSnapshot> {
        let found = match &lookup.key {
            CaseKey::NewestOf(member) => {
                let member = self.members.get(member)?;
                let cases = self.cases_of.get(&member.id).into_iter().flatten();
                let newest = cases.filter_map(|id| self.cases.get(id)).max_by_key(|c| c.attempt);
                newest.map_or_else(
                    || Some(CaseSnapshot::of(member.clone())),
                    |case| self.snapshot(case.id),
                )
            }
            CaseKey::Id(id) => self.snapshot(*id),
            CaseKey::Scanned(hash) => {
                let (id, serial) = *self.codes.get(hash)?;
                self.snapshot(id).map(|found| CaseSnapshot { scanned: Some(serial), ..found })
            }
        };
        let check_held_by = lookup.check.as_ref().and_then(|check| self.checks.get(check)).copied();
        found.map(|snapshot| CaseSnapshot { check_held_by, ..snapshot })
    }

    pub(super) fn snapshot(&self, id: CaseId) -> Option<CaseSnapshot> {
        let case = self.cases.get(&id)?.clone();
        let member = self.members.get(&case.member)?.clone();
        let effect = self.effects.get(&id).cloned();
        Some(CaseSnapshot { case: Some(case), effect, ..CaseSnapshot::of(member) })
    }

    pub(super) fn commit(&mut self, change: &Change) -> Committed {
        let written = match &change.write {
            Write::Open { case, qr, history } => self.open(case, *qr, history),
            Write::ReissueQr { case, expected, qr, hash } => {
                self.reissue(*case, *expected, *qr, *hash)
            }
            Write::Move { after, from, history, effect } => {
                self.step(after, *from, history, effect.as_deref())
            }
            Write::Plan { effect } => self.plan(effect),
            Write::Nothing => true,
        };
        if written {
            self.trail.append(&change.audit);
            Committed::Moved
        } else {
            Committed::Lost
        }
    }

    fn open(&mut self, case: &Case, qr: QrTokenHash, history: &HistoryEntry) -> bool {
        let theirs = self.cases_of.get(&case.member).into_iter().flatten();
        let in_the_way = theirs
            .filter_map(|id| self.cases.get(id))
            .any(|other| other.state.name().is_open() || other.attempt == case.attempt);
        let known = self.cases.contains_key(&case.id) || self.codes.contains_key(&qr);
        if in_the_way || known || !self.members.contains_key(&case.member) {
            return false;
        }
        self.cases.insert(case.id, case.clone());
        self.cases_of.entry(case.member.clone()).or_default().push(case.id);
        self.codes.insert(qr, (case.id, case.qr.serial));
        self.timelines.entry(case.id).or_default().history.push(history.clone());
        true
    }

    fn reissue(&mut self, id: CaseId, expected: Version, qr: QrIssue, hash: QrTokenHash) -> bool {
        let is_new = !self.codes.contains_key(&hash);
        let stands = |case: &&mut Case| {
            is_new && case.version == expected && case.state.name() == StateName::New
        };
        let Some(case) = self.cases.get_mut(&id).filter(stands) else {
            return false;
        };
        case.version = expected.next();
        case.qr = qr;
        self.codes.insert(hash, (id, qr.serial));
        true
    }

    fn step(
        &mut self,
        after: &Case,
        from: StateName,
        history: &HistoryEntry,
        effect: Option<&Effect>,
    ) -> bool {
        let stands = self
            .cases
            .get(&after.id)
            .is_some_and(|case| case.state.name() == from && case.version.next() == after.version);
        let check = after.state.check().map(|check| (check.source, check.reference.clone()));
        let taken = |check: &(CheckSource, _)| {
            self.checks.get(check).is_some_and(|holder| *holder != after.id)
        };
        if !stands || check.as_ref().is_some_and(taken) || effect.is_some_and(|e| !self.fits(e)) {
            return false;
        }
        self.cases.insert(after.id, after.clone());
        self.checks.extend(check.map(|check| (check, after.id)));
        self.timelines.entry(after.id).or_default().history.push(history.clone());
        if let Some(effect) = effect {
            self.add_effect(effect);
        }
        true
    }

    fn plan(&mut self, effect: &Effect) -> bool {
        let planned = self.cases.contains_key(&effect.order.case) && self.fits(effect);
        if planned {
            self.add_effect(effect);
        }
        planned
    }
}
