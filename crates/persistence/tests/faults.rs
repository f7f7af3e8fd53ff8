//! Tests what a store says of a database that is broken, on both databases, and why one that
//! cannot be opened is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, RunQueryDsl, SqliteConnection};
use madoguchi_domain::port::{DownReason, Health, MemberStore, StoreError};
use madoguchi_persistence::{
    BackupError, DatabaseUrl, OpenError, OpenRefusal, PgSettings, PgStore, SqliteStore,
    backup_sqlite, migrate, restore_sqlite,
};
use madoguchi_testkit::samples;
use madoguchi_testkit::server::postgres::{Cluster, Database};
use tempfile::TempDir;

/// How long a change may take to be seen.
const UNTIL_SEEN: Duration = Duration::from_secs(6);

async fn sqlite() -> (SqliteStore, PathBuf, TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("madoguchi.db");
    migrate(&DatabaseUrl::Sqlite(path.clone())).await.expect("migrated");
    (SqliteStore::open(&path, samples::audit_key()).await.expect("opened"), path, dir)
}

async fn postgres() -> (PgStore, Database) {
    let database = Cluster::shared().create_database();
    let url = database.url().to_owned();
    migrate(&DatabaseUrl::parse(&url).expect("a URL")).await.expect("migrated");
    (opened(&url).await.expect("opened"), database)
}

async fn opened(url: &str) -> Result<PgStore, OpenError> {
    PgStore::open(url, PgSettings::of(3), samples::audit_key()).await
}

fn psql(url: &str, sql: &str) -> Command {
    let mut psql = Command::new(Cluster::shared().bin_dir().join("psql"));
    psql.args([url, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql]);
    psql
}

fn execute(database: &Database, sql: &str) {
    let ran = psql(database.url(), sql).output().expect("psql runs");
    assert!(ran.status.success(), "{sql}: {}", String::from_utf8_lossy(&ran.stderr));
}

fn edit(path: &Path, sql: &str) -> SqliteConnection {
    let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("opened");
    conn.batch_execute(sql).expect("edited");
    conn
}

