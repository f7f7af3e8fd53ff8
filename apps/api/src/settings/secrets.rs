//! Reads secrets from files that no other user can read or from the environment, never from the
//! configuration file itself.

use std::path::{Path, PathBuf};

use madoguchi_domain::secret::{SecretKey, unhex};
use madoguchi_domain::server_key::{FingerprintedKey, ServerKey};
use madoguchi_files::read_secret;

use super::reader::{Given, Section, value};

/// The keys that were read successfully.
pub(super) struct Keys {
    pub(super) deployment_salt: Option<SecretKey>,
    pub(super) qr_key: Option<SecretKey>,
    pub(super) audit_key: Option<SecretKey>,
}

impl Keys {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let [deployment_salt, qr_key, audit_key] =
            [DEPLOYMENT_SALT, QR_KEY, AUDIT_KEY].map(|places| key(section, places));
        let keys = Self { deployment_salt, qr_key, audit_key };
        keys.must_differ(section);
        keys
    }

    /// The fingerprints of the keys that were read.
    pub(super) fn fingerprints(&self) -> Vec<FingerprintedKey> {
        let all = [
            (ServerKey::DeploymentSalt, &self.deployment_salt),
            (ServerKey::QrKey, &self.qr_key),
            (ServerKey::AuditKey, &self.audit_key),
        ];
        let read = all.into_iter().filter_map(|(name, key)| Some((name, key.as_ref()?)));
        read.map(|(name, key)| FingerprintedKey::of(name, key)).collect()
    }

    /// One that knows a key must not know another one with it.
    fn must_differ(&self, section: &mut Section<'_>) {
        let all = [
            (DEPLOYMENT_SALT, &self.deployment_salt),
            (QR_KEY, &self.qr_key),
            (AUDIT_KEY, &self.audit_key),
        ];
        let fingerprint = |key: &Option<SecretKey>| Some(key.as_ref()?.mac(&[b"compared"]));
        for (at, ((name, _), key)) in all.iter().enumerate() {
            let mut others = all.iter().take(at).filter(|(_, other)| {
                fingerprint(other).is_some() && fingerprint(other) == fingerprint(key)
            });
            if let Some(((other, _), _)) = others.next() {
                let what = format!("holds the same key as secrets.{other}: make one for each");
                section.mistake(name, &what);
            }
        }
    }
}

/// Where a secret is configured: the key of its file, and the key for the environment.
pub(super) type Places = (&'static str, &'static str);

const DEPLOYMENT_SALT: Places = ("deployment_salt_file", "deployment_salt");
const QR_KEY: Places = ("qr_key_file", "qr_key");
const AUDIT_KEY: Places = ("audit_key_file", "audit_key");

fn key(section: &mut Section<'_>, places: Places) -> Option<SecretKey> {
    let meaning = "a file with 64 or more hexadecimal digits: openssl rand -hex 32";
    let form = "must be 64 or more hexadecimal digits";
    secret(section, places, Some(meaning), |text| {
        let bytes = unhex(text).ok_or(form)?;
        let key = SecretKey::parse(&bytes).map_err(|_| form)?;
        if bytes.iter().all(|byte| *byte == 0) {
            return Err("must not be zero: openssl rand -hex 32");
        }
        Ok(key)
    })
}

/// Reads a secret from its file or from the environment. Without a `meaning` it is optional.
pub(super) fn secret<T>(
    section: &mut Section<'_>,
    (file, direct): Places,
    meaning: Option<&str>,
    parse: impl Fn(&str) -> Result<T, &'static str>,
) -> Option<T> {
    let given = section.optional(direct, |given: Given| match &given.letters {
        Some(text) => parse(text).map_err(str::to_owned),
        None => Err("belongs into the environment or a file of its own".into()),
    });
    if given.is_some() {
        section.optional(file, value::path);
        return given;
    }
    let read = |given| {
        let path: PathBuf = value::path(given)?;
        if path.to_str().is_some_and(|path| path.len() >= 64 && unhex(path).is_some()) {
            return Err(format!("must be the path of a file; the digits belong into {direct}"));
        }
        from_file(&path, parse)
    };
    match meaning {
        Some(meaning) => section.required(file, meaning, read),
        None => section.optional(file, read),
    }
}

fn from_file<T>(path: &Path, parse: impl Fn(&str) -> Result<T, &'static str>) -> Result<T, String> {
    let bytes = read_secret(path).map_err(|error| error.to_string())?;
    // Text that is not UTF-8 fails to parse anyway.
    let text = String::from_utf8_lossy(&bytes);
    parse(text.trim()).map_err(|form| format!("{form}: {}", path.display()))
}
