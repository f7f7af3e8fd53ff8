//! Why a database cannot be opened, and what to do.

use std::fmt;

/// Why a database cannot be opened, and how to correct it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The database at this place refuses us.
    #[error("{place}: {why}")]
    Refused {
        /// The server, the database and the user, or the file. Never a password.
        place: String,
        /// Why.
        why: OpenRefusal,
    },
    /// The path of the file is not UTF-8.
    #[error("the database file's path must be UTF-8")]
    Path,
    /// The database does not make commits durable.
    #[error("the database does not make commits durable: turn its synchronous setting on")]
    NotDurable,
    /// The schema lacks migrations of this version.
    #[error("the database's schema is older than this program: run `madoguchi migrate`")]
    SchemaBehind,
    /// A newer version of the program migrated the schema.
    #[error("the database's schema is newer than this program: run a newer `madoguchi`")]
    SchemaAhead,
    /// A migration failed and was rolled back.
    #[error("a migration failed: restore the backup taken before it, and report its version")]
    MigrationFailed,
}

impl OpenError {
    pub(crate) fn refused(place: impl fmt::Display, why: OpenRefusal) -> Self {
        Self::Refused { place: place.to_string(), why }
    }
}

/// Why a database refuses us, each with what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenRefusal {
    /// Nobody listens.
    #[error("the connection is refused: start the server, and check host and port")]
    PortClosed,
    /// The host's name has no address.
    #[error("the host is not known: check its name and the DNS")]
    UnknownHost,
    /// There is no such socket.
    #[error("there is no such socket: start the server, and check the directory and the port")]
    NoSocket,
    /// Nothing answers in time.
    #[error("the server does not answer in time: check the host and the firewall")]
    Silent,
    /// No encrypted connection could be made.
    #[error(
        "TLS failed: let the server use TLS with a certificate for this host, and let this machine \
         trust its authority (SSL_CERT_FILE)"
    )]
    Tls,
    /// The password is wrong.
    #[error("the password is wrong, or missing")]
    WrongPassword,
    /// The server lets this user in nowhere, or not from here.
    #[error("the user is not let in: check that the role exists and may log in, and pg_hba.conf")]
    NotLetIn,
    /// There is no such database.
    #[error("there is no such database: create it, or correct the name")]
    NoSuchDatabase,
    /// The role lacks a right.
    #[error(
        "the role lacks a right: to serve, usage on the schema and rights on its tables; to \
         migrate, create on the schema"
    )]
    NoRight,
    /// The server starts, stops or recovers.
    #[error("the server is starting, stopping or recovering: wait, and look into its log")]
    NotAccepting,
    /// There are too many connections.
    #[error("too many connections: raise the limit of the server, the database or the role")]
    TooManyConnections,
    /// The server only reads.
    #[error("it only reads: give the URL of the primary")]
    ReadOnly,
    /// Text is not stored as UTF-8.
    #[error("its encoding is not UTF8: create it with `encoding 'UTF8' template template0`")]
    NotUtf8,
    /// Sessions are shared by a pooler.
    #[error(
        "a pooler in transaction or statement mode is between: use its session mode, or the \
         server's own address"
    )]
    TransactionPooler,
    /// The directory of the file does not exist.
    #[error("its directory does not exist: create it, or correct the path")]
    NoDirectory,
    /// The file or its directory belongs to another user.
    #[error(
        "permission denied: give the file and its directory to the user of this process, on a file \
         system that can be written"
    )]
    PermissionDenied,
    /// The file or its directory cannot be written.
    #[error("it cannot be written: make the file, its directory and the disk writable")]
    FileReadOnly,
    /// It is no file.
    #[error("it is no file: give the path of a file")]
    NotAFile,
    /// The file is no database.
    #[error("it is not a SQLite database: correct the path, or move the file away")]
    NotADatabase,
    /// The file is damaged.
    #[error("it is damaged: restore a backup with `madoguchi restore`")]
    Damaged,
    /// The file does not go with the log beside it.
    #[error(
        "it does not go with the -wal file beside it, as after a copy over a running or killed \
         server: restore a backup with `madoguchi restore`, which removes that file"
    )]
    ForeignLog,
    /// The disk is full.
    #[error("its disk is full: free space")]
    DiskFull,
    /// The disk or its file system fails, which a full one may do too.
    #[error("its disk cannot be read or written: free space, and check the disk")]
    DiskFails,
    /// Another process holds the file.
    #[error("another process holds its lock: end that process")]
    Locked,
    /// Another reason.
    #[error("it cannot be opened: look into the log of the database")]
    Other,
}
