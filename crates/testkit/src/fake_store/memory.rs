//! The fake store's data and its indexes.

use std::collections::{BTreeMap, HashMap, HashSet};

use madoguchi_domain::core_bank::{Effect, TransactionId};
use madoguchi_domain::member::{ArrangementId, Member, MemberId};
use madoguchi_domain::port::Timeline;
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::upgrade::{Case, CaseId, CheckReference, CheckSource, QrTokenHash};

use super::audit::FakeAudit;

/// All rows of the fake store.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) members: BTreeMap<MemberId, Member>,
    pub(super) arrangements: HashSet<ArrangementId>,
    pub(super) cases: BTreeMap<CaseId, Case>,
    /// A member's cases in order of opening.
    pub(super) cases_of: HashMap<MemberId, Vec<CaseId>>,
    /// All codes ever issued, also void ones, with their case and serial.
    pub(super) codes: HashMap<QrTokenHash, (CaseId, u32)>,
    pub(super) checks: HashMap<(CheckSource, CheckReference), CaseId>,
    pub(super) timelines: HashMap<CaseId, Timeline>,
    pub(super) effects: BTreeMap<CaseId, Effect>,
    /// Arrangements with an unsettled effect.
    pub(super) live: HashMap<ArrangementId, CaseId>,
    pub(super) transactions: HashSet<TransactionId>,
    pub(super) trail: FakeAudit,
}

impl Memory {
    pub(super) fn new(audit_key: SecretKey) -> Self {
        Self {
            members: BTreeMap::new(),
            arrangements: HashSet::new(),
            cases: BTreeMap::new(),
            cases_of: HashMap::new(),
            codes: HashMap::new(),
            checks: HashMap::new(),
            timelines: HashMap::new(),
            effects: BTreeMap::new(),
            live: HashMap::new(),
            transactions: HashSet::new(),
            trail: FakeAudit::new(audit_key),
        }
    }
}
