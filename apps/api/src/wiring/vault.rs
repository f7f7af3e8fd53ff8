//! Opens the key ring, compares it with the stored data keys, and reports it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, ensure};
use madoguchi_application::{KeyReporter, data_keys_without_key, indexes_without_key};
use madoguchi_domain::key_ring::{HeldKey, NodeId};
use madoguchi_domain::port::{BlindIndexes, Clock, DataKeys, Ids, Sealer};
use madoguchi_domain::sealed::KeyId;
use madoguchi_vault::{Vault, create_key_file};
use rustix::system::uname;
use tokio::sync::{Notify, watch};

use super::stores::{self, SealedStores, Stores};
use crate::core_dumps;
use crate::reload::Reload;
use crate::settings::{Settings, VaultSection};
use crate::tasks::Named;

/// The key ring, and the signal of its reloads.
#[derive(Clone)]
pub(super) struct OpenVault {
    vault: Arc<Vault>,
    reloaded: Arc<Notify>,
}

impl OpenVault {
    /// Opens the configured key ring. From then on the process leaves no core dump.
    pub(super) fn open(section: &VaultSection) -> anyhow::Result<Self> {
        core_dumps::forbid()?;
        let vault = Vault::open(&section.key_ring).context("vault.key_ring")?;
        Ok(Self { vault: Arc::new(vault), reloaded: Arc::default() })
    }

    /// The sealer, which uses the key ring as it is at each call.
    pub(super) fn sealer(&self) -> Arc<dyn Sealer> {
        Arc::clone(&self.vault) as _
    }

    /// Reports the key ring now, and starts the task that repeats it.
    pub(super) async fn start_reports(
        &self,
        keys: &Arc<dyn DataKeys>,
        clock: &Arc<dyn Clock>,
        ids: &Arc<dyn Ids>,
        stopped: watch::Receiver<bool>,
    ) -> anyhow::Result<Named> {
        let vault = Arc::clone(&self.vault);
        let reporter = KeyReporter {
            keys: Arc::clone(keys),
            clock: Arc::clone(clock),
            node: node(&**ids)?,
            held: Arc::new(move || vault.keys()),
            reloaded: Arc::clone(&self.reloaded),
        };
        reporter.report().await?;
        Ok(("the reporter of keys", tokio::spawn(reporter.run(stopped))))
    }
}

impl Reload for OpenVault {
    fn reload(&self) -> Result<(), String> {
        self.vault.reload().map_err(|error| error.to_string())?;
        self.reloaded.notify_one();
        Ok(())
    }
}

/// The host's name, for people, and random digits: a restarted process is another node.
fn node(ids: &dyn Ids) -> anyhow::Result<NodeId> {
    let host = uname().nodename().to_string_lossy().into_owned();
    let host: String = host.chars().filter(char::is_ascii_graphic).take(64).collect();
    let id = ids.uuid().simple().to_string();
    Ok(NodeId::parse(&format!("{host}-{}", &id[20..]))?)
}

/// Fails if data keys are stored that this process cannot open.
pub(super) async fn require_stored_keys(
    vault: Option<&OpenVault>,
    keys: &dyn DataKeys,
) -> anyhow::Result<()> {
    let held = vault.map(|it| it.vault.keys()).unwrap_or_default();
    let missing = data_keys_without_key(keys, &held).await?;
    let missing: Vec<_> = missing.iter().map(|(id, count)| format!("{count} under {id}")).collect();
    ensure!(
        missing.is_empty(),
        "vault.key_ring: stored data keys need keys that are not in it: {}. Add each of them as \
         decrypt_only",
        missing.join(", ")
    );
    Ok(())
}

/// Warns of blind indexes under keys that are not in the key ring: if records have no others, a
/// search does not find them.
pub(super) async fn compare_indexes(
    vault: &OpenVault,
    indexes: &dyn BlindIndexes,
) -> anyhow::Result<()> {
    for (key, count) in indexes_without_key(indexes, &vault.vault.keys()).await? {
        let why = "add the key as decrypt_only, or run madoguchi keys rotate";
        tracing::warn!(%key, count, why, "blind indexes are under a key that is not in the ring");
    }
    Ok(())
}

/// What the commands about keys use.
pub(crate) struct KeyTools {
    pub(crate) held: Vec<HeldKey>,
    pub(crate) sealer: Arc<dyn Sealer>,
    pub(crate) data_keys: Arc<dyn DataKeys>,
    pub(crate) indexes: Arc<dyn BlindIndexes>,
}

impl KeyTools {
    /// Opens the configured key ring and database.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let OpenVault { vault, .. } = OpenVault::open(section(settings)?)?;
        let (held, sealer) = (vault.keys(), vault as Arc<dyn Sealer>);
        let Stores { data_keys, sealed, .. } = stores::connect(settings, Some(&sealer)).await?;
        let SealedStores { indexes, .. } = sealed.context("a sealer has sealed stores")?;
        Ok(Self { held, sealer, data_keys, indexes })
    }
}

/// Writes a new key to the file of this id in the folder of the key ring.
pub(crate) fn create_key(settings: &Settings, id: &KeyId) -> anyhow::Result<PathBuf> {
    core_dumps::forbid()?;
    let path = section(settings)?.key_ring.with_file_name(format!("{id}.hex"));
    create_key_file(&path).with_context(|| {
        format!(
            "{}: if it exists, give another --id; if no row needs it, remove it",
            path.display()
        )
    })?;
    Ok(path)
}

fn section(settings: &Settings) -> anyhow::Result<&VaultSection> {
    settings.vault.as_ref().context("vault.key_ring is missing: there are no keys without it")
}
