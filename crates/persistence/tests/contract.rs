//! Runs every store contract of the testkit on SQLite and on PostgreSQL.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use madoguchi_domain::port::{
    AnnouncementStore, AuditLog, BlindIndexes, ContactStore, DataKeys, DeliveryStore, EffectQueue,
    Health, HoldStore, JobLeases, MailStore, MemberStore, PersonStore, ReplayStore,
    ResolutionStore, RetentionReports, RetentionStore, UpgradeStore,
};
use madoguchi_domain::sealed::{DataKeyId, WrappedKey};
use madoguchi_domain::secret::hex;
use madoguchi_persistence::{DatabaseUrl, PgSettings, PgStore, SealedStore, SqliteStore, migrate};
use madoguchi_testkit::contract::blind_indexes::{IndexedRecords, RotatingIndexes};
use madoguchi_testkit::contract::data_keys::DataKeysUnderTest;
use madoguchi_testkit::contract::delivery_store::WatchStores;
use madoguchi_testkit::contract::resolution_store::BothStores;
use madoguchi_testkit::contract::retention_store::RetentionUnderTest;
use madoguchi_testkit::contract::server_keys::ServerKeysUnderTest;
use madoguchi_testkit::contract::stored_data::{Damage, StoredData};
use madoguchi_testkit::contract::{
    ContactStores, DeliveryStores, PlatformStores, ResolutionStores, RetentionStores, TestStores,
    UpgradeStores,
};
use madoguchi_testkit::fake::sealer::FakeSealer;
use madoguchi_testkit::server::postgres::{Cluster, Database};
use madoguchi_testkit::{
    announcement_store_contract, audit_log_contract, blind_indexes_contract,
    contact_store_contract, data_keys_contract, delivery_store_contract, effect_queue_contract,
    health_contract, hold_store_contract, job_leases_contract, mail_store_contract,
    member_store_contract, person_store_contract, replay_store_contract, resolution_store_contract,
    retention_reports_contract, retention_store_contract, samples, server_keys_contract,
    stored_data_contract, upgrade_store_contract,
};
use tempfile::TempDir;
use uuid::Uuid;

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
    let settings = PgSettings { pool_timeout: Duration::from_secs(10), ..PgSettings::of(24) };
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
    let sealed = Arc::new(SealedStore::new(store, sealer()));
    TestStores::guarded(ContactStores::of(platform, &sealed), dir)
}

async fn open_sealed_postgres() -> TestStores<ContactStores> {
    let (store, database) = postgres().await;
    let platform = PlatformStores::of(&Arc::new(store.clone()));
    let sealed = Arc::new(SealedStore::new(store, sealer()));
    TestStores::guarded(ContactStores::of(platform, &sealed), database)
}

/// One store behind the key ring at the stages of a rotation.
fn rotating<S>(store: &S) -> RotatingIndexes
where
    S: Clone,
    SealedStore<S>:
        PersonStore + ContactStore + MailStore + AnnouncementStore + BlindIndexes + 'static,
{
    let old = FakeSealer::new("old");
    let both = old.activated("new");
    let behind =
        |sealer: FakeSealer| IndexedRecords::of(SealedStore::new(store.clone(), Arc::new(sealer)));
    let new = both.index_retired();
    RotatingIndexes { old: behind(old), both: behind(both), new: behind(new) }
}

async fn open_sqlite_indexes() -> TestStores<RotatingIndexes> {
    let (store, dir) = sqlite().await;
    TestStores::guarded(rotating(&store), dir)
}

async fn open_postgres_indexes() -> TestStores<RotatingIndexes> {
    let (store, database) = postgres().await;
    TestStores::guarded(rotating(&store), database)
}

blind_indexes_contract!(sqlite: open_sqlite_indexes(), postgres: open_postgres_indexes());
contact_store_contract!(sqlite: open_sealed_sqlite(), postgres: open_sealed_postgres());
mail_store_contract!(sqlite: open_sealed_sqlite(), postgres: open_sealed_postgres());
announcement_store_contract!(sqlite: open_sealed_sqlite(), postgres: open_sealed_postgres());

/// The stores of contacts and of the delivery watch on one database.
fn with_watch<S>(store: S) -> WatchStores
where
    S: EffectQueue + AuditLog + ReplayStore + Health + DeliveryStore + Clone + 'static,
    SealedStore<S>: PersonStore + ContactStore + MailStore + AnnouncementStore + 'static,
{
    let plain = Arc::new(store.clone());
    let platform = PlatformStores::of(&plain);
    let sealed = Arc::new(SealedStore::new(store, sealer()));
    let contacts = ContactStores::of(platform.clone(), &sealed);
    (contacts, DeliveryStores::of(platform, &plain))
}

