//! Computes all blind indexes under the index keys of the key ring, while the nodes serve.

use std::fmt;
use std::sync::Arc;

use madoguchi_domain::key_ring::{HeldKey, nodes_with_other_indexes};
use madoguchi_domain::port::{BlindIndexes, Clock, DataKeys};

use super::rotation::{RotationError, RotationSettings};
use crate::pace::Pace;

/// How far the blind indexes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IndexCounts {
    /// Records of the current pass whose indexes were compared with the key ring.
    pub records: u64,
    /// Records whose indexes were replaced.
    pub replaced: u64,
}

/// Makes all stored blind indexes those under the index keys of the key ring. It may be started
/// again at any time, and several may run at once.
pub struct IndexRotation {
    /// The blind indexes, computed with the key ring.
    pub indexes: Arc<dyn BlindIndexes>,
    /// Tells what the nodes report.
    pub keys: Arc<dyn DataKeys>,
    /// The keys of the key ring.
    pub held: Vec<HeldKey>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// The settings; a batch is a number of records.
    pub settings: RotationSettings,
}

impl fmt::Debug for IndexRotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexRotation").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl IndexRotation {
    /// Goes through all records until a pass has replaced nothing. `progress` is called after each
    /// page.
    ///
    /// # Errors
    /// [`RotationError::Lagging`] if the index keys of a running node are not those of the key
    /// ring: one of them would not find what the other has written.
    pub async fn run(
        &self,
        mut progress: impl FnMut(&IndexCounts),
    ) -> Result<IndexCounts, RotationError> {
        let mut counts = IndexCounts::default();
        loop {
            let reports = self.keys.reports().await?;
            let others = nodes_with_other_indexes(&reports, &self.held, self.clock.now());
            if !others.is_empty() {
                return Err(RotationError::Lagging(others));
            }
            let before = counts.replaced;
            counts.records = 0;
            let unopened = self.pass(&mut counts, &mut progress).await?;
            match (counts.replaced == before, unopened) {
                (false, _) => {}
                (true, 0) => return Ok(counts),
                (true, unopened) => return Err(RotationError::Unopened(unopened)),
            }
        }
    }

    /// Goes through all records once; returns the number of those that do not open.
    async fn pass(
        &self,
        counts: &mut IndexCounts,
        progress: &mut impl FnMut(&IndexCounts),
    ) -> Result<u64, RotationError> {
        let RotationSettings { batch, per_second } = self.settings;
        let limit = per_second.map_or(batch, |most| most.min(batch)).get();
        let mut pace = per_second.map(Pace::new);
        let (mut unopened, mut after) = (0, None);
        loop {
            let page = self.indexes.reindex(after, limit).await?;
            counts.records += page.records;
            counts.replaced += page.replaced;
            unopened += page.unopened;
            progress(counts);
            if page.last.is_none() {
                return Ok(unopened);
            }
            after = page.last;
            if let Some(pace) = &mut pace {
                pace.wait(usize::try_from(page.records).unwrap_or(usize::MAX)).await;
            }
        }
    }
}
