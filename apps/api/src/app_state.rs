//! What every route needs, and the way from a single-threaded HTTP worker to the main runtime.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use madoguchi_application::{CallerService, MemberService, ServiceError, UpgradeService};
use madoguchi_domain::caller::DacRule;
use madoguchi_domain::port::{Health, Ids, PasswordVerifier, TokenVerifier};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::problem::{Code, Problem};

/// How long a caller waits for its answer before it is told to ask again.
const PATIENCE: Duration = Duration::from_secs(15);

/// The use cases and ports behind the routes.
pub(crate) struct AppState {
    pub(crate) runtime: Handle,
    pub(crate) upgrades: UpgradeService,
    pub(crate) members: MemberService,
    /// Where somebody looks up who is calling.
    pub(crate) callers: Option<Callers>,
    pub(crate) tokens: Arc<dyn TokenVerifier>,
    /// Who may call the gateway, where there is one.
    pub(crate) passwords: Option<Arc<dyn PasswordVerifier>>,
    pub(crate) dependencies: Vec<Arc<dyn Health>>,
    pub(crate) ids: Arc<dyn Ids>,
    /// One for every request that may be at work at once.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) qr_base_url: String,
    /// How long a body may take to arrive.
    pub(crate) body_timeout: Duration,
    /// Whether the process is about to stop, and is not ready therefore.
    pub(crate) stopping: Arc<AtomicBool>,
}

impl AppState {
    /// What the gateway needs, where there is one.
    pub(crate) fn gateway(&self) -> Option<(Callers, Arc<dyn PasswordVerifier>)> {
        Some((self.callers.clone()?, self.passwords.clone()?))
    }
}

/// The service for callers, and how its callers' account numbers are judged.
#[derive(Debug, Clone)]
pub(crate) struct Callers {
    pub(crate) service: CallerService,
    pub(crate) dac: DacRule,
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppState")
    }
}

impl AppState {
    /// Runs a use case on the main runtime and waits for it here.
    ///
    /// HTTP workers are single-threaded runtimes, and drop a request's future when its client
    /// leaves: no database future may ever be polled there. What was started runs to its end.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, ServiceError>> + Send + 'static,
    {
        self.finish(work).await?.map_err(Problem::from)
    }

    /// The same for work whose errors are another envelope's to tell.
    pub(crate) async fn finish<T, F>(&self, work: F) -> Result<T, Unfinished>
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
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) => Err(Unfinished::Broken),
            Err(_) => Err(Unfinished::Late),
        }
    }
}

/// Why work has no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfinished {
    /// Too many are at work: nothing was done.
    NotBegun,
    /// It takes longer than anybody waits, and goes on.
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