/// Checks until this is the answer.
async fn becomes(store: &impl Health, expected: Result<(), DownReason>) {
    let deadline = Instant::now() + UNTIL_SEEN;
    loop {
        let found = store.check().await;
        if found == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{found:?} instead of {expected:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Of a missing head, a head that somebody changed, and a row that it does not know.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_of_the_audit_log_that_do_not_fit_are_named() {
    let member = [samples::registration(samples::member(1))];
    let free_sqlite = "drop trigger audit_head_seq_increases; drop trigger audit_head_stays;";
    let free_postgres = "drop trigger audit_head_seq_increases on audit_head; \
        drop trigger audit_head_stays on audit_head;";
    for wrong in [
        "delete from audit_head",
        "update audit_head set seq = seq + 1",
        "update audit_head set seq = seq - 1 where seq > 0",
        "update audit_head set link = (select link from audit_head where seq = 0 limit 1) \
            where seq > 0",
    ] {
        let (store, path, _dir) = sqlite().await;
        store.commit(&member).await.expect("registered");
        assert_eq!(store.check().await, Ok(()));
        // SQLite has one head.
        let of_one =
            wrong.replace("(select link from audit_head where seq = 0 limit 1)", "zeroblob(32)");
        edit(&path, &format!("{free_sqlite} {of_one}"));
        assert_eq!(store.check().await, Err(DownReason::AuditHead), "SQLite: {wrong}");
        let (store, database) = postgres().await;
        store.commit(&member).await.expect("registered");
        assert_eq!(store.check().await, Ok(()));
        execute(&database, &format!("{free_postgres} {wrong}"));
        assert_eq!(store.check().await, Err(DownReason::AuditHead), "PostgreSQL: {wrong}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locks_are_named_and_gone_when_they_are_released() {
    let (store, path, _dir) = sqlite().await;
    assert_eq!(store.check().await, Ok(()));
    let other = edit(&path, "begin immediate");
    assert_eq!(store.check().await, Err(DownReason::LockTimeout));
    drop(other);
    assert_eq!(store.check().await, Ok(()));
    let (store, database) = postgres().await;
    assert_eq!(store.check().await, Ok(()));
    for table in ["upgrade_case", "upgrade_history", "audit_entry", "effect", "effect_evidence"] {
        let lock = format!("lock table {table} in share mode");
        let held = Cluster::shared().hold(&database, &lock);
        becomes(&store, Err(DownReason::LockTimeout)).await;
        drop(held);
        becomes(&store, Ok(())).await;
    }
}

/// Each waits for the lock for a moment, but not one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_queue_behind_a_locked_file_give_up_together() {
    let (_, path, _dir) = sqlite().await;
    let timeout = Duration::from_millis(300);
    let store = SqliteStore::open_with(&path, timeout, samples::audit_key()).await.expect("opened");
    let other = edit(&path, "begin immediate");
    let began = Instant::now();
    let mut writes = tokio::task::JoinSet::new();
    for number in 1..=20 {
        let (store, member) = (store.clone(), samples::registration(samples::member(number)));
        writes.spawn(async move { store.commit(&[member]).await });
    }
    let refused = writes.join_all().await;
    assert!(refused.iter().all(|it| matches!(it, Err(StoreError::Unavailable(_)))), "{refused:?}");
    assert!(began.elapsed() < timeout * 5, "twenty waited {:?}", began.elapsed());
    drop(other);
    let member = samples::registration(samples::member(21));
    assert!(store.commit(&[member]).await.is_ok(), "it is free again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_of_one_row_is_no_fault_of_the_database() {
    let (store, database) = postgres().await;
    let lock = "select 1 from audit_head where stream = 0 for update";
    let _held = Cluster::shared().hold(&database, lock);
    assert_eq!(store.check().await, Ok(()));
}

/// The sessions of a server that only reads are closed as soon as it is found, so that no later
/// write meets one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_only_read_leave_the_pool() {
    let (store, database) = postgres().await;
    let name = database.name();
    execute(&database, &format!("alter database {name} set default_transaction_read_only = on"));
    // Sessions of before still write; each of these opens others.
    execute(
        &database,
        "select pg_terminate_backend(pid) from pg_stat_activity \
        where datname = current_database() and pid <> pg_backend_pid()",
    );
    becomes(&store, Err(DownReason::ReadOnly)).await;
    for number in 1..=3 {
        let refused = store.commit(&[samples::registration(samples::member(number))]).await;
        assert!(refused.is_err(), "{refused:?}");
    }
    execute(
        &database,
        &format!(
            "begin read write; alter database {name} reset default_transaction_read_only; commit"
        ),
    );
    let written = store.commit(&[samples::registration(samples::member(9))]).await;
    assert!(written.is_ok(), "a session of before is used: {written:?}");
    assert_eq!(store.check().await, Ok(()));
}

/// A standby is no place for decisions. Of several hosts the one that can be written is used, also
/// after a fail-over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_is_named_and_the_writable_one_of_two_hosts_is_used() {
    let primary = Cluster::start_fast();
    let database = primary.create_database();
    migrate(&DatabaseUrl::parse(database.url()).expect("a URL")).await.expect("migrated");
    let replica = primary.start_replica();
    let on_replica = replica.url(database.name());
    let deadline = Instant::now() + UNTIL_SEEN;
    let standby = loop {
        match opened(&on_replica).await {
            Ok(store) => break store,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    };
    assert_eq!(standby.check().await, Err(DownReason::ReadOnly));

    let (_, host) = database.url().split_once("host=").expect("a host");
    let store = opened(&format!("{on_replica}&host={host}")).await.expect("opened");
    assert_eq!(store.check().await, Ok(()));
    let written = store.commit(&[samples::registration(samples::member(1))]).await;
    assert!(written.is_ok(), "{written:?}");
    primary.crash();
    replica.promote();
    let deadline = Instant::now() + UNTIL_SEEN;
    while store.commit(&[samples::registration(samples::member(2))]).await.is_err() {
        assert!(Instant::now() < deadline, "nothing is written after the fail-over");
    }
    becomes(&store, Ok(())).await;
}

/// Each check reaches the disk: what is written differs from what is there.
#[tokio::test]
async fn every_check_of_a_file_writes() {
    let (store, path, _dir) = sqlite().await;
    let log = format!("{}-wal", path.display());
    let mut before = Vec::new();
    for _ in 0..3 {
        assert_eq!(store.check().await, Ok(()));
        let now = fs::read(&log).expect("a log");
        assert!(now != before, "nothing was written");
        before = now;
        tokio::time::sleep(Duration::from_millis(2_100)).await;
    }
}

/// A lock needs one right of a table; a decision needs more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_missing_right_is_named() {
    let (_, database) = postgres().await;
    let role = format!("serving_{}", database.name());
    execute(
        &database,
        &format!(
            "create role {role} login; \
             grant select, insert, update on all tables in schema public to {role}"
        ),
    );
    let url = database.url().replace("postgres@", &format!("{role}@"));
    let store = opened(&url).await.expect("opened");
    assert_eq!(store.check().await, Ok(()));
    for right in [
        "insert on audit_entry",
        "insert on members",
        "update on audit_head",
        "select on members",
        "insert on server_key",
    ] {
        execute(&database, &format!("revoke {right} from {role}"));
        assert_eq!(store.check().await, Err(DownReason::PermissionDenied), "{right}");
        execute(&database, &format!("grant {right} to {role}"));
        assert_eq!(store.check().await, Ok(()), "{right}");
    }
    // A standby is no place for a migration.
    execute(&database, &format!("alter role {role} set default_transaction_read_only = on"));
    let reading = DatabaseUrl::parse(&url).expect("a URL");
    assert_eq!(refusal(migrate(&reading).await), OpenRefusal::ReadOnly);
}

/// What can never succeed is no outage: nobody is asked to repeat it, and others are not affected.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_breaks_a_constraint_is_not_worth_repeating() {
    let refused = [samples::registration(samples::member(1))];
    let other = [samples::registration(samples::member(2))];
    let id = samples::member_id(1);
    let check = format!("check (member_id <> '{}')", id.expose());
    let (sqlite, path, _dir) = sqlite().await;
    edit(&path, &format!("alter table members add column extra text {check}"));
    let (postgres, database) = postgres().await;
    execute(&database, &format!("alter table members add {check}"));
    let stores: [&dyn MemberStore; 2] = [&sqlite, &postgres];
    for store in stores {
        let answer = store.commit(&refused).await;
        assert_eq!(answer, Err(StoreError::Corrupt("a row that breaks a constraint")));
        assert!(store.commit(&other).await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_operator_broke_is_named() {
    let (store, database) = postgres().await;
    execute(&database, "drop table write_probe");
    assert_eq!(store.check().await, Err(DownReason::Schema));

    let (store, path, _dir) = sqlite().await;
    edit(&path, "drop table write_probe");
    assert_eq!(store.check().await, Err(DownReason::Schema));
}

/// What is written to a file that was moved away is lost with the process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_moved_or_replaced_is_named_and_none_is_made_in_its_place() {
    let (store, path, _dir) = sqlite().await;
    let copy = path.with_extension("copy");
    backup_sqlite(&path, &copy).expect("copied");
    assert_eq!(store.check().await, Ok(()));
    fs::rename(&path, path.with_extension("away")).expect("moved");
    for _ in 0..2 {
        assert_eq!(store.check().await, Err(DownReason::Replaced));
        assert!(!path.exists(), "a file was made in its place");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    fs::rename(&copy, &path).expect("moved");
    assert_eq!(store.check().await, Err(DownReason::Replaced));
    let (other, log, _dir) = sqlite().await;
    assert_eq!(other.check().await, Ok(()));
    fs::remove_file(format!("{}-wal", log.display())).expect("removed");
    assert_eq!(other.check().await, Err(DownReason::Replaced), "its log is gone");
    store.commit(&[samples::registration(samples::member(1))]).await.expect("to the old file");
    assert_eq!(store.check().await, Err(DownReason::Replaced), "a commit proves nothing");
}

/// A role that has too few connections makes callers wait for those that it has.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_wait_where_a_role_has_fewer_connections_than_the_pool() {
    let (_, database) = postgres().await;
    let role = format!("few_{}", database.name());
    execute(
        &database,
        &format!(
            "create role {role} login connection limit 4; \
        grant select, insert, update on all tables in schema public to {role}; \
        grant delete on idempotency_replay, key_report, data_key, blind_index, look_alike, \
            announcement_recipient to {role}"
        ),
    );
    let url = database.url().replace("postgres://postgres@", &format!("postgres://{role}@"));
    let settings = PgSettings { pool_timeout: Duration::from_secs(10), ..PgSettings::of(16) };
    let store = PgStore::open(&url, settings, samples::audit_key()).await.expect("opened");
    let calls = (1..=40).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            store.commit(&[samples::registration(samples::member(number))]).await
        })
    });
    for call in calls.collect::<Vec<_>>() {
        let written = call.await.expect("no call panics");
        assert!(written.is_ok(), "{written:?}");
    }
}

