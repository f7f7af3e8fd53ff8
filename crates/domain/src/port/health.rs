//! The port to the health of a dependency.

use async_trait::async_trait;

use crate::closed_set::closed_set;

closed_set! {
    /// Why a dependency cannot do its work: in `/health/ready`, in the log and in metrics.
    pub enum DownReason {
        /// No connection can be opened.
        Unreachable = "unreachable",
        /// It starts, stops or recovers, and accepts no work.
        NotAccepting = "not_accepting",
        /// It refuses our credentials.
        CredentialsRefused = "credentials_refused",
        /// It, or our role, accepts no more connections.
        TooManyConnections = "too_many_connections",
        /// Our role or user lacks a right.
        PermissionDenied = "permission_denied",
        /// It only reads: a replica, or a file or disk that is read-only.
        ReadOnly = "read_only",
        /// Nothing more can be stored.
        DiskFull = "disk_full",
        /// Others hold a lock for too long.
        LockTimeout = "lock_timeout",
        /// It does not answer in time.
        Timeout = "timeout",
        /// The last rows of the audit log are not those that it should continue.
        AuditHead = "audit_head",
        /// Its schema is not the one that this program needs.
        Schema = "schema",
        /// The file that is open was moved, or another one was put in its place.
        Replaced = "file_replaced",
        /// Its disk or file system fails.
        Io = "io_error",
        /// What it stores is damaged.
        Damaged = "damaged",
        /// Anything else: its own log says more.
        Other = "other",
    }
}

impl DownReason {
    /// What an operator does about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unreachable => "check that it runs and can be reached",
            Self::NotAccepting => "wait until it has started, and look into its log",
            Self::CredentialsRefused => "check the user and the password in its URL",
            Self::TooManyConnections => "raise its limit, or lower store.max_connections",
            Self::PermissionDenied => "grant the missing right: its log names it",
            Self::ReadOnly => "give the URL of the primary, or make the file writable",
            Self::DiskFull => "free space on its disk",
            Self::LockTimeout => "end the transaction that holds the lock",
            Self::Timeout => "look for load, and into its log",
            Self::AuditHead => "stop the server, and find who changed audit_entry or audit_head",
            Self::Schema => "run `madoguchi migrate`; if that changes nothing, restore a backup",
            Self::Replaced => "stop the server: what it writes is lost; restore a backup",
            Self::Io => "check its disk and file system",
            Self::Damaged => "stop the server, and restore a backup",
            Self::Other => "look into its log",
        }
    }
}

/// Checks whether a dependency can do its work now.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Health: Send + Sync {
    /// The dependency's name in `/health/ready`, for example `store`.
    fn name(&self) -> &'static str;

    /// Checks whether it can do its work: of a store, whether a decision could be written. Nothing
    /// that anyone reads is changed.
    ///
    /// # Errors
    /// With the reason why it cannot.
    async fn check(&self) -> Result<(), DownReason>;
}
