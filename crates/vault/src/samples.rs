//! A key ring in a temporary folder, which a test then spoils or rotates.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;

/// Two key-encryption keys and two index keys; the first of each kind is active.
pub(crate) const KEY_LIST: &str = r#"[[key_encryption_key]]
id = "kek-1"
state = "active"
file = "kek-1.hex"

[[key_encryption_key]]
id = "kek-2"
state = "decrypt_only"
file = "kek-2.hex"

[[index_key]]
id = "index-1"
state = "active"
file = "index-1.hex"

[[index_key]]
id = "index-2"
state = "decrypt_only"
file = "index-2.hex"
"#;

/// The folder, removed when dropped.
pub(crate) struct RingFolder(TempDir);

impl RingFolder {
    pub(crate) fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write_list(KEY_LIST);
        for (name, digits) in
            [("kek-1", "aa"), ("kek-2", "bb"), ("index-1", "cc"), ("index-2", "ce")]
        {
            folder.write(&format!("{name}.hex"), &digits.repeat(32));
        }
        folder
    }

    pub(crate) fn list(&self) -> PathBuf {
        self.path("keys.toml")
    }

    pub(crate) fn write_list(&self, text: &str) {
        self.write("keys.toml", text);
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        self.write_bytes(name, text.as_bytes());
    }

    pub(crate) fn write_bytes(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
        self.set_mode(name, 0o600);
    }

    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// The list in which the second key of each kind is active.
    pub(crate) fn activated() -> String {
        let swapped = KEY_LIST.replace("\"active\"", "\"then\"");
        swapped.replace("decrypt_only", "active").replace("then", "decrypt_only")
    }

    /// The list in which only the second key of each kind is left.
    pub(crate) fn retired() -> String {
        let entries = Self::activated();
        let (begin, index) = (entries.find("\n[[key").unwrap(), entries.find("\n[[index").unwrap());
        let last = entries.rfind("\n[[index").unwrap();
        [&entries[begin..index], &entries[last..]].concat()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}
