//! Parses the address of a database: `sqlite:<path>` or a PostgreSQL URL.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use tokio_postgres::config::Host;

/// The address of a database. `Debug` hides a PostgreSQL URL, because it may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres(String),
}

/// The text is not the URL of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// The URL is neither `sqlite:` nor `postgres://`.
    #[error("must be sqlite:<path> or postgres://<user>@<host>/<database>")]
    Scheme,
    /// The PostgreSQL URL is invalid.
    #[error(
        "is not a readable PostgreSQL URL: encode what is special in user and password, %40 for @"
    )]
    Postgres,
    /// A database that ends with the process.
    #[error(
        "must name a file: a database in memory would lose every decision when the server stops"
    )]
    InMemory,
    /// SQLite's parameters.
    #[error("must be a path without parameters: the program itself decides how it opens the file")]
    SqliteParameter,
    /// A certificate in the URL.
    #[error(
        "has sslrootcert, sslcert or sslkey: remove it, and let the operating system trust the \
         server's authority (SSL_CERT_FILE)"
    )]
    Certificate,
    /// Without encryption over a network.
    #[error("has sslmode={0}, but another host is only spoken to with verified TLS: remove it")]
    Unencrypted(&'static str),
}

impl DatabaseUrl {
    /// Parses a URL.
    ///
    /// # Errors
    /// See [`InvalidUrl`].
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
            return sqlite(path);
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(InvalidUrl::Scheme);
        }
        postgres(text)
    }

    /// Whether it is a file, or a server that is reached without a network.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            Self::Postgres(url) => url.parse().is_ok_and(|config| is_local(&config)),
        }
    }
}

fn sqlite(path: &str) -> Result<DatabaseUrl, InvalidUrl> {
    if path.contains(":memory:") || path.contains("mode=memory") {
        return Err(InvalidUrl::InMemory);
    }
    // SQLite would take the one for parameters, and the other for a URI.
    if path.contains('?') || path.starts_with("file:") {
        return Err(InvalidUrl::SqliteParameter);
    }
    Ok(DatabaseUrl::Sqlite(path.into()))
}

fn postgres(text: &str) -> Result<DatabaseUrl, InvalidUrl> {
    let (start, parameters) = text.split_once('?').unwrap_or((text, ""));
    let given: Vec<&str> = parameters.split('&').filter(|it| !it.is_empty()).collect();
    let of = |parameter: &str| parameter.split_once('=').map_or("", |(name, _)| name).to_owned();
    if given.iter().any(|it| ["sslrootcert", "sslcert", "sslkey"].contains(&&*of(it))) {
        return Err(InvalidUrl::Certificate);
    }
    // The driver does not know these. Our TLS always verifies certificate and host.
    let known = given.iter().map(|parameter| match *parameter {
        "sslmode=verify-full" | "sslmode=verify-ca" => "sslmode=require",
        "sslmode=allow" => "sslmode=prefer",
        other => other,
    });
    let known: Vec<&str> = known.collect();
    let separator = if known.is_empty() { "" } else { "?" };
    let url = format!("{start}{separator}{}", known.join("&"));
    let config: tokio_postgres::Config = url.parse().map_err(|_| InvalidUrl::Postgres)?;
    // A part of a password that is not encoded must not be taken for a host or a database: both are
    // printed.
    let is_password = |host: &Host| matches!(host, Host::Tcp(name) if name.contains('@'));
    let is_cut = config.get_dbname().is_some_and(|name| name.contains('@'));
    if config.get_hosts().is_empty() || is_cut || config.get_hosts().iter().any(is_password) {
        return Err(InvalidUrl::Postgres);
    }
    if !is_local(&config) {
        for (parameter, mode) in [
            ("sslmode=disable", "disable"),
            ("sslmode=allow", "allow"),
            ("sslmode=prefer", "prefer"),
        ] {
            if given.contains(&parameter) {
                return Err(InvalidUrl::Unencrypted(mode));
            }
        }
    }
    Ok(DatabaseUrl::Postgres(url))
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => f.write_str("Postgres(***)"),
        }
    }
}

/// Whether every host of the configuration is local, so that no traffic uses a network.
pub(crate) fn is_local(config: &tokio_postgres::Config) -> bool {
    let here = |ip: &IpAddr| ip.is_loopback();
    config.get_hostaddrs().iter().all(here)
        && config.get_hosts().iter().all(|host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => {
                name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_told_apart_and_never_print_a_password() {
        let sqlite = DatabaseUrl::parse("sqlite:data/m.db").unwrap();
        assert_eq!(sqlite, DatabaseUrl::Sqlite("data/m.db".into()));
        let postgres = DatabaseUrl::parse("postgres://u:secret@db.bank.example/m").unwrap();
        assert_eq!(format!("{postgres:?}"), "Postgres(***)");
        for bad in [
            "",
            "sqlite:",
            "mysql://x/y",
            "postgres://u:a@b@localhost/m",
            "postgres://[",
            "postgres:///nohost",
        ] {
            assert!(DatabaseUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_would_lose_decisions_or_certificates_is_refused_by_name() {
        let parsed = |text: &str| DatabaseUrl::parse(text).unwrap_err();
        for memory in
            ["sqlite::memory:", "sqlite:file::memory:?cache=shared", "sqlite:x?mode=memory"]
        {
            assert_eq!(parsed(memory), InvalidUrl::InMemory, "{memory}");
        }
        for parameter in ["sqlite:m.db?mode=ro", "sqlite:file:m.db"] {
            assert_eq!(parsed(parameter), InvalidUrl::SqliteParameter, "{parameter}");
        }
        let url = "postgres://u@db.bank.example/m";
        for certificate in ["sslrootcert=/ca.pem", "application_name=x&sslkey=k"] {
            assert_eq!(parsed(&format!("{url}?{certificate}")), InvalidUrl::Certificate);
        }
        for mode in ["disable", "allow", "prefer"] {
            let refused = InvalidUrl::Unencrypted(mode);
            assert_eq!(parsed(&format!("{url}?sslmode={mode}")), refused);
        }
        for mode in ["require", "verify-ca", "verify-full"] {
            let accepted = DatabaseUrl::parse(&format!("{url}?sslmode={mode}&application_name=x"));
            let expected = format!("{url}?sslmode=require&application_name=x");
            assert_eq!(accepted, Ok(DatabaseUrl::Postgres(expected)), "{mode}");
        }
        assert!(DatabaseUrl::parse("postgres://u@localhost/m?sslmode=disable").is_ok());
    }

    #[test]
    fn only_loopback_and_sockets_are_local() {
        let local = |url: &str| is_local(&url.parse().unwrap());
        assert!(local("postgres://u@localhost/m"));
        assert!(local("postgres://u@127.0.0.1/m"));
        assert!(local("postgres://u@/m?host=%2Ftmp%2Fx"));
        assert!(!local("postgres://u@10.0.0.1/m"));
        assert!(!local("postgres://u@localhost/m?hostaddr=10.0.0.5"));
        assert!(!local("postgres://u@127.0.0.1,db.bank.example/m"));
    }
}
