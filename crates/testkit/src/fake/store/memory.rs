//! The fake store's data and its indexes.

use std::collections::{BTreeMap, HashMap, HashSet};

use madoguchi_domain::Timestamp;
use madoguchi_domain::announcement::{Announcement, AnnouncementId};
use madoguchi_domain::contact::{ApplicationId, Contact, ContactId, ContactVersion};
use madoguchi_domain::delivery::Bounce;
use madoguchi_domain::effect::{Effect, EffectKey, EffectKind, Evidence, OrderingKey, UpstreamId};
use madoguchi_domain::idempotency::{Replay, RequestKey};
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::key_ring::KeyReport;
use madoguchi_domain::mail::MailId;
use madoguchi_domain::member::{Member, MemberId};
use madoguchi_domain::person::{AccountId, Person, PersonId, PersonVersion};
use madoguchi_domain::resolution::{Resolution, ResolutionId};
use madoguchi_domain::retention::{Completion, HoldId, LegalHold, PurgeReceipt};
use madoguchi_domain::sealed::{DataKeyId, KeyId, WrappedKey};
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::server_key::{KeyFingerprint, ServerKey};
use madoguchi_domain::upgrade::{
    Case, CaseId, CheckReference, CheckSource, HistoryEntry, QrTokenHash, UniqueKey,
};

use super::audit::FakeAudit;
use super::recipient::FakeRecipient;

/// The rows that cannot be parsed.
#[derive(Debug, Clone, Default)]
pub(super) struct Damaged {
    pub(super) cases: HashSet<CaseId>,
    pub(super) orders: HashSet<EffectKey>,
}

/// All rows of the fake store.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    pub(super) members: BTreeMap<MemberId, Member>,
    pub(super) cases: BTreeMap<CaseId, Case>,
    /// A member's cases in order of opening.
    pub(super) cases_of: HashMap<MemberId, Vec<CaseId>>,
    /// All codes ever issued, also void ones, with their case and serial.
    pub(super) codes: HashMap<QrTokenHash, (CaseId, u32)>,
    /// The keys that a case has for itself.
    pub(super) taken: HashSet<UniqueKey>,
    /// All references ever accepted, with their case.
    pub(super) checks: HashMap<(CheckSource, CheckReference), CaseId>,
    pub(super) history: HashMap<CaseId, Vec<HistoryEntry>>,
    pub(super) effects: BTreeMap<EffectKey, Effect>,
    pub(super) damaged: Damaged,
    /// The unsettled effects of which there is one per key.
    pub(super) live: HashMap<(EffectKind, OrderingKey), EffectKey>,
    pub(super) upstream_ids: HashSet<UpstreamId>,
    pub(super) evidence: Vec<Evidence>,
    pub(super) persons: BTreeMap<PersonId, Person>,
    /// The accounts of persons that were registered as the only one.
    pub(super) unique_accounts: HashSet<AccountId>,
    pub(super) person_versions: HashMap<PersonId, Vec<PersonVersion>>,
    /// The index keys under which the values of a record are indexed.
    pub(super) index_keys: BTreeMap<DataKeyId, Vec<KeyId>>,
    /// The accounts that want no mail, and since when.
    pub(super) muted: HashMap<AccountId, Timestamp>,
    /// Since when a record has an address together with another one, by reason.
    pub(super) alike: BTreeMap<(&'static str, DataKeyId), Timestamp>,
    pub(super) bounces: BTreeMap<MailId, Bounce>,
    pub(super) contacts: BTreeMap<ContactId, Contact>,
    pub(super) contact_versions: HashMap<ContactId, Vec<ContactVersion>>,
    /// The completions of applications.
    pub(super) completions: HashMap<ApplicationId, Completion>,
    /// When contacts were reported as unanswered.
    pub(super) reported: HashMap<ContactId, Timestamp>,
    /// Purged contacts stay among the contacts, for those who count them.
    pub(super) receipts: BTreeMap<ContactId, PurgeReceipt>,
    pub(super) holds: BTreeMap<HoldId, LegalHold>,
    pub(super) announcements: BTreeMap<AnnouncementId, Announcement>,
    pub(super) recipients: BTreeMap<(AnnouncementId, PersonId), FakeRecipient>,
    pub(super) resolutions: BTreeMap<ResolutionId, Resolution>,
    pub(super) data_keys: BTreeMap<DataKeyId, WrappedKey>,
    pub(super) key_reports: Vec<KeyReport>,
    pub(super) server_keys: HashMap<ServerKey, KeyFingerprint>,
    pub(super) replays: BTreeMap<RequestKey, Replay>,
    /// The newest lease of each job.
    pub(super) job_leases: HashMap<JobName, JobLease>,
    pub(super) trail: FakeAudit,
}

impl Memory {
    pub(super) fn new(audit_key: SecretKey) -> Self {
        Self {
            members: BTreeMap::new(),
            cases: BTreeMap::new(),
            cases_of: HashMap::new(),
            codes: HashMap::new(),
            taken: HashSet::new(),
            checks: HashMap::new(),
            history: HashMap::new(),
            effects: BTreeMap::new(),
            damaged: Damaged::default(),
            live: HashMap::new(),
            upstream_ids: HashSet::new(),
            evidence: Vec::new(),
            persons: BTreeMap::new(),
            unique_accounts: HashSet::new(),
            person_versions: HashMap::new(),
            index_keys: BTreeMap::new(),
            muted: HashMap::new(),
            alike: BTreeMap::new(),
            bounces: BTreeMap::new(),
            contacts: BTreeMap::new(),
            contact_versions: HashMap::new(),
            completions: HashMap::new(),
            reported: HashMap::new(),
            receipts: BTreeMap::new(),
            holds: BTreeMap::new(),
            announcements: BTreeMap::new(),
            recipients: BTreeMap::new(),
            resolutions: BTreeMap::new(),
            data_keys: BTreeMap::new(),
            key_reports: Vec::new(),
            server_keys: HashMap::new(),
            replays: BTreeMap::new(),
            job_leases: HashMap::new(),
            trail: FakeAudit::new(audit_key),
        }
    }
}
