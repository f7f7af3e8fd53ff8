//! Keys come from files that others cannot read, or from the environment; never from the
//! configuration file itself.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use madoguchi_domain::secret::SecretKey;

use super::reader::{Section, value};

/// The keys that could be read.
pub(super) struct Keys {
    pub(super) deployment_salt: Option<SecretKey>,
    pub(super) qr_key: Option<SecretKey>,
    pub(super) audit_key: Option<SecretKey>,
}

impl Keys {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            deployment_salt: key(section, DEPLOYMENT_SALT),
            qr_key: key(section, QR_KEY),
            audit_key: key(section, AUDIT_KEY),
        }
    }
}

/// Where a secret may stand: the key that names its file, and the one for the environment.
pub(super) type Places = (&'static str, &'static str);

const DEPLOYMENT_SALT: Places = ("deployment_salt_file", "deployment_salt");
const QR_KEY: Places = ("qr_key_file", "qr_key");
const AUDIT_KEY: Places = ("audit_key_file", "audit_key");

fn key(section: &mut Section<'_>, places: Places) -> Option<SecretKey> {
    let meaning = "a file with 64 or more hexadecimal digits: openssl rand -hex 32";
    let form = "must be 64 or more hexadecimal digits";
    secret(section, places, Some(meaning), |text| unhex(text).ok_or(form))
}

/// Reads a secret from its file, or from the environment. One without a `meaning` may be absent.
pub(super) fn secret<T>(
    section: &mut Section<'_>,
    (file, direct): Places,
    meaning: Option<&str>,
    parse: impl Fn(&str) -> Result<T, &'static str>,
) -> Option<T> {
    let from_env = section.given_by_env(direct);
    let given = section.optional(direct, |_| match &from_env {
        Some(text) => parse(text).map_err(str::to_owned),
        None => Err("belongs into the environment or a file of its own".into()),
    });
    if given.is_some() {
        section.optional(file, value::path);
        return given;
    }
    let read = |value| from_file(&value::path(value)?, parse);
    match meaning {
        Some(meaning) => section.required(file, meaning, read),
        None => section.optional(file, read),
    }
}

fn from_file<T>(path: &Path, parse: impl Fn(&str) -> Result<T, &'static str>) -> Result<T, String> {
    let unreadable = |_| format!("cannot be read: {}", path.display());
    only_for_its_owner(path)?;
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    parse(text.trim()).map_err(|form| format!("{form}: {}", path.display()))
}

/// Refuses a file that anybody but its owner may touch.
pub(super) fn only_for_its_owner(path: &Path) -> Result<(), String> {
    let unreadable = |_| format!("cannot be read: {}", path.display());
    let mode = std::fs::metadata(path).map_err(unreadable)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(format!("may be read by others: chmod 600 {}", path.display()));
    }
    Ok(())
}

fn unhex(text: &str) -> Option<SecretKey> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
    let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
    SecretKey::parse(&bytes?).ok()
}
