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
    #[error("is not a readable PostgreSQL URL")]
    Postgres,
}

impl DatabaseUrl {
    /// Parses a URL.
    ///
    /// # Errors
    /// See [`InvalidUrl`].
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
            return Ok(Self::Sqlite(path.into()));
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(InvalidUrl::Scheme);
        }
        let config: tokio_postgres::Config = text.parse().map_err(|_| InvalidUrl::Postgres)?;
        if config.get_hosts().is_empty() {
            return Err(InvalidUrl::Postgres);
        }
        Ok(Self::Postgres(text.to_owned()))
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
        for bad in ["", "sqlite:", "mysql://x/y", "postgres://[", "postgres:///nohost"] {
            assert!(DatabaseUrl::parse(bad).is_err(), "{bad}");
        }
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
