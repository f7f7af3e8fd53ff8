//! What every route needs, and how a single-threaded HTTP worker runs work on the main runtime.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use madoguchi_application::{
    AnnouncementService, Answered, CallerService, ContactService, DeliveryService, HealthWatch,
    MemberService, PersonService, ReplicaStatus, ResolutionService, RetentionService, ServiceError,
    UpgradeService,
};
use madoguchi_domain::caller::DacRule;
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::port::{
    Clock, EffectQueue, Ids, PasswordVerifier, StoreError, TokenVerifier,
};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::idempotency::Idempotency;
use crate::problem::{Code, Problem};
use crate::written_address::Region;
use madoguchi_domain::redacted;

redacted!(AppState);

/// Maximum time of a use case before the caller gets 503 and may retry.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What is written to customers.
#[derive(Clone)]
pub(crate) struct Contacts {
    pub(crate) service: ContactService,
    pub(crate) announcements: AnnouncementService,
}

/// The use cases and ports behind the routes.
pub(crate) struct AppState {
    pub(crate) runtime: Handle,
    pub(crate) upgrades: UpgradeService,
    pub(crate) members: MemberService,
    /// The caller lookups; absent when `[itau]` is not configured.
    pub(crate) callers: Option<Callers>,
    /// Persons; absent when `[vault]` is not configured.
    pub(crate) persons: Option<Persons>,
    /// Contacts; absent when `[vault]` is not configured.
    pub(crate) contacts: Option<Contacts>,
    /// Retention; absent when `[vault]` is not configured.
    pub(crate) retention: Option<RetentionService>,
    pub(crate) delivery: DeliveryService,
    pub(crate) effects: Arc<dyn EffectQueue>,
    /// Resolutions; absent when `[vault]` is not configured.
    pub(crate) resolutions: Option<ResolutionService>,
    /// A replica from which lists may be read, if one is configured.
    pub(crate) replica: Option<ReplicaLists>,
    pub(crate) tokens: Arc<dyn TokenVerifier>,
    /// Verifies the gateway's users; absent when there is no gateway.
    pub(crate) passwords: Option<Arc<dyn PasswordVerifier>>,
    pub(crate) dependencies: Vec<Arc<HealthWatch>>,
    pub(crate) idempotency: Idempotency,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) clock: Arc<dyn Clock>,
    /// One permit for each use case that may run at once.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) qr_base_url: String,
    /// Maximum time of a decision about an upgrade before the caller gets 503.
    pub(crate) decision_timeout: Duration,
    /// Maximum time for a request body to arrive.
    pub(crate) body_timeout: Duration,
    /// Set when the process is stopping: readiness then fails.
    pub(crate) stopping: Arc<AtomicBool>,
}

/// The use cases of lists, on one database.
#[derive(Clone)]
pub(crate) struct Lists {
    pub(crate) contacts: Option<Contacts>,
    pub(crate) retention: Option<RetentionService>,
    pub(crate) delivery: DeliveryService,
    pub(crate) effects: Arc<dyn EffectQueue>,
    pub(crate) resolutions: Option<ResolutionService>,
}

/// No key ring: a route refuses this before it reads.
const UNSEALED: StoreError = StoreError::Unavailable("personal data cannot be sealed here");

impl Lists {
    pub(crate) fn contacts(&self) -> Result<&ContactService, ServiceError> {
        Ok(self.contacts.as_ref().map(|it| &it.service).ok_or(UNSEALED)?)
    }

    pub(crate) fn announcements(&self) -> Result<&AnnouncementService, ServiceError> {
        Ok(self.contacts.as_ref().map(|it| &it.announcements).ok_or(UNSEALED)?)
    }

    pub(crate) fn retention(&self) -> Result<&RetentionService, ServiceError> {
        Ok(self.retention.as_ref().ok_or(UNSEALED)?)
    }

    pub(crate) fn resolutions(&self) -> Result<&ResolutionService, ServiceError> {
        Ok(self.resolutions.as_ref().ok_or(UNSEALED)?)
    }
}

