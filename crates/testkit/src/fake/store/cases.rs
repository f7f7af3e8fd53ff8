//! The fake store's cases: loads snapshots and writes a change completely or not at all.

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::upgrade::{
    Case, CaseId, CaseKey, CaseSnapshot, CheckReference, CheckSource, FoundCase, HistoryEntry,
    Lookup, QrIssue, QrTokenHash, SetLevel, StateName, Timeline, Version, Write,
};

use super::memory::Memory;

impl Memory {
    pub(super) fn load(&self, lookup: &Lookup) -> Option<FoundCase> {
        let mut scanned = None;
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
                scanned = Some(serial);
                self.snapshot(id)
            }
        };
        let check_held_by = lookup.check.as_ref().and_then(|check| self.checks.get(check)).copied();
        found.map(|snapshot| FoundCase { snapshot, scanned, check_held_by })
    }

    pub(super) fn snapshot(&self, id: CaseId) -> Option<CaseSnapshot> {
        let case = self.cases.get(&id)?.clone();
        let member = self.members.get(&case.member)?.clone();
        let effect = self.effects.get(&SetLevel::key(id)).cloned();
        Some(CaseSnapshot { case: Some(case), effect, ..CaseSnapshot::of(member) })
    }

    pub(super) fn timeline(&self, id: CaseId) -> Timeline {
        let key = SetLevel::key(id);
        let evidence = self.evidence.iter().filter(|it| it.effect == key).cloned().collect();
        let resolutions = self.resolutions.values().map(|it| &it.facts);
        let mut resolutions: Vec<_> = resolutions.filter(|it| it.effect == key).cloned().collect();
        resolutions.sort_by_key(|it| it.position());
        let history = self.history.get(&id).cloned().unwrap_or_default();
        Timeline { history, evidence, resolutions }
    }

    pub(super) fn orphans(&self, limit: u32) -> Vec<CaseSnapshot> {
        self.cases
            .values()
            .filter(|case| case.state.name() == StateName::CustomerSuccess)
            .filter(|case| !self.damaged.cases.contains(&case.id))
            .filter(|case| !self.effects.contains_key(&SetLevel::key(case.id)))
            .filter(|case| !self.evidence.iter().any(|it| it.effect == SetLevel::key(case.id)))
            .take(limit as usize)
            .filter_map(|case| self.snapshot(case.id))
            .collect()
    }

    pub(super) fn commit(&mut self, change: &Change<Write>) -> Committed {
        let takes = change.write.takes();
        let is_taken = takes.iter().any(|key| self.taken.contains(key));
        if is_taken || !self.can_finish(change) || !self.write(&change.write) {
            return Committed::Lost;
        }
        self.taken.extend(takes);
        if let Some(free) = change.write.releases() {
            self.taken.remove(&free);
        }
        self.finish(change);
        Committed::Moved
    }

    fn write(&mut self, write: &Write) -> bool {
        match write {
            Write::Open { case, qr, history } => self.open(case, *qr, history),
            Write::ReissueQr { case, expected, qr, hash } => {
                self.reissue(*case, *expected, *qr, *hash)
            }
            Write::Move { after, from, history, check, target } => {
                self.step(after, *from, history, check.as_ref(), target.as_ref())
            }
            Write::AddCheck { case, check } => {
                self.checks.insert(check.clone(), *case);
                true
            }
            Write::SetTarget { member, target, .. } => self.set_target(member, target),
            Write::Nothing => true,
        }
    }

    /// Only the audit log keeps who called in the name of the actor.
    fn add_history(&mut self, entry: &HistoryEntry) {
        let entry = HistoryEntry { act: entry.act.without_through(), ..entry.clone() };
        self.history.entry(entry.case).or_default().push(entry);
    }

    fn open(&mut self, case: &Case, qr: QrTokenHash, history: &HistoryEntry) -> bool {
        if !self.members.contains_key(&case.member) {
            return false;
        }
        self.cases.insert(case.id, case.clone());
        self.cases_of.entry(case.member.clone()).or_default().push(case.id);
        self.codes.insert(qr, (case.id, case.qr.serial));
        self.add_history(history);
        true
    }

    fn reissue(&mut self, id: CaseId, expected: Version, qr: QrIssue, hash: QrTokenHash) -> bool {
        let is_current =
            |case: &&mut Case| case.version == expected && case.state.name() == StateName::New;
        let Some(case) = self.cases.get_mut(&id).filter(is_current) else {
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
        check: Option<&(CheckSource, CheckReference)>,
        target: Option<&AccountLevel>,
    ) -> bool {
        let is_current = self
            .cases
            .get(&after.id)
            .is_some_and(|case| case.state.name() == from && case.version.next() == after.version);
        if !is_current {
            return false;
        }
        if let Some(check) = check {
            self.checks.insert(check.clone(), after.id);
        }
        self.cases.insert(after.id, after.clone());
        self.add_history(history);
        if let Some(target) = target {
            self.set_target(&after.member, target);
        }
        true
    }

    fn set_target(&mut self, member: &MemberId, target: &AccountLevel) -> bool {
        if let Some(member) = self.members.get_mut(member) {
            member.target = Some(target.clone());
        }
        true
    }
}
