//! Opens the key ring, which can be reloaded.

use std::sync::Arc;

use anyhow::Context;
use madoguchi_vault::Vault;

use crate::reload::Reload;
use crate::settings::VaultSection;

/// The vault over the configured key ring.
pub(super) fn open(section: &VaultSection) -> anyhow::Result<Arc<Vault>> {
    Ok(Arc::new(Vault::open(&section.key_ring).context("vault.key_ring")?))
}

impl Reload for Vault {
    fn reload(&self) -> Result<(), String> {
        Self::reload(self).map_err(|error| error.to_string())
    }
}
