//! Whether lists may be read from a replica of the database, and how old they are then.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::Timestamp;
use crate::closed_set::closed_set;

/// A position in the database's write-ahead log, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPosition(pub i64);

/// A database, on whichever server it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseIdentity {
    /// The identifier that all copies of a cluster share.
    pub cluster: String,
    /// The name of the database.
    pub name: String,
}

/// What the primary answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimarySample {
    /// The database.
    pub database: DatabaseIdentity,
    /// Counts the promotions in the history of the cluster.
    pub timeline: i32,
    /// Every commit that was confirmed before is up to here in the log.
    pub position: LogPosition,
    /// The time on its clock.
    pub at: Timestamp,
}

/// What the replica answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaSample {
    /// The database.
    pub database: DatabaseIdentity,
    /// Counts the promotions in the history of the cluster.
    pub timeline: i32,
    /// Whether it follows another server; not after it was promoted.
    pub is_recovering: bool,
    /// Up to where the log is replayed.
    pub replayed: Option<LogPosition>,
    /// When the last replayed transaction ended, on the primary's clock.
    pub replayed_at: Option<Timestamp>,
}

closed_set! {
    /// Why lists are read from the primary although there is a replica.
    pub enum ReplicaRefusal {
        /// The replica does not answer, or not in time.
        Unreachable = "unreachable",
        /// It follows no other server: it was promoted, or never was a replica.
        NotAReplica = "not_a_replica",
        /// It holds another database.
        OtherDatabase = "other_database",
        /// It follows another server than the primary: one that was promoted later.
        OtherTimeline = "other_timeline",
        /// What it shows is older than allowed.
        Behind = "behind",
        /// The age of what it shows is not known.
        LagUnknown = "lag_unknown",
        /// A list could not be read from it.
        ListFailed = "list_failed",
    }
}

/// What is known of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplicaState {
    /// Lists may be read from it.
    Usable {
        /// It shows every commit that was confirmed this long ago or earlier.
        lag: Duration,
    },
    /// Lists are read from the primary.
    Refused {
        /// Why.
        why: ReplicaRefusal,
        /// The lag, where it is known.
        lag: Option<Duration>,
    },
}

impl ReplicaState {
    const fn refused(why: ReplicaRefusal) -> Self {
        Self::Refused { why, lag: None }
    }

    /// Why lists are read from the primary.
    #[must_use]
    pub const fn refusal(self) -> Option<ReplicaRefusal> {
        match self {
            Self::Usable { .. } => None,
            Self::Refused { why, .. } => Some(why),
        }
    }

    /// The lag, if it is known.
    #[must_use]
    pub const fn lag(self) -> Option<Duration> {
        match self {
            Self::Usable { lag } => Some(lag),
            Self::Refused { lag, .. } => lag,
        }
    }
}

/// Where the primary was at which moments, oldest first.
#[derive(Debug, Clone, Default)]
pub struct PrimaryHistory(VecDeque<(Instant, PrimarySample)>);

impl PrimaryHistory {
    /// Maximum number of samples that are kept: of an hour, with one each second.
    const MAX_SAMPLES: usize = 3600;

    /// Adds what the primary answered to a query that was sent at `asked`. Samples of another
    /// database or timeline are dropped, because their positions cannot be compared.
    pub fn add(&mut self, asked: Instant, sample: PrimarySample) {
        let is_comparable = |(_, last): &(Instant, PrimarySample)| {
            last.database == sample.database && last.timeline == sample.timeline
        };
        if !self.0.back().is_none_or(is_comparable) {
            self.0.clear();
        }
        if self.0.len() == Self::MAX_SAMPLES {
            self.0.pop_front();
        }
        self.0.push_back((asked, sample));
    }

    /// What the answer of the replica means at `now`.
    ///
    /// What was replayed up to a position of the primary shows every commit that was confirmed
    /// before the primary was asked for it. So the newest position that is replayed gives the lag,
    /// and it grows while no newer one is. If none is replayed, the primary's own times give it.
    #[must_use]
    pub fn assess(&self, now: Instant, replica: &ReplicaSample, max_lag: Duration) -> ReplicaState {
        let Some((asked, newest)) = self.0.back() else {
            return ReplicaState::refused(ReplicaRefusal::LagUnknown);
        };
        if replica.database != newest.database {
            return ReplicaState::refused(ReplicaRefusal::OtherDatabase);
        }
        if !replica.is_recovering {
            return ReplicaState::refused(ReplicaRefusal::NotAReplica);
        }
        // One on an older timeline may have what the primary never had, and nothing newer.
        if replica.timeline != newest.timeline {
            return ReplicaState::refused(ReplicaRefusal::OtherTimeline);
        }
        let is_replayed =
            |sample: &PrimarySample| replica.replayed.is_some_and(|it| it >= sample.position);
        let reached = self.0.iter().rev().find(|(_, sample)| is_replayed(sample));
        let lag = match (reached, replica.replayed_at) {
            (Some((reached, _)), _) => now.saturating_duration_since(*reached),
            (None, Some(at)) if at <= newest.at => {
                let behind = newest.at.duration_since(at).unsigned_abs();
                behind + now.saturating_duration_since(*asked)
            }
            // A clock went back, and says nothing.
            (None, _) => return ReplicaState::refused(ReplicaRefusal::LagUnknown),
        };
        if lag > max_lag {
            return ReplicaState::Refused { why: ReplicaRefusal::Behind, lag: Some(lag) };
        }
        ReplicaState::Usable { lag }
    }
}

#[cfg(test)]
mod tests;