async fn open_watch_on_sqlite() -> TestStores<WatchStores> {
    let (store, dir) = sqlite().await;
    TestStores::guarded(with_watch(store), dir)
}

async fn open_watch_on_postgres() -> TestStores<WatchStores> {
    let (store, database) = postgres().await;
    TestStores::guarded(with_watch(store), database)
}

delivery_store_contract!(sqlite: open_watch_on_sqlite(), postgres: open_watch_on_postgres());

/// The stores of resolutions and of upgrades on one database.
fn with_resolutions<S>(store: S) -> BothStores
where
    S: MemberStore + UpgradeStore + EffectQueue + AuditLog + ReplayStore + Health + Clone + 'static,
    SealedStore<S>: ResolutionStore + 'static,
{
    let upgrades = UpgradeStores::of(&Arc::new(store.clone()));
    let sealed = Arc::new(SealedStore::new(store, sealer()));
    let resolutions = ResolutionStores::of(upgrades.platform.clone(), &sealed);
    (upgrades, resolutions)
}

async fn open_resolutions_on_sqlite() -> TestStores<BothStores> {
    let (store, dir) = sqlite().await;
    TestStores::guarded(with_resolutions(store), dir)
}

async fn open_resolutions_on_postgres() -> TestStores<BothStores> {
    let (store, database) = postgres().await;
    TestStores::guarded(with_resolutions(store), database)
}

resolution_store_contract!(
    sqlite: open_resolutions_on_sqlite(),
    postgres: open_resolutions_on_postgres(),
);
person_store_contract!(sqlite: open_sealed_sqlite(), postgres: open_sealed_postgres());

/// A statement that inserts data keys, in the database's syntax of an id and of bytes.
fn insert(
    keys: &[(DataKeyId, WrappedKey)],
    id: impl Fn(DataKeyId) -> String,
    bytes: impl Fn(&[u8]) -> String,
) -> String {
    let row = |(key_id, key): &(DataKeyId, WrappedKey)| {
        format!("({}, '{}', {})", id(*key_id), key.key, bytes(&key.bytes))
    };
    let rows: Vec<_> = keys.iter().map(row).collect();
    format!("insert into data_key (data_key_id, key_id, wrapped) values {}", rows.join(", "))
}

fn run(database: &Database, sql: &str) {
    let psql = Command::new(Cluster::shared().bin_dir().join("psql"))
        .args([database.url(), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql])
        .status();
    assert!(psql.expect("psql runs").success());
}

async fn open_sqlite_keys() -> TestStores<DataKeysUnderTest> {
    let (store, dir) = sqlite().await;
    let path = dir.path().join("madoguchi.db");
    let insert = move |keys: &[_]| {
        let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("opened");
        let bytes = |bytes: &[u8]| format!("x'{}'", hex(bytes));
        let sql = insert(keys, |id| bytes(id.0.as_bytes()), bytes);
        conn.batch_execute(&sql).expect("inserted");
    };
    TestStores::guarded(DataKeysUnderTest { keys: Arc::new(store), insert: Arc::new(insert) }, dir)
}

async fn open_postgres_keys() -> TestStores<DataKeysUnderTest> {
    let (store, database) = postgres().await;
    let of_keys = database.clone();
    let insert = move |keys: &[_]| {
        let bytes = |bytes: &[u8]| format!("'\\x{}'", hex(bytes));
        let sql = insert(keys, |id| format!("'{}'", id.0), bytes);
        run(&of_keys, &sql);
    };
    TestStores::guarded(
        DataKeysUnderTest { keys: Arc::new(store), insert: Arc::new(insert) },
        database,
    )
}

async fn open_sqlite_leases() -> TestStores<Arc<dyn JobLeases>> {
    let (store, dir) = sqlite().await;
    TestStores::guarded(Arc::new(store), dir)
}

async fn open_postgres_leases() -> TestStores<Arc<dyn JobLeases>> {
    let (store, database) = postgres().await;
    TestStores::guarded(Arc::new(store), database)
}

async fn open_sqlite_server_keys() -> TestStores<ServerKeysUnderTest> {
    let (store, dir) = sqlite().await;
    let store = Arc::new(store);
    TestStores::guarded(ServerKeysUnderTest::of(PlatformStores::of(&store), &store), dir)
}

async fn open_postgres_server_keys() -> TestStores<ServerKeysUnderTest> {
    let (store, database) = postgres().await;
    let store = Arc::new(store);
    TestStores::guarded(ServerKeysUnderTest::of(PlatformStores::of(&store), &store), database)
}

server_keys_contract!(sqlite: open_sqlite_server_keys(), postgres: open_postgres_server_keys());

