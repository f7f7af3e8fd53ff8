//! What every route needs, and the way from a single-threaded HTTP worker to the main runtime.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_application::{DeskError, MemberDesk, UpgradeDesk};
use madoguchi_domain::port::{Health, Ids, TokenVerifier};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::problem::{Code, Problem};

/// How long a caller waits for its answer before it is told to ask again.
const PATIENCE: Duration = Duration::from_secs(15);

/// The use cases and ports behind the routes.
pub(crate) struct Front {
    pub(crate) runtime: Handle,
    pub(crate) upgrades: UpgradeDesk,
    pub(crate) members: MemberDesk,
    pub(crate) tokens: Arc<dyn TokenVerifier>,
    pub(crate) dependencies: Vec<Arc<dyn Health>>,
    pub(crate) ids: Arc<dyn Ids>,
    /// One for every request that may be at work at once.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) qr_base_url: String,
}

impl fmt::Debug for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Front")
    }
}

impl Front {
    /// Runs a use case on the main runtime and waits for it here.
    ///
    /// HTTP workers are single-threaded runtimes, and drop a request's future when its client
    /// leaves: no database future may ever be polled there. What was started runs to its end.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, DeskError>> + Send + 'static,
    {
        let busy = |_| Problem::of(Code::Unavailable);
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(busy)?;
        let work = self.runtime.spawn(async move {
            let done = work.await;
            drop(place);
            done
        });
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(done)) => done.map_err(Problem::from),
            Ok(Err(_)) => Err(Problem::of(Code::Internal)),
            Err(_) => Err(Problem::of(Code::Unavailable)),
        }
    }
}