/// Why a store was not opened.
fn refusal<T>(opened: Result<T, OpenError>) -> OpenRefusal {
    match opened.map(|_| ()) {
        Err(OpenError::Refused { place, why }) => {
            assert!(!place.contains("secret"), "{place}");
            why
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_postgres_that_cannot_be_opened_is_named() {
    let (_, database) = postgres().await;
    let name = database.name();
    let with = |from: &str, to: &str| database.url().replace(from, to);
    let role = format!("stranger_{name}");
    execute(&database, &format!("create role {role} login"));
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = |port: u16| format!("postgres://u:secret@127.0.0.1:{port}/m");
    let silent_at = at(silent.local_addr().expect("an address").port());
    for (url, why) in [
        (with("postgres@", "nobody:secret@"), OpenRefusal::NotLetIn),
        (with(name, "nothing"), OpenRefusal::NoSuchDatabase),
        (with("postgres@", &format!("{role}@")), OpenRefusal::NoRight),
        (at(1), OpenRefusal::PortClosed),
        ("postgres://u:secret@nowhere.invalid/m".to_owned(), OpenRefusal::UnknownHost),
        ("postgres://u@/m?host=%2Fnowhere".to_owned(), OpenRefusal::NoSocket),
        ("postgres://u@127.0.0.1:1,127.0.0.1:2/m".to_owned(), OpenRefusal::PortClosed),
        (silent_at, OpenRefusal::Silent),
    ] {
        assert_eq!(refusal(opened(&url).await), why, "{url}");
    }
    let stranger = DatabaseUrl::parse(&with("postgres@", &format!("{role}@"))).expect("a URL");
    assert_eq!(refusal(migrate(&stranger).await), OpenRefusal::NoRight);

    execute(&database, "create database latin_1 encoding 'LATIN1' locale 'C' template template0");
    assert_eq!(refusal(opened(&with(name, "latin_1")).await), OpenRefusal::NotUtf8);
}

/// A server that asks for passwords, and one whose role may have no connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_and_a_full_role_are_named() {
    let cluster = Cluster::start_fast();
    let database = cluster.create_database();
    let sql = "create role guarded login password 'right'; \
        create role full_role login connection limit 0; select pg_reload_conf()";
    let hba = cluster.socket_dir().join("data/pg_hba.conf");
    let rules = fs::read_to_string(&hba).expect("the rules are read");
    fs::write(&hba, format!("local all guarded scram-sha-256\n{rules}")).expect("written");
    let ran = psql(database.url(), sql).output().expect("psql runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let (_, host) = database.url().split_once("/test").expect("a URL");
    let with = |user: &str| format!("postgres://{user}@/test{host}");
    let deadline = Instant::now() + UNTIL_SEEN;
    while refusal(opened(&with("guarded:secret")).await) != OpenRefusal::WrongPassword {
        assert!(Instant::now() < deadline, "the rules are not in force");
    }
    assert_eq!(refusal(opened(&with("guarded")).await), OpenRefusal::WrongPassword);
    let full = opened(&with("full_role:secret")).await;
    assert_eq!(refusal(full), OpenRefusal::TooManyConnections);
}

/// A server that speaks no TLS, and one that breaks off in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_tls_is_named() {
    use std::io::{Read, Write};
    for answer in [&b"N"[..], b"S", b"S no TLS at all"] {
        let server = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = server.local_addr().expect("an address").port();
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = server.accept().expect("a connection");
            let mut request = [0; 8];
            stream.read_exact(&mut request).expect("a request for TLS");
            stream.write_all(answer).expect("answered");
        });
        let url = format!("postgres://u:secret@localhost:{port}/m?sslmode=require");
        assert_eq!(refusal(opened(&url).await), OpenRefusal::Tls, "{answer:?}");
        answering.join().expect("it answered");
    }
}

