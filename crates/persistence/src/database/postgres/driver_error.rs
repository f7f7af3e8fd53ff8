//! What errors of the PostgreSQL driver mean. Texts of the server depend on its language, and may
//! hold what somebody typed: only its codes are read.

use std::error::Error as _;
use std::fmt;
use std::io;

use madoguchi_domain::port::DownReason;
use tokio_postgres::config::Host;
use tokio_postgres::{Config, Error};

use crate::database::open_error::OpenRefusal;

/// Why a session cannot be used, for those who watch the server.
pub(super) fn down_reason(error: &Error) -> DownReason {
    let Some(code) = error.code() else {
        let reads = open_refusal(error) == OpenRefusal::ReadOnly;
        return if reads { DownReason::ReadOnly } else { DownReason::Unreachable };
    };
    match code.code() {
        "25006" => DownReason::ReadOnly,
        "53100" => DownReason::DiskFull,
        "53300" => DownReason::TooManyConnections,
        "55P03" => DownReason::LockTimeout,
        "57014" => DownReason::Timeout,
        "42501" => DownReason::PermissionDenied,
        "42P01" | "42703" | "3D000" => DownReason::Schema,
        "XX001" | "XX002" => DownReason::Damaged,
        code if code.starts_with("28") => DownReason::CredentialsRefused,
        code if code.starts_with("57P") => DownReason::NotAccepting,
        _ => DownReason::Other,
    }
}

/// Why a session cannot be opened, for the one who starts the server.
pub(super) fn open_refusal(error: &Error) -> OpenRefusal {
    if let Some(code) = error.code() {
        return match code.code() {
            "28P01" => OpenRefusal::WrongPassword,
            "3D000" => OpenRefusal::NoSuchDatabase,
            "42501" => OpenRefusal::NoRight,
            "53300" => OpenRefusal::TooManyConnections,
            "53100" => OpenRefusal::DiskFull,
            "25006" => OpenRefusal::ReadOnly,
            code if code.starts_with("28") => OpenRefusal::NotLetIn,
            code if code.starts_with("57P") => OpenRefusal::NotAccepting,
            _ => OpenRefusal::Other,
        };
    }
    let text = error.to_string();
    match error.source().and_then(|cause| cause.downcast_ref::<io::Error>()) {
        _ if text.contains("TLS") => OpenRefusal::Tls,
        Some(cause) => of_io(cause),
        // The password that the server asks for.
        None if text.contains("configuration") => OpenRefusal::WrongPassword,
        None => OpenRefusal::Other,
    }
}

fn of_io(cause: &io::Error) -> OpenRefusal {
    // The resolver's errors have no kind, only a text of the standard library.
    if cause.to_string().contains("lookup address") {
        return OpenRefusal::UnknownHost;
    }
    let kinds = [
        (io::ErrorKind::ConnectionRefused, OpenRefusal::PortClosed),
        (io::ErrorKind::NotFound, OpenRefusal::NoSocket),
        (io::ErrorKind::TimedOut, OpenRefusal::Silent),
        (io::ErrorKind::HostUnreachable, OpenRefusal::Silent),
    ];
    // The driver's own error has no number: the host only reads. The system's is of a socket.
    if cause.kind() == io::ErrorKind::PermissionDenied {
        let is_own = cause.raw_os_error().is_none();
        return if is_own { OpenRefusal::ReadOnly } else { OpenRefusal::PermissionDenied };
    }
    let found = kinds.into_iter().find(|(kind, _)| *kind == cause.kind());
    found.map_or(OpenRefusal::Other, |(_, why)| why)
}

/// A database, as errors name it.
pub(super) struct DatabaseLocation<'a>(pub(super) &'a Config);

impl fmt::Display for DatabaseLocation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(config) = self;
        let user = config.get_user().unwrap_or("?");
        let database = config.get_dbname().unwrap_or(user);
        write!(f, "the PostgreSQL database {database} of user {user} at ")?;
        for (at, host) in config.get_hosts().iter().enumerate() {
            let separator = if at == 0 { "" } else { "," };
            match host {
                Host::Tcp(name) => write!(f, "{separator}{name}")?,
                Host::Unix(path) => write!(f, "{separator}{}", path.display())?,
            }
            let ports = config.get_ports();
            let port = ports.get(at).or_else(|| ports.first()).copied().unwrap_or(5432);
            write!(f, ":{port}")?;
        }
        Ok(())
    }
}
