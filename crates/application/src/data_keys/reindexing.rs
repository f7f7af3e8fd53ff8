//! Computes all blind indexes under the index keys of the key ring, while the nodes serve.

use std::fmt;
use std::sync::Arc;

use madoguchi_domain::key_ring::{HeldKey, KeyKind, lacking_nodes};
use madoguchi_domain::port::{BlindIndexes, Clock, DataKeys};

use super::rotation::{Pace, RotationError, RotationSettings};

/// How far the blind indexes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IndexCounts {
    /// Records whose indexes were compared with the key ring.
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
    /// Goes through all records once. `progress` is called after each page.
    ///
    /// # Errors
    /// [`RotationError::Lagging`] if a running node lacks an index key: what it writes would not
    /// be found under that key.
    pub async fn run(
        &self,
        mut progress: impl FnMut(&IndexCounts),
    ) -> Result<IndexCounts, RotationError> {
        let reports = self.keys.reports().await?;
        let index = self.held.iter().filter(|key| key.kind == KeyKind::Index);
        let lacking: Vec<_> = index
            .flat_map(|key| lacking_nodes(&reports, KeyKind::Index, &key.id, self.clock.now()))
            .collect();
        if !lacking.is_empty() {
            return Err(RotationError::Lagging(lacking));
        }
        let RotationSettings { batch, per_second } = self.settings;
        let limit = per_second.map_or(batch, |most| most.min(batch)).get();
        let mut pace = per_second.map(Pace::new);
        let (mut counts, mut unopened, mut after) = (IndexCounts::default(), 0, None);
        loop {
            let page = self.indexes.reindex(after, limit).await?;
            counts.records += page.records;
            counts.replaced += page.replaced;
            unopened += page.unopened;
            progress(&counts);
            if page.last.is_none() {
                let is_whole = unopened == 0;
                return if is_whole { Ok(counts) } else { Err(RotationError::Unopened(unopened)) };
            }
            after = page.last;
            if let Some(pace) = &mut pace {
                pace.wait(usize::try_from(page.records).unwrap_or(usize::MAX)).await;
            }
        }
    }
}