#[tokio::test]
async fn every_file_that_cannot_be_opened_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let migrated = async |path: &Path| migrate(&DatabaseUrl::Sqlite(path.to_owned())).await;
    let nowhere = dir.path().join("no/m.db");
    assert_eq!(refusal(migrated(&nowhere).await), OpenRefusal::NoDirectory);
    assert_eq!(refusal(migrated(dir.path()).await), OpenRefusal::NotAFile);
    let text = dir.path().join("text.db");
    fs::write(&text, "This is a text and no database, long enough for a page.".repeat(99))
        .expect("written");
    assert_eq!(refusal(migrated(&text).await), OpenRefusal::NotADatabase);
    let (store, path, _dir) = sqlite().await;
    let _held = edit(&path, "begin immediate");
    let again = SqliteStore::open(&path, samples::audit_key()).await;
    assert_eq!(refusal(again), OpenRefusal::Locked);
    drop(store);
}

#[tokio::test]
async fn a_new_file_belongs_to_its_user_alone() {
    let (store, path, _dir) = sqlite().await;
    store.commit(&[samples::registration(samples::member(1))]).await.expect("registered");
    for ending in ["", "-wal", "-shm"] {
        let file = format!("{}{ending}", path.display());
        let mode = fs::metadata(&file).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[derive(diesel::QueryableByName)]
struct Counted {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    number: i64,
}

/// A log whose file is gone, or empty, holds the last decisions: SQLite would delete it.
#[tokio::test]
async fn a_log_without_its_file_is_refused_and_kept_by_a_restore() {
    let (store, path, dir) = sqlite().await;
    let backup = dir.path().join("backup.db");
    backup_sqlite(&path, &backup).expect("copied");
    for number in 1..=5 {
        store.commit(&[samples::registration(samples::member(number))]).await.expect("registered");
    }
    let killed = dir.path().join("killed.db");
    let log = dir.path().join("killed.db-wal");
    for empty in [false, true] {
        left_by_a_killed_process(&path, &killed);
        fs::remove_file(&killed).expect("removed");
        if empty {
            fs::write(&killed, "").expect("written");
        }
        let length = fs::metadata(&log).expect("a log").len();
        let opened = SqliteStore::open(&killed, samples::audit_key()).await;
        assert_eq!(refusal(opened), OpenRefusal::ForeignLog);
        let migrated = migrate(&DatabaseUrl::Sqlite(killed.clone())).await;
        assert_eq!(refusal(migrated), OpenRefusal::ForeignLog);
        assert_eq!(fs::metadata(&log).expect("it is there").len(), length);
        assert_eq!(killed.exists(), empty, "no file is made");
        restore_sqlite(&backup, &killed).expect("restored");
        assert!(!log.exists(), "the log is beside another file");
        drop(SqliteStore::open(&killed, samples::audit_key()).await.expect("opened"));
    }
}

/// The log is beside the file, not beside the link.
#[tokio::test]
async fn a_link_to_a_file_with_a_foreign_log_is_refused() {
    let (store, path, dir) = sqlite().await;
    let backup = dir.path().join("backup.db");
    backup_sqlite(&path, &backup).expect("copied");
    for number in 1..=200 {
        store.commit(&[samples::registration(samples::member(number))]).await.expect("registered");
    }
    let (killed, link) = (dir.path().join("killed.db"), dir.path().join("link.db"));
    left_by_a_killed_process(&path, &killed);
    fs::copy(&backup, &killed).expect("copied over");
    std::os::unix::fs::symlink(&killed, &link).expect("linked");
    let opened = SqliteStore::open(&link, samples::audit_key()).await;
    assert_eq!(refusal(opened), OpenRefusal::ForeignLog);
}

/// What a killed process leaves: the file, and what was not brought into it yet.
fn left_by_a_killed_process(path: &Path, to: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let from = format!("{}{ending}", path.display());
        fs::copy(from, format!("{}{ending}", to.display())).expect("copied");
    }
}

#[tokio::test]
async fn a_copy_over_a_left_log_is_refused_and_a_restore_is_not() {
    let (store, path, dir) = sqlite().await;
    let backup = dir.path().join("backup.db");
    let count = |path: &Path| {
        let mut conn = edit(path, "");
        let counted: Counted = diesel::sql_query("select count(*) as number from members")
            .get_result(&mut conn)
            .expect("counted");
        counted.number
    };
    for number in 1..=200 {
        store.commit(&[samples::registration(samples::member(number))]).await.expect("registered");
        if number == 20 {
            backup_sqlite(&path, &backup).expect("copied");
        }
    }
    let mode = fs::metadata(&backup).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let reserved = path.with_extension("db-journal");
    let refused = backup_sqlite(&path, &reserved);
    assert_eq!(refused, Err(BackupError::Reserved(reserved.display().to_string())));
    let same = restore_sqlite(&path, &path);
    assert_eq!(same, Err(BackupError::Same(path.display().to_string())));
    let again = backup_sqlite(&path, &backup);
    assert_eq!(again, Err(BackupError::IsThere(backup.display().to_string())));

    // Without its log it is not complete.
    let with_log = restore_sqlite(&path, &dir.path().join("other.db"));
    assert_eq!(with_log, Err(BackupError::HasLog(path.display().to_string())));

    let killed = dir.path().join("killed.db");
    left_by_a_killed_process(&path, &killed);
    let opened = SqliteStore::open(&killed, samples::audit_key()).await;
    drop(opened.expect("its own log fits"));

    left_by_a_killed_process(&path, &killed);
    fs::copy(&backup, &killed).expect("copied over");
    let before = fs::read(&killed).expect("read");
    let refused = SqliteStore::open(&killed, samples::audit_key()).await;
    assert_eq!(refusal(refused), OpenRefusal::ForeignLog);
    let refused = migrate(&DatabaseUrl::Sqlite(killed.clone())).await;
    assert_eq!(refusal(refused), OpenRefusal::ForeignLog);
    assert_eq!(fs::read(&killed).expect("read"), before, "nothing was brought into the file");

    let kept = restore_sqlite(&backup, &killed).expect("restored").expect("one was there");
    assert!(kept.exists() && !Path::new(&format!("{}-wal", killed.display())).exists());
    assert_eq!(count(&killed), 20);
    let restored = SqliteStore::open(&killed, samples::audit_key()).await.expect("opened");
    assert_eq!(restored.check().await, Ok(()));
    let written = restored.commit(&[samples::registration(samples::member(999))]).await;
    assert!(written.is_ok(), "{written:?}");
}

#[tokio::test]
async fn a_restore_refuses_what_is_no_backup_and_what_is_not_there() {
    let dir = tempfile::tempdir().expect("a directory");
    let (text, target) = (dir.path().join("text"), dir.path().join("m.db"));
    let missing = restore_sqlite(&text, &target);
    assert_eq!(missing, Err(BackupError::NotThere(text.display().to_string())));
    fs::write(&text, "no database at all, but long enough to be taken for one".repeat(99))
        .expect("written");
    let refused = restore_sqlite(&text, &target);
    assert!(matches!(refused, Err(BackupError::Open(_))), "{refused:?}");
    let (empty, foreign) = (dir.path().join("empty"), dir.path().join("foreign"));
    fs::write(&empty, "").expect("written");
    edit(&foreign, "create table other (a integer)");
    for other in [&empty, &foreign] {
        let refused = restore_sqlite(other, &target);
        assert_eq!(refused, Err(BackupError::NoBackup(other.display().to_string())));
    }
    assert_eq!(fs::read_dir(dir.path()).expect("read").count(), 3, "nothing else is left");
    let missing = backup_sqlite(&target, &dir.path().join("copy"));
    assert_eq!(missing, Err(BackupError::NotThere(target.display().to_string())));
}
