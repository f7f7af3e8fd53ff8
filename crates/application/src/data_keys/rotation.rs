//! Wraps all data keys under the active key-encryption key while the nodes serve.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use madoguchi_domain::change::Committed;
use madoguchi_domain::key_ring::{LaggingNode, lagging_nodes};
use madoguchi_domain::port::{
    Clock, DataKeyPage, DataKeys, Rewrapping, Sealer, SealerError, StoreError,
};
use madoguchi_domain::sealed::{DataKeyId, KeyId, WrappedKey};
use tokio::task::spawn_blocking;

use crate::pace::Pace;

/// How fast data keys are re-wrapped.
#[derive(Debug, Clone, Copy)]
pub struct RotationSettings {
    /// Data keys per transaction.
    pub batch: NonZeroU32,
    /// Maximum data keys per second; unlimited without it.
    pub per_second: Option<NonZeroU32>,
}

/// How far a rotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RotationCounts {
    /// Re-wrapped by this rotation.
    pub rewrapped: u64,
    /// Re-wrapped by another process or erased, after this one had read them.
    pub lost: u64,
    /// Data keys of the current pass that do not open.
    pub unopened: u64,
    /// Still under other keys.
    pub left: u64,
}

/// Why a rotation did not begin or did not finish. What it has re-wrapped is kept: a new start
/// continues with the rest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RotationError {
    /// Add the key on these nodes first, and make it active there.
    #[error(
        "not every node uses the same keys yet: {}; copy the key files and their entries there and \
         send SIGHUP; a node that was killed counts for 2 minutes",
        list(.0)
    )]
    Lagging(Vec<LaggingNode>),
    /// An operator must check: the key ring lacks a key, or rows were changed.
    #[error("{0} records do not open with this key ring")]
    Unopened(u64),
    /// No data key can be wrapped now.
    #[error(transparent)]
    Sealer(#[from] SealerError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn list(nodes: &[LaggingNode]) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Re-wraps all data keys that are under other keys than the active one. Several may run at once,
/// and one that was killed is started again.
pub struct KeyRotation {
    /// The data keys.
    pub keys: Arc<dyn DataKeys>,
    /// Its active key is the one to wrap under.
    pub sealer: Arc<dyn Sealer>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// The settings.
    pub settings: RotationSettings,
}

impl fmt::Debug for KeyRotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRotation").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl KeyRotation {
    /// Runs until no data key is left under another key. `progress` is called after each batch.
    ///
    /// # Errors
    /// See [`RotationError`].
    pub async fn run(
        &self,
        mut progress: impl FnMut(&RotationCounts),
    ) -> Result<RotationCounts, RotationError> {
        let sealer = Arc::clone(&self.sealer);
        let active = blocking(move || sealer.new_data_key()).await?.key;
        let mut counts = RotationCounts::default();
        loop {
            // Checked before each pass: a node with the old key may have started meanwhile.
            let lagging = lagging_nodes(&self.keys.reports().await?, &active, self.clock.now());
            if !lagging.is_empty() {
                return Err(RotationError::Lagging(lagging));
            }
            counts.left = self.left(&active).await?;
            progress(&counts);
            if counts.left == 0 {
                return Ok(counts);
            }
            let before = counts;
            counts.unopened = 0;
            self.pass(&active, &mut counts, &mut progress).await?;
            // Rows that no page shows, or that are lost each time, must not be tried for ever.
            let left = self.left(&active).await?;
            if counts.rewrapped == before.rewrapped && left >= before.left {
                return Err(RotationError::Unopened(left));
            }
        }
    }

    async fn left(&self, active: &KeyId) -> Result<u64, StoreError> {
        let counts = self.keys.counts().await?;
        Ok(counts.iter().filter(|(key, _)| key != active).map(|(_, count)| count).sum())
    }

    /// Goes through all data keys under other keys once.
    async fn pass(
        &self,
        active: &KeyId,
        counts: &mut RotationCounts,
        progress: &mut impl FnMut(&RotationCounts),
    ) -> Result<(), RotationError> {
        let RotationSettings { batch, per_second } = self.settings;
        let limit = per_second.map_or(batch, |most| most.min(batch)).get();
        let mut pace = per_second.map(Pace::new);
        let mut after = None;
        loop {
            let page = DataKeyPage { not_under: Some(active.clone()), after, limit };
            let page = self.keys.page(&page).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(*last);
            let read = page.len();
            let rewrappings = self.rewrapped(page).await?;
            counts.unopened += (read - rewrappings.len()) as u64;
            let committed = self.keys.rewrap(&rewrappings).await?;
            let moved = committed.iter().filter(|it| **it == Committed::Moved).count();
            counts.rewrapped += moved as u64;
            counts.lost += (committed.len() - moved) as u64;
            counts.left = counts.left.saturating_sub(committed.len() as u64);
            progress(counts);
            if let Some(pace) = &mut pace {
                pace.wait(read).await;
            }
        }
    }

    /// The data keys that open, wrapped again.
    async fn rewrapped(
        &self,
        page: Vec<(DataKeyId, WrappedKey)>,
    ) -> Result<Vec<Rewrapping>, SealerError> {
        let sealer = Arc::clone(&self.sealer);
        blocking(move || {
            let rewrap = |(id, from): (DataKeyId, WrappedKey)| match sealer.rewrap(&from) {
                Ok(to) => Some(Ok(Rewrapping { id, from, to })),
                Err(SealerError::UnknownKey(_) | SealerError::DoesNotOpen) => None,
                Err(error @ SealerError::Unavailable) => Some(Err(error)),
            };
            page.into_iter().filter_map(rewrap).collect()
        })
        .await
    }
}

/// Runs `work` where a sealer may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SealerError> + Send + 'static,
) -> Result<T, SealerError> {
    spawn_blocking(work).await.unwrap_or(Err(SealerError::Unavailable))
}
