//! The fake store's audit log: one chained stream.

use madoguchi_domain::audit::{self, AuditEntry, ChainedEntry, GENESIS, Head, Place};
use madoguchi_domain::secret::SecretKey;

const STREAM: i32 = 0;

/// The rows of stream 0.
#[derive(Debug, Clone)]
pub(super) struct FakeAudit {
    key: SecretKey,
    rows: Vec<ChainedEntry>,
}

impl FakeAudit {
    pub(super) const fn new(key: SecretKey) -> Self {
        Self { key, rows: Vec::new() }
    }

    pub(super) fn head(&self) -> Head {
        self.rows.last().map_or(
            Head { place: Place { stream: STREAM, seq: 0 }, link: GENESIS },
            |row| Head { place: row.place, link: row.link },
        )
    }

    pub(super) fn append(&mut self, entry: &AuditEntry) {
        let head = self.head();
        let place = head.next();
        let link = audit::link(&self.key, &head.link, place, entry);
        self.rows.push(ChainedEntry { place, entry: entry.clone(), link });
    }

    pub(super) fn after(&self, place: Place, limit: u32) -> Vec<ChainedEntry> {
        self.rows
            .iter()
            .filter(|row| row.place.stream == place.stream && row.place.seq > place.seq)
            .take(limit as usize)
            .cloned()
            .collect()
    }
}
