//! The directory of a sandbox's files, so that it continues after a restart.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::chance;

/// File mode: only the owner reads and writes.
const OWNER_ONLY: u32 = 0o600;

/// The key under which data keys are wrapped.
const KEY_ENCRYPTION_KEY: &str = "key-encryption-key";
/// The key of blind indexes.
const INDEX_KEY: &str = "index-key";

/// An existing directory, with its absolute path.
#[derive(Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// Opens the directory; creates it if it does not exist.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(path)
            .and_then(|()| fs::canonicalize(path))
            .map(Self)
            .with_context(|| format!("{} cannot be made; give another --data", path.display()))
    }

    /// Its absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The SQLite file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.0.join("madoguchi.db")
    }

    /// The file of `secrets.deployment_salt_file`.
    #[must_use]
    pub fn deployment_salt(&self) -> PathBuf {
        self.0.join("deployment-salt")
    }

    /// The file of `secrets.qr_key_file`.
    #[must_use]
    pub fn qr_key(&self) -> PathBuf {
        self.0.join("qr-key")
    }

    /// The file of `secrets.audit_key_file`.
    #[must_use]
    pub fn audit_key(&self) -> PathBuf {
        self.0.join("audit-key")
    }

    /// The file of `identity.tokens_file`.
    #[must_use]
    pub fn tokens(&self) -> PathBuf {
        self.0.join("tokens.toml")
    }

    /// The file of `gateway.users_file`.
    #[must_use]
    pub fn users(&self) -> PathBuf {
        self.0.join("users.toml")
    }

    /// The file of `vault.key_ring`: the list of the two keys beside it.
    #[must_use]
    pub fn key_ring(&self) -> PathBuf {
        self.0.join("keys.toml")
    }

    /// The file with the password for the simulated downstream, which accepts any.
    #[must_use]
    pub fn downstream_password(&self) -> PathBuf {
        self.0.join("downstream-password")
    }

    /// The configuration file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.0.join("madoguchi.toml")
    }

    /// Creates missing secrets and keeps existing ones: another salt would give the same case
    /// another transaction id.
    ///
    /// # Errors
    /// When one cannot be read or written, or is damaged.
    pub fn keep_secrets(&self) -> anyhow::Result<()> {
        let sealing = [KEY_ENCRYPTION_KEY, INDEX_KEY].map(|name| self.0.join(name));
        let keys = [self.deployment_salt(), self.qr_key(), self.audit_key()];
        for path in keys.into_iter().chain(sealing).chain([self.downstream_password()]) {
            match fs::read_to_string(&path) {
                Ok(text) if is_secret(&text) => {}
                Ok(_) => bail!(
                    "{} is not a secret of 64 hexadecimal digits; restore it, or remove the whole \
                     directory to start anew",
                    path.display()
                ),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    self.write(&path, &chance::hex(&chance::bytes::<32>()?))?;
                }
                Err(error) => {
                    return Err(error).with_context(|| format!("read {}", path.display()));
                }
            }
        }
        // It may have been edited: keys rotate.
        if !self.key_ring().exists() {
            let entry = |kind, file| {
                format!("[[{kind}]]\nid = \"sandbox-1\"\nstate = \"active\"\nfile = \"{file}\"\n")
            };
            let list = entry("key_encryption_key", KEY_ENCRYPTION_KEY);
            self.write(&self.key_ring(), &(list + &entry("index_key", INDEX_KEY)))?;
        }
        Ok(())
    }

    /// Writes a file atomically, readable by its owner only.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path, text: &str) -> anyhow::Result<()> {
        let half = path.with_added_extension("new");
        let write = || {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(OWNER_ONLY)
                .open(&half)?;
            file.set_permissions(fs::Permissions::from_mode(OWNER_ONLY))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&half, path)
        };
        write().with_context(|| {
            format!("{} cannot be written; make room or give another --data", path.display())
        })
    }
}

fn is_secret(text: &str) -> bool {
    let digits = text.trim_end();
    digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_made_once_differ_and_belong_to_their_owner() {
        let parent = tempfile::tempdir().unwrap();
        let data = DataDir::open(&parent.path().join("deep/er")).unwrap();
        data.keep_secrets().unwrap();
        let salt = fs::read_to_string(data.deployment_salt()).unwrap();
        assert!(is_secret(&salt));
        assert_ne!(salt, fs::read_to_string(data.qr_key()).unwrap());
        let mode = fs::metadata(data.deployment_salt()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, OWNER_ONLY);
        data.keep_secrets().unwrap();
        assert_eq!(salt, fs::read_to_string(data.deployment_salt()).unwrap());
    }

    #[test]
    fn a_damaged_secret_is_never_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let data = DataDir::open(parent.path()).unwrap();
        fs::write(data.qr_key(), "short").unwrap();
        assert!(data.keep_secrets().unwrap_err().to_string().contains("qr-key"));
        assert_eq!(fs::read_to_string(data.qr_key()).unwrap(), "short");
    }
}
