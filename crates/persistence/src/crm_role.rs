//! The SQL script that creates the role with which another system reads our views.

use std::fmt;

const SCRIPT: &str = include_str!("crm_role.sql");

/// Maximum number of connections of the role.
const CONNECTIONS: u32 = 10;

/// Timeout of the role's statements, in seconds.
const TIMEOUT_S: u32 = 30;

/// The maximum length of a PostgreSQL identifier, in bytes.
const LONGEST: usize = 63;

/// The name of a role or a database, as the script may hold it: a letter or `_`, then letters,
/// digits, `_` or `-`, all ASCII, and no name that PostgreSQL reserves.
///
/// ```
/// use madoguchi_persistence::PgName;
///
/// assert!(PgName::parse("crm_reader").is_ok());
/// assert!(PgName::parse("x\"; drop table contact; --").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgName(String);

/// The text is no such name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be 1 to 63 ASCII letters, digits, `_` or `-`, begin with a letter or `_`, and be no \
     name that PostgreSQL reserves"
)]
pub struct InvalidPgName;

impl PgName {
    /// Parses a name.
    ///
    /// # Errors
    /// See [`InvalidPgName`].
    pub fn parse(text: &str) -> Result<Self, InvalidPgName> {
        let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let is_plain = text.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-".contains(&it));
        let lower = text.to_ascii_lowercase();
        let is_reserved = lower.starts_with("pg_")
            || ["public", "none", "current_user", "session_user", "current_role"]
                .contains(&&*lower);
        let is_name = begins && is_plain && text.len() <= LONGEST && !is_reserved;
        if is_name { Ok(Self(text.to_owned())) } else { Err(InvalidPgName) }
    }
}

impl fmt::Display for PgName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The script, for `psql` as an administrator. It can be run any number of times.
#[must_use]
pub fn crm_role_script(role: &PgName, database: &PgName) -> String {
    SCRIPT
        .replace("{role}", &role.0)
        .replace("{database}", &database.0)
        .replace("{connections}", &CONNECTIONS.to_string())
        .replace("{timeout_s}", &TIMEOUT_S.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_and_reserved_names_are_refused() {
        let long = "a".repeat(64);
        for bad in [
            "",
            "1a",
            "-a",
            "a b",
            "a\"b",
            "a'b",
            "a;b",
            "a\nb",
            "a$b",
            "a{role}",
            "über",
            "a\\b",
            "pg_reader",
            "PG_reader",
            "public",
            "None",
            "CURRENT_USER",
            &long,
        ] {
            assert_eq!(PgName::parse(bad), Err(InvalidPgName), "{bad:?}");
        }
        for good in ["crm_reader", "CRM-Reader", "postgres", "_a", &long[1..]] {
            assert!(PgName::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn the_script_has_no_open_place() {
        let name = |text| PgName::parse(text).unwrap();
        let script = crm_role_script(&name("reader"), &name("main"));
        assert!(!script.contains(['{', '}']) && !script.contains("password '"), "{script}");
    }
}
