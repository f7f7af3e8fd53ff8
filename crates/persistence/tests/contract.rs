//! Runs every store contract of the testkit on SQLite and on PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_persistence::{DatabaseUrl, PgSettings, PgStore, SealedStore, SqliteStore, migrate};
use madoguchi_testkit::contract::{ContactStores, PlatformStores, TestStores, UpgradeStores};
use madoguchi_testkit::fake_sealer::FakeSealer;
use madoguchi_testkit::postgres::{Cluster, Database};
use madoguchi_testkit::{
    audit_log_contract, effect_queue_contract, health_contract, member_store_contract,
    person_store_contract, samples, upgrade_store_contract,
};
use tempfile::TempDir;

async fn sqlite() -> (SqliteStore, TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("madoguchi.db");
    migrate(&DatabaseUrl::Sqlite(path.clone())).await.expect("migrated");
    (SqliteStore::open(&path, samples::audit_key()).await.expect("opened"), dir)
}

async fn postgres() -> (PgStore, Database) {
    let database = Cluster::shared().create_database();
    let url = database.url().to_owned();
    migrate(&DatabaseUrl::parse(&url).expect("a URL")).await.expect("migrated");
    let settings = PgSettings { connections: 24, pool_timeout: Duration::from_secs(10) };
    (PgStore::open(&url, settings, samples::audit_key()).await.expect("opened"), database)
}

async fn open_sqlite() -> TestStores {
    let (store, dir) = sqlite().await;
    TestStores::guarded(UpgradeStores::of(&Arc::new(store)), dir)
}

async fn open_postgres() -> TestStores {
    let (store, database) = postgres().await;
    TestStores::guarded(UpgradeStores::of(&Arc::new(store)), database)
}

fn sealer() -> Arc<FakeSealer> {
    Arc::new(FakeSealer::new("kek-1").with_decrypt_only("kek-2"))
}

async fn open_sealed_sqlite() -> TestStores<ContactStores> {
    let (store, dir) = sqlite().await;
    let platform = PlatformStores::of(&Arc::new(store.clone()));
    let persons = Arc::new(SealedStore::new(store, sealer()));
    TestStores::guarded(ContactStores { platform, persons }, dir)
}

async fn open_sealed_postgres() -> TestStores<ContactStores> {
    let (store, database) = postgres().await;
    let platform = PlatformStores::of(&Arc::new(store.clone()));
    let persons = Arc::new(SealedStore::new(store, sealer()));
    TestStores::guarded(ContactStores { platform, persons }, database)
}

person_store_contract!(sqlite: open_sealed_sqlite(), postgres: open_sealed_postgres());
member_store_contract!(sqlite: open_sqlite(), postgres: open_postgres());
upgrade_store_contract!(sqlite: open_sqlite(), postgres: open_postgres());
effect_queue_contract!(sqlite: open_sqlite(), postgres: open_postgres());
audit_log_contract!(sqlite: open_sqlite(), postgres: open_postgres());
health_contract!(sqlite: open_sqlite().await, postgres: open_postgres().await);
