//! Reports the keys of this process, so that a rotation can see which nodes follow.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::key_ring::{HeldKey, NodeId};
use madoguchi_domain::port::{Clock, DataKeys, StoreError};
use tokio::sync::{Notify, watch};

/// Time between two reports: a fourth of the time for which one is current.
const EVERY: Duration = Duration::from_secs(30);

/// Reports the key ring of this process.
pub struct KeyReporter {
    /// Where it reports to.
    pub keys: Arc<dyn DataKeys>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// The name of this process.
    pub node: NodeId,
    /// The current content of the key ring.
    pub held: Arc<dyn Fn() -> Vec<HeldKey> + Send + Sync>,
    /// Notified when the key ring was reloaded.
    pub reloaded: Arc<Notify>,
}

impl fmt::Debug for KeyReporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyReporter").field("node", &self.node).finish_non_exhaustive()
    }
}

impl KeyReporter {
    /// Reports once.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn report(&self) -> Result<(), StoreError> {
        self.keys.report(&self.node, &(self.held)(), self.clock.now()).await
    }

    /// Reports every 30 s and after each reload, until `stop` is set or dropped. Then it removes
    /// the report.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.report().await {
                tracing::warn!(%error, "could not report the key ring: trying again");
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = self.reloaded.notified() => {}
                _ = stop.changed() => break,
            }
        }
        // If this fails, the report is ignored when it is no longer current.
        let _ = self.keys.report(&self.node, &[], self.clock.now()).await;
    }
}
