//! Both databases with their stores, and their views read as text.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use madoguchi_persistence::{DatabaseUrl, PgSettings, PgStore, SealedStore, SqliteStore, migrate};
use madoguchi_testkit::contract::{ContactStores, DeliveryStores, UpgradeStores};
use madoguchi_testkit::fake::sealer::FakeSealer;
use madoguchi_testkit::samples;
use madoguchi_testkit::server::postgres::{Cluster, Database};

/// SQLite and PostgreSQL, in this order, with the schema of this version.
pub(crate) struct Both {
    _dir: tempfile::TempDir,
    path: PathBuf,
    database: Database,
    sqlite: SqliteStore,
    postgres: PgStore,
}

/// A line of the database.
#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Joins cells; a missing value is `-`.
pub(crate) fn line(cells: &[Option<String>]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| cell.as_deref().unwrap_or("-")).collect();
    cells.join("|")
}

/// Runs statements with `psql`, and returns the unaligned rows.
pub(crate) fn psql(url: &str, sql: &str) -> Result<String, String> {
    let ran = Command::new(Cluster::shared().bin_dir().join("psql"))
        .args([url, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])
        .output()
        .expect("psql runs");
    let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
    if ran.status.success() { Ok(text(&ran.stdout)) } else { Err(text(&ran.stderr)) }
}

impl Both {
    pub(crate) async fn open() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let (path, key) = (dir.path().join("m.db"), samples::audit_key());
        let database = Cluster::shared().create_database();
        migrate(&DatabaseUrl::Sqlite(path.clone())).await.expect("migrated");
        migrate(&DatabaseUrl::parse(database.url()).expect("a URL")).await.expect("migrated");
        let settings = PgSettings { pool_timeout: Duration::from_secs(10), ..PgSettings::of(4) };
        let sqlite = SqliteStore::open(&path, key.clone()).await.expect("opened");
        let postgres = PgStore::open(database.url(), settings, key).await.expect("opened");
        Self { _dir: dir, path, database, sqlite, postgres }
    }

    pub(crate) fn contact_stores(&self) -> [ContactStores; 2] {
        let sealer = Arc::new(FakeSealer::new("kek-1"));
        let sqlite = Arc::new(SealedStore::new(self.sqlite.clone(), Arc::clone(&sealer) as _));
        let postgres = Arc::new(SealedStore::new(self.postgres.clone(), sealer));
        let [here, there] = self.upgrade_stores().map(|it| it.platform);
        [ContactStores::of(here, &sqlite), ContactStores::of(there, &postgres)]
    }

    pub(crate) fn delivery_stores(&self) -> [DeliveryStores; 2] {
        let [here, there] = self.upgrade_stores().map(|it| it.platform);
        let (sqlite, postgres) = (Arc::new(self.sqlite.clone()), Arc::new(self.postgres.clone()));
        [DeliveryStores::of(here, &sqlite), DeliveryStores::of(there, &postgres)]
    }

    pub(crate) fn upgrade_stores(&self) -> [UpgradeStores; 2] {
        let (sqlite, postgres) = (Arc::new(self.sqlite.clone()), Arc::new(self.postgres.clone()));
        [UpgradeStores::of(&sqlite), UpgradeStores::of(&postgres)]
    }

    pub(crate) const fn database(&self) -> &Database {
        &self.database
    }

    fn sqlite(&self) -> SqliteConnection {
        SqliteConnection::establish(self.path.to_str().expect("UTF-8")).expect("opened")
    }

    fn psql(&self, sql: &str) -> Vec<String> {
        let rows = psql(self.database.url(), sql).expect("psql succeeds");
        rows.lines().map(str::to_owned).collect()
    }

    /// Runs statements on both, made of ids and of the time one second after 1970.
    pub(crate) fn run(&self, sql: impl Fn(fn(u8) -> String, &str) -> String) {
        let here = sql(|id| format!("x'{:032x}'", u128::from(id)), "1000000");
        self.sqlite().batch_execute(&here).expect("SQLite accepts it");
        let id = |id| format!("'00000000-0000-0000-0000-0000000000{id:02x}'");
        self.psql(&sql(id, "to_timestamp(1)"));
    }

    pub(crate) fn columns_on_postgres(&self, view: &str) -> Vec<(String, String)> {
        let rows = self.psql(&format!(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute \
             where attrelid = '{view}'::regclass and attnum > 0 order by attnum"
        ));
        rows.iter().filter_map(|row| row.split_once('|')).map(owned).collect()
    }

    pub(crate) fn columns_on_sqlite(&self, view: &str) -> Vec<(String, String)> {
        // The type of a computed number is INT.
        let sql = format!(
            "select name || '|' || case type when 'INT' then 'INTEGER' else type end as line \
             from pragma_table_info('{view}')"
        );
        let rows: Vec<Line> = diesel::sql_query(sql).load(&mut self.sqlite()).expect("listed");
        rows.iter().filter_map(|row| row.line.split_once('|')).map(owned).collect()
    }

    /// The rows of a view on each database, ordered by their text: times in microseconds, ids
    /// without hyphens, booleans as 0 and 1.
    pub(crate) fn lines(&self, view: &str, columns: &[[&str; 3]]) -> [Vec<String>; 2] {
        let of = |text: &dyn Fn(&[&str; 3]) -> String| {
            let cells: Vec<_> =
                columns.iter().map(|it| format!("coalesce({}, '-')", text(it))).collect();
            format!("select {} as line from {view} order by 1", cells.join(" || '|' || "))
        };
        let here = of(&|[name, _, kind]| match *kind {
            "BLOB" => format!("lower(hex({name}))"),
            _ => format!("cast({name} as text)"),
        });
        let there = of(&|[name, kind, _]| match *kind {
            "uuid" => format!("replace({name}::text, '-', '')"),
            "timestamp with time zone" => {
                format!("(extract(epoch from {name}) * 1000000)::bigint::text")
            }
            "boolean" => format!("{name}::int::text"),
            _ => format!("{name}::text"),
        });
        let rows: Vec<Line> = diesel::sql_query(here).load(&mut self.sqlite()).expect("listed");
        [rows.into_iter().map(|it| it.line).collect(), self.psql(&there)]
    }
}

fn owned((one, other): (&str, &str)) -> (String, String) {
    (one.to_owned(), other.to_owned())
}