/// The lists on a replica, and what is known of it.
#[derive(Clone)]
pub(crate) struct ReplicaLists {
    pub(crate) lists: Lists,
    pub(crate) status: Arc<ReplicaStatus>,
}

impl AppState {
    /// What the gateway needs, if it is configured.
    pub(crate) fn gateway(&self) -> Option<(Callers, Arc<dyn PasswordVerifier>)> {
        Some((self.callers.clone()?, self.passwords.clone()?))
    }

    /// The use cases of lists, on the primary.
    pub(crate) fn lists(&self) -> Lists {
        Lists {
            contacts: self.contacts.clone(),
            retention: self.retention.clone(),
            delivery: self.delivery.clone(),
            effects: Arc::clone(&self.effects),
            resolutions: self.resolutions.clone(),
        }
    }
}

/// The caller service, with the rule for check digits of account numbers.
#[derive(Debug, Clone)]
pub(crate) struct Callers {
    pub(crate) service: CallerService,
    pub(crate) dac: DacRule,
}

/// The service of persons, with the region of phone numbers in national notation.
#[derive(Debug, Clone)]
pub(crate) struct Persons {
    pub(crate) service: PersonService,
    pub(crate) region: Region,
}

impl AppState {
    /// Runs a use case on the main runtime and awaits its result.
    ///
    /// An HTTP worker drops a request's future when the client disconnects, so no database future
    /// may be polled there. A spawned use case always runs to completion.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, ServiceError>> + Send + 'static,
    {
        self.finish(work).await?.map_err(Problem::from)
    }

    /// Runs a use case that acts at most once for each idempotency key. While one with this key is
    /// running here, another is refused.
    pub(crate) async fn run_once<T, F>(
        &self,
        client: ClientAct,
        work: impl FnOnce(ClientAct) -> F,
    ) -> Result<Answered<T>, Problem>
    where
        T: Send + 'static,
        F: Future<Output = Result<Answered<T>, ServiceError>> + Send + 'static,
    {
        self.run_once_within(TIMEOUT, client, work).await
    }

    /// The same with another limit than [`TIMEOUT`].
    pub(crate) async fn run_once_within<T, F>(
        &self,
        timeout: Duration,
        client: ClientAct,
        work: impl FnOnce(ClientAct) -> F,
    ) -> Result<Answered<T>, Problem>
    where
        T: Send + 'static,
        F: Future<Output = Result<Answered<T>, ServiceError>> + Send + 'static,
    {
        let begin = |key| self.idempotency.running.begin(key);
        let running = match &client.keyed {
            Some(request) => {
                Some(begin(request.key).ok_or(Problem::of(Code::IdempotencyInProgress))?)
            }
            None => None,
        };
        let work = work(client);
        let until_done = async move {
            let done = work.await;
            drop(running);
            done
        };
        self.finish_within(timeout, until_done).await?.map_err(Problem::from)
    }

    /// The same for work whose errors are reported in another envelope.
    pub(crate) async fn finish<T, F>(&self, work: F) -> Result<T, Unfinished>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.finish_within(TIMEOUT, work).await
    }

    async fn finish_within<T, F>(&self, timeout: Duration, work: F) -> Result<T, Unfinished>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| Unfinished::NotBegun)?;
        let work = self.runtime.spawn(async move {
            let done = work.await;
            drop(place);
            done
        });
        match tokio::time::timeout(timeout, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) => Err(Unfinished::Broken),
            Err(_) => Err(Unfinished::Late),
        }
    }
}

/// Why a use case gave no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfinished {
    /// All permits are taken: nothing was done.
    NotBegun,
    /// It exceeded the timeout and continues in the background.
    Late,
    /// It panicked.
    Broken,
}

impl From<Unfinished> for Problem {
    fn from(why: Unfinished) -> Self {
        match why {
            Unfinished::NotBegun | Unfinished::Late => Self::of(Code::Unavailable),
            Unfinished::Broken => Self::of(Code::Internal),
        }
    }
}
