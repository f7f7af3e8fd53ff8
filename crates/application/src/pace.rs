//! Keeps the number of entries per second under a limit.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

/// The pace of a loop over entries.
pub(crate) struct Pace {
    per_entry: Duration,
    next: Instant,
}

impl Pace {
    pub(crate) fn new(per_second: NonZeroU32) -> Self {
        Self { per_entry: Duration::from_secs(1) / per_second.get(), next: Instant::now() }
    }

    /// Waits until further entries may follow these.
    pub(crate) async fn wait(&mut self, entries: usize) {
        let entries = u32::try_from(entries).unwrap_or(u32::MAX);
        self.next = self.next.max(Instant::now()) + self.per_entry * entries;
        tokio::time::sleep_until(self.next).await;
    }
}
