//! Keys come from files that others cannot read, or from the environment; never from the
//! configuration file itself.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use madoguchi_domain::secret::SecretKey;
use toml::Value;

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
            deployment_salt: key(section, "deployment_salt_file", "deployment_salt"),
            qr_key: key(section, "qr_key_file", "qr_key"),
            audit_key: key(section, "audit_key_file", "audit_key"),
        }
    }
}

/// Reads a key from its file, or as hexadecimal from the environment.
fn key(section: &mut Section<'_>, file: &'static str, direct: &'static str) -> Option<SecretKey> {
    let may_stand_there = section.is_from_env(direct);
    let given = section.optional(direct, |value: Value| match value.as_str() {
        Some(text) if may_stand_there => unhex(text).ok_or_else(|| FORM.to_owned()),
        Some(_) | None => Err("belongs into the environment or a file of its own".into()),
    });
    if given.is_some() {
        section.optional(file, value::path);
        return given;
    }
    let meaning = "a file with 64 or more hexadecimal digits: openssl rand -hex 32";
    section.required(file, meaning, |value| from_file(&value::path(value)?))
}

const FORM: &str = "must be 64 or more hexadecimal digits";

fn from_file(path: &Path) -> Result<SecretKey, String> {
    let unreadable = |_| format!("cannot be read: {}", path.display());
    only_for_its_owner(path)?;
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    unhex(text.trim()).ok_or_else(|| format!("{FORM}: {}", path.display()))
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
