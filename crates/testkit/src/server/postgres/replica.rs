//! Streaming replication between two temporary clusters, with PostgreSQL's own programs.

use std::path::Path;

use super::Cluster;

impl Cluster {
    /// A streaming replica of this cluster, with all its databases. Replication is asynchronous
    /// unless [`replicate_synchronously`](Self::replicate_synchronously) changes that. The replica
    /// stops when it is dropped.
    ///
    /// # Panics
    ///
    /// When this cluster is down, or the replica does not start.
    #[must_use]
    pub fn start_replica(&self) -> Self {
        let (bin_dir, parent) = (self.bin_dir.clone(), Path::new("/tmp"));
        Self::start_from(bin_dir, parent, Some(&self.socket_dir), self.settings)
    }

    /// Makes each commit on this cluster wait until a replica has it on disk.
    ///
    /// # Panics
    ///
    /// When no replica is connected in time.
    pub fn replicate_synchronously(&self) {
        self.guardian().order("synchronous");
    }

    /// Ends the recovery of this replica: it becomes a primary.
    ///
    /// # Panics
    ///
    /// When it is not a replica.
    pub fn promote(&self) {
        self.guardian().order("promote");
    }

    /// Stops replaying on this replica. What is streamed meanwhile waits on its disk.
    ///
    /// # Panics
    ///
    /// When it is not a replica.
    pub fn pause_replay(&self) {
        self.guardian().order("pause");
    }

    /// Continues to replay.
    ///
    /// # Panics
    ///
    /// When it is not a replica.
    pub fn resume_replay(&self) {
        self.guardian().order("resume");
    }
}
