//! Runs every store contract of the testkit on SQLite and on PostgreSQL.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_persistence::{DatabaseUrl, PgSettings, PgStore, SqliteStore, migrate};
use madoguchi_testkit::contract::{TestStores, UpgradeStores};
use madoguchi_testkit::postgres::Cluster;
use madoguchi_testkit::{
    audit_log_contract, effect_queue_contract, health_contract, member_store_contract, samples,
    upgrade_store_contract,
};

async fn open_sqlite() -> TestStores {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("madoguchi.db");
    migrate(&DatabaseUrl::Sqlite(path.clone())).await.expect("migrated");
    let store = open_sqlite_at(&path).await;
    TestStores::guarded(store, dir)
}

async fn open_sqlite_at(path: &Path) -> UpgradeStores {
    let store = SqliteStore::open(path, samples::audit_key()).await.expect("opened");
    UpgradeStores::of(&Arc::new(store))
}

async fn open_postgres() -> TestStores {
    let database = Cluster::shared().create_database();
    let url = database.url().to_owned();
    migrate(&DatabaseUrl::parse(&url).expect("a URL")).await.expect("migrated");
    let settings = PgSettings { connections: 24, pool_timeout: Duration::from_secs(10) };
    let store = PgStore::open(&url, settings, samples::audit_key()).await.expect("opened");
    TestStores::guarded(UpgradeStores::of(&Arc::new(store)), database)
}

member_store_contract!(sqlite: open_sqlite(), postgres: open_postgres());
upgrade_store_contract!(sqlite: open_sqlite(), postgres: open_postgres());
effect_queue_contract!(sqlite: open_sqlite(), postgres: open_postgres());
audit_log_contract!(sqlite: open_sqlite(), postgres: open_postgres());
health_contract!(sqlite: open_sqlite().await, postgres: open_postgres().await);
