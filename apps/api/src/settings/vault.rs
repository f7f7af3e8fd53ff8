//! The configuration of the keys of personal data.

use std::path::PathBuf;

use super::reader::{Section, value};

/// The keys of personal data, as configured.
#[derive(Debug, Clone)]
pub struct VaultSection {
    /// The list of keys, a TOML file.
    pub key_ring: PathBuf,
}

impl VaultSection {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let meaning = "the list of the keys that seal personal data";
        Some(Self { key_ring: section.required("key_ring", meaning, value::path)? })
    }
}