/// The stores of contacts and of retention on one database.
fn with_retention<S>(store: S) -> RetentionUnderTest
where
    S: EffectQueue + AuditLog + ReplayStore + Health + DataKeys + RetentionReports,
    S: Clone + 'static,
    SealedStore<S>: PersonStore + ContactStore + MailStore + AnnouncementStore + BlindIndexes,
    SealedStore<S>: RetentionStore + HoldStore + 'static,
{
    let plain = Arc::new(store.clone());
    let platform = PlatformStores::of(&plain);
    let sealed = Arc::new(SealedStore::new(store, sealer()));
    RetentionUnderTest {
        contacts: ContactStores::of(platform.clone(), &sealed).into(),
        retention: RetentionStores::of(platform, &sealed, &plain),
        data_keys: plain,
        indexes: sealed,
    }
}

async fn open_sqlite_retention() -> TestStores<RetentionUnderTest> {
    let (store, dir) = sqlite().await;
    TestStores::guarded(with_retention(store), dir)
}

async fn open_postgres_retention() -> TestStores<RetentionUnderTest> {
    let (store, database) = postgres().await;
    TestStores::guarded(with_retention(store), database)
}

retention_store_contract!(sqlite: open_sqlite_retention(), postgres: open_postgres_retention());
hold_store_contract!(sqlite: open_sqlite_retention(), postgres: open_postgres_retention());
retention_reports_contract!(sqlite: open_sqlite_retention(), postgres: open_postgres_retention());
data_keys_contract!(sqlite: open_sqlite_keys(), postgres: open_postgres_keys());
job_leases_contract!(sqlite: open_sqlite_leases(), postgres: open_postgres_leases());
member_store_contract!(sqlite: open_sqlite(), postgres: open_postgres());
upgrade_store_contract!(sqlite: open_sqlite(), postgres: open_postgres());
replay_store_contract!(sqlite: open_sqlite(), postgres: open_postgres());
effect_queue_contract!(sqlite: open_sqlite(), postgres: open_postgres());
audit_log_contract!(sqlite: open_sqlite(), postgres: open_postgres());
health_contract!(sqlite: open_sqlite(), postgres: open_postgres());

/// A statement that damages a row, in the database's syntax of an id. A passed case has its facts.
fn damaging(damage: &Damage, id: impl Fn(Uuid) -> String) -> String {
    match damage {
        Damage::CaseState(case) => format!(
            "update upgrade_case set state = 'CustomerSuccess', decided_at = null \
             where case_id = {}",
            id(case.as_uuid())
        ),
        Damage::OrderPayload(key) => {
            format!("update effect set payload = '\\' where id = {}", id(key.id.0))
        }
        Damage::EffectRow(key) => format!("delete from effect where id = {}", id(key.id.0)),
    }
}

struct SqliteData(PathBuf);

#[async_trait]
impl StoredData for SqliteData {
    async fn open(&self) -> UpgradeStores {
        let store = SqliteStore::open(&self.0, samples::audit_key()).await.expect("opened");
        UpgradeStores::of(&Arc::new(store))
    }

    async fn inject(&self, damage: &Damage) {
        let sql = damaging(damage, |id| format!("x'{}'", hex(id.as_bytes())));
        let path = self.0.to_str().expect("UTF-8");
        let mut conn = SqliteConnection::establish(path).expect("opened");
        conn.batch_execute(&format!("pragma foreign_keys = off; {sql}")).expect("damaged");
    }
}

struct PostgresData(Database);

#[async_trait]
impl StoredData for PostgresData {
    async fn open(&self) -> UpgradeStores {
        let settings = PgSettings::of(4);
        let store = PgStore::open(self.0.url(), settings, samples::audit_key()).await;
        UpgradeStores::of(&Arc::new(store.expect("opened")))
    }

    async fn inject(&self, damage: &Damage) {
        let sql = damaging(damage, |id| format!("'{id}'"));
        // Without the triggers of foreign keys.
        run(&self.0, &format!("set session_replication_role = replica; {sql}"));
    }
}

async fn open_sqlite_data() -> TestStores<Arc<dyn StoredData>> {
    let (_, dir) = sqlite().await;
    let data: Arc<dyn StoredData> = Arc::new(SqliteData(dir.path().join("madoguchi.db")));
    TestStores::guarded(data, dir)
}

async fn open_postgres_data() -> TestStores<Arc<dyn StoredData>> {
    let (_, database) = postgres().await;
    let data: Arc<dyn StoredData> = Arc::new(PostgresData(database));
    data.into()
}

stored_data_contract!(sqlite: open_sqlite_data(), postgres: open_postgres_data());
