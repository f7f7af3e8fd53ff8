//! Opens the stores on the configured database.

use std::sync::Arc;

use anyhow::Context;
use madoguchi_application::UpgradeStores;
use madoguchi_domain::port::{
    AuditLog, EffectQueue, Health, MemberStore, PersonStore, Sealer, UpgradeStore,
};
use madoguchi_persistence::{DatabaseUrl, PgStore, SchemaState, SealedStore, SqliteStore};

use crate::settings::Settings;

/// Migrates the configured database to this version's schema; true if it was current already.
pub(crate) async fn migrate(settings: &Settings) -> anyhow::Result<bool> {
    let before = madoguchi_persistence::migrate(&settings.store.url).await.context("store.url")?;
    Ok(before == SchemaState::Current)
}

/// The stores of every system, on one database.
pub(super) struct Stores {
    pub(super) upgrade: UpgradeStores,
    /// Absent without a sealer.
    pub(super) persons: Option<Arc<dyn PersonStore>>,
}

impl Stores {
    fn of<S>(store: S, sealer: Option<&Arc<dyn Sealer>>) -> Self
    where
        S: MemberStore + UpgradeStore + EffectQueue + AuditLog + Health + Clone + 'static,
        SealedStore<S>: PersonStore,
    {
        let sealed = |sealer| SealedStore::new(store.clone(), Arc::clone(sealer));
        let persons = sealer.map(|sealer| Arc::new(sealed(sealer)) as _);
        Self { upgrade: UpgradeStores::of(&Arc::new(store)), persons }
    }
}

pub(super) async fn open(
    settings: &Settings,
    sealer: Option<&Arc<dyn Sealer>>,
) -> anyhow::Result<Stores> {
    let store = &settings.store;
    if store.migrate_on_start {
        migrate(settings).await?;
    }
    let key = settings.audit_key.clone();
    let opened = match &store.url {
        DatabaseUrl::Sqlite(path) => {
            SqliteStore::open(path, key).await.map(|store| Stores::of(store, sealer))
        }
        DatabaseUrl::Postgres(url) => {
            PgStore::open(url, store.pool, key).await.map(|store| Stores::of(store, sealer))
        }
    };
    opened.context("store.url")
}
