//! Use cases of upgrades, one method each.

use std::sync::Arc;

use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::port::{Clock, Ids, UpgradeStore};
use madoguchi_domain::upgrade::{
    Case, CaseId, CaseKey, CaseSnapshot, CheckReference, CheckSource, Command, FoundCase,
    GrantedCase, Lookup, QrToken, Refusal, Request, StateName, Timeline, UpgradePolicy,
};

use crate::{Answered, DecisionLane, ServiceError};
use madoguchi_domain::redacted;

redacted!(UpgradeService);

/// Handles requests about upgrades. Cheap to clone; one per program.
#[derive(Clone)]
pub struct UpgradeService {
    lane: DecisionLane,
    store: Arc<dyn UpgradeStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    policy: Arc<UpgradePolicy>,
}

/// A case that this request opened or that was open already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The case, and whether this request opened it.
    pub case: GrantedCase,
    /// The token of its QR code, while the case waits for the scan. The code of a replayed answer
    /// may have expired.
    pub qr: Option<QrToken>,
}

/// A case with its snapshot, for readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseView {
    /// The case.
    pub case: Case,
    /// The snapshot with its member and effect.
    pub snapshot: CaseSnapshot,
}

impl UpgradeService {
    /// A service that sends requests to `lane` and reads from `store`.
    #[must_use]
    pub fn new(
        lane: DecisionLane,
        store: Arc<dyn UpgradeStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        policy: Arc<UpgradePolicy>,
    ) -> Self {
        Self { lane, store, clock, ids, policy }
    }

    /// Opens a case for a member, or finds the open one.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn open(
        &self,
        member: MemberId,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<Opened>, ServiceError> {
        let command = Command::Open { id: self.ids.uuid().into() };
        let answered = self.ask(CaseKey::NewestOf(member), command, by.into()).await?;
        Ok(answered.map(|case| {
            let qr = case.qr.map(|qr| self.policy.qr.token(case.case, qr.serial));
            Opened { case, qr }
        }))
    }

    /// Records the checking service's result. Idempotent.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn verify(
        &self,
        key: CaseKey,
        (source, reference): (CheckSource, CheckReference),
        passed: bool,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<GrantedCase>, ServiceError> {
        let command = Command::Verify { source, reference, passed };
        self.ask(key, command, by.into()).await
    }

    /// Records the agent's verdict. Returns once the verdict and its core-bank effect are durable
    /// in one transaction; never waits for the core bank.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn decide(
        &self,
        key: CaseKey,
        passed: bool,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<GrantedCase>, ServiceError> {
        self.ask(key, Command::Decide { passed }, by.into()).await
    }

    /// Reads a case.
    ///
    /// # Errors
    /// See [`ServiceError`]; [`Refusal::CaseNotFound`] when there is none.
    pub async fn case(&self, id: CaseId) -> Result<CaseView, ServiceError> {
        let lookup = Lookup { key: CaseKey::Id(id), check: None };
        let found = self.store.load(&[lookup]).await?;
        let found = found.into_iter().next().flatten();
        let read = found.and_then(|FoundCase { snapshot, .. }| {
            let case = snapshot.case.clone()?;
            Some(CaseView { case, snapshot })
        });
        read.ok_or(ServiceError::Refused(Refusal::CaseNotFound))
    }

    /// Reads a case's history and evidence.
    ///
    /// # Errors
    /// See [`ServiceError`]; [`Refusal::CaseNotFound`] when there is none.
    pub async fn timeline(&self, id: CaseId) -> Result<Timeline, ServiceError> {
        let timeline = self.store.timeline(id).await?;
        if timeline.history.is_empty() {
            return Err(Refusal::CaseNotFound.into());
        }
        Ok(timeline)
    }

    /// The token of a case's QR code, while the case is `New` and the code has not expired.
    #[must_use]
    pub fn qr_token(&self, case: &Case) -> Option<QrToken> {
        let waits = case.state.name() == StateName::New && !case.qr.has_lapsed(self.clock.now());
        waits.then(|| self.policy.qr.token(case.id, case.qr.serial))
    }

    async fn ask(
        &self,
        key: CaseKey,
        command: Command,
        ClientAct { act, keyed }: ClientAct,
    ) -> Result<Answered<GrantedCase>, ServiceError> {
        self.lane.ask(Request { key, command, act }, keyed).await
    }
}
