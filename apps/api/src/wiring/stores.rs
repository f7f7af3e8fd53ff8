//! Opens the stores on the configured database.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use madoguchi_application::{
    ContactStores, DeliveryStores, ResolutionStores, RetentionStores, UpgradeStores,
};
use madoguchi_domain::port::{
    AnnouncementStore, AuditLog, BlindIndexes, ContactStore, DataKeys, DeliveryStore, DownReason,
    EffectQueue, Health, HoldStore, JobLeases, MailStore, MemberStore, PersonStore, ReplayStore,
    ResolutionStore, RetentionReports, RetentionStore, Sealer, ServerKeys, UpgradeStore,
};
use madoguchi_persistence::{
    DatabaseUrl, PgStore, SchemaState, SealedStore, SqliteStore, backup_sqlite, restore_sqlite,
};

use super::replica::Replica;
use super::server_keys;
use crate::settings::Settings;

/// Migrates the configured database to this version's schema; true if it was current already.
pub(crate) async fn migrate(settings: &Settings) -> anyhow::Result<bool> {
    let before = madoguchi_persistence::migrate(&settings.store.url).await.context("store.url")?;
    Ok(before == SchemaState::Current)
}

/// Writes a copy of the configured SQLite database to a new file.
pub(crate) fn backup(settings: &Settings, copy: &Path) -> anyhow::Result<()> {
    Ok(backup_sqlite(sqlite_file(settings)?, copy)?)
}

/// Puts a copy in the place of the configured SQLite database; the path of the one before.
pub(crate) fn restore(settings: &Settings, copy: &Path) -> anyhow::Result<Option<PathBuf>> {
    Ok(restore_sqlite(copy, sqlite_file(settings)?)?)
}

fn sqlite_file(settings: &Settings) -> anyhow::Result<&Path> {
    match &settings.store.url {
        DatabaseUrl::Sqlite(path) => Ok(path),
        DatabaseUrl::Postgres(_) => bail!(
            "store.url is a PostgreSQL database: use pg_basebackup or pg_dump, as \
             docs/operations.md#backup-and-restore says"
        ),
    }
}

/// The stores of every system, on one database.
pub(super) struct Stores {
    pub(super) upgrade: UpgradeStores,
    pub(super) delivery: DeliveryStores,
    pub(super) data_keys: Arc<dyn DataKeys>,
    pub(super) leases: Arc<dyn JobLeases>,
    pub(super) server_keys: Arc<dyn ServerKeys>,
    /// Absent without a sealer.
    pub(super) sealed: Option<SealedStores>,
}

/// The stores of what is sealed, and its blind indexes.
pub(super) struct SealedStores {
    pub(super) contacts: ContactStores,
    pub(super) resolutions: ResolutionStores,
    pub(super) retention: RetentionStores,
    pub(super) indexes: Arc<dyn BlindIndexes>,
}

impl Stores {
    fn of<S>(store: S, sealer: Option<&Arc<dyn Sealer>>) -> Self
    where
        S: MemberStore + UpgradeStore + EffectQueue + AuditLog + ReplayStore + Health + DataKeys,
        S: JobLeases + DeliveryStore + RetentionReports + ServerKeys + Clone + 'static,
        SealedStore<S>: PersonStore + ContactStore + MailStore + AnnouncementStore,
        SealedStore<S>: ResolutionStore + BlindIndexes + RetentionStore + HoldStore,
    {
        let inner = store.clone();
        let store = Arc::new(store);
        let (upgrade, leases) = (UpgradeStores::of(&store), Arc::<S>::clone(&store));
        let server_keys = Arc::<S>::clone(&store);
        let delivery = DeliveryStores::of(upgrade.platform.clone(), &store);
        let sealed = sealer.map(|sealer| {
            let sealed = Arc::new(SealedStore::new(inner, Arc::clone(sealer)));
            let contacts = ContactStores::of(upgrade.platform.clone(), &sealed);
            let resolutions = ResolutionStores::of(upgrade.platform.clone(), &sealed);
            let retention = RetentionStores::of(upgrade.platform.clone(), &sealed, &store);
            SealedStores { contacts, resolutions, retention, indexes: sealed }
        });
        Self { upgrade, delivery, data_keys: store, leases, server_keys, sealed }
    }
}

/// The stores of the server, and those on the replica, if one is configured.
pub(super) type OpenStores = (Stores, Option<(Replica, Stores)>);

/// Connects to a database that can be written, after a migration if one is configured.
pub(super) async fn open(
    settings: &Settings,
    sealer: Option<&Arc<dyn Sealer>>,
) -> anyhow::Result<OpenStores> {
    if settings.store.migrate_on_start {
        migrate(settings).await?;
    }
    let store = &settings.store;
    let (DatabaseUrl::Postgres(url), Some(configured)) = (&store.url, &store.replica) else {
        let stores = open_one(settings, sealer).await?;
        must_be_usable(&*stores.upgrade.platform.health).await?;
        compare_keys(&stores, settings).await?;
        return Ok((stores, None));
    };
    let key = settings.audit_key.clone();
    let primary = PgStore::open(url, store.pool, key).await.context("store.url")?;
    must_be_usable(&primary).await?;
    server_keys::compare(&primary, &primary, settings).await?;
    let replica = Replica::open(primary.clone(), configured, settings).await?;
    let lists = Stores::of(replica.store(), sealer);
    Ok((Stores::of(primary, sealer), Some((replica, lists))))
}

/// Connects to a database with the schema of this version and with the server's keys.
pub(super) async fn connect(
    settings: &Settings,
    sealer: Option<&Arc<dyn Sealer>>,
) -> anyhow::Result<Stores> {
    let stores = open_one(settings, sealer).await?;
    compare_keys(&stores, settings).await?;
    Ok(stores)
}

async fn open_one(settings: &Settings, sealer: Option<&Arc<dyn Sealer>>) -> anyhow::Result<Stores> {
    let store = &settings.store;
    let key = settings.audit_key.clone();
    let opened = match &store.url {
        DatabaseUrl::Sqlite(path) => {
            let opened = SqliteStore::open_with(path, store.pool.lock_timeout, key).await;
            opened.map(|store| Stores::of(store, sealer))
        }
        DatabaseUrl::Postgres(url) => {
            PgStore::open(url, store.pool, key).await.map(|store| Stores::of(store, sealer))
        }
    };
    opened.context("store.url")
}

async fn compare_keys(stores: &Stores, settings: &Settings) -> anyhow::Result<()> {
    let audit = &*stores.upgrade.platform.audit;
    server_keys::compare(&*stores.server_keys, audit, settings).await
}

/// Fails for a reason that does not pass by itself: nothing could be done.
async fn must_be_usable(database: &dyn Health) -> anyhow::Result<()> {
    use DownReason::{Damaged, DiskFull, PermissionDenied, ReadOnly, Schema};
    match database.check().await {
        Err(why @ (Damaged | DiskFull | PermissionDenied | ReadOnly | Schema)) => {
            bail!("store.url: {}: {}", why.as_str(), why.advice())
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
