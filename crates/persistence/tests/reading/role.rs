//! Runs the script of the reader's role on PostgreSQL: the role reads three views and nothing else.

use std::io::Write;
use std::process::{Command, Stdio};

use madoguchi_persistence::{PgName, crm_role_script};
use madoguchi_testkit::server::postgres::{Cluster, Database};

use crate::viewed::{Both, psql};

/// Roles belong to the whole cluster, so each test has its own.
fn script(role: &str, database: &Database) -> String {
    let name = |text| PgName::parse(text).expect("a name");
    crm_role_script(&name(role), &name(database.name()))
}

/// Pipes the script to `psql`, which begins in another database; returns what it reports.
fn run(script: &str) -> Result<(), String> {
    let cluster = Cluster::shared();
    let mut psql = Command::new(cluster.bin_dir().join("psql"))
        .args([&*cluster.url("postgres"), "-X", "-q"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("psql runs");
    let mut stdin = psql.stdin.take().expect("a pipe");
    stdin.write_all(script.as_bytes()).expect("psql reads");
    drop(stdin);
    let ended = psql.wait_with_output().expect("psql ends");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    if ended.status.success() { Ok(()) } else { Err(said) }
}

/// The URL of the database for this role.
fn url_of(role: &str, database: &Database) -> String {
    database.url().replacen("postgres@", &format!("{role}@"), 1)
}

/// The same in a session that may write, as far as the setting goes: a role may change its own.
fn writing(url: &str) -> String {
    format!("{url}&options=-cdefault_transaction_read_only%3Doff")
}

fn is_denied(answer: &Result<String, String>) -> bool {
    answer.as_ref().is_err_and(|why| why.contains("permission denied"))
}

/// What the administrator sees, one row for each line.
fn rows(database: &Database, sql: &str) -> Vec<String> {
    let rows = psql(database.url(), sql).expect("an administrator may");
    rows.lines().map(str::to_owned).collect()
}

const VIEWS: [&str; 3] = ["crm_contact_v1", "crm_person_v1", "crm_upgrade_v1"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_reads_three_views_and_nothing_else() {
    let both = Both::open().await;
    let database = both.database();
    let script = script("crm_only_reads", database);
    // What somebody granted before is taken back.
    let grants = "create role crm_only_reads; grant all on contact to crm_only_reads; \
        create role crm_serves login; grant insert on contact to crm_serves; \
        grant select (salt) on announcement to public; grant create on schema public to public";
    psql(database.url(), grants).expect("granted");
    run(&script).expect("it runs");
    run(&script).expect("it runs again");
    let serving = url_of("crm_serves", database);
    psql(&serving, "create table theirs (); drop table theirs").expect("it creates as before");
    let url = url_of("crm_only_reads", database);
    for view in VIEWS {
        assert_eq!(psql(&url, &format!("select count(*) from {view}")), Ok("0".into()), "{view}");
        for write in [
            format!("delete from {view}"),
            format!("update {view} set version = 1"),
            format!("insert into {view} default values"),
            format!("create or replace view {view} as select 1"),
        ] {
            let refused = psql(&writing(&url), &write).unwrap_err();
            assert!(!refused.contains("read-only"), "the rights decide: {refused}");
        }
    }
    let relations = rows(
        database,
        "select relname from pg_class where relnamespace = 'public'::regnamespace \
         and relkind in ('r', 'p', 'v', 'm', 'f')",
    );
    assert!(relations.len() > 25, "{relations:?}");
    for relation in relations.iter().filter(|it| !VIEWS.contains(&it.as_str())) {
        for act in ["select 1 from", "delete from", "truncate", "insert into"] {
            let end = if act == "insert into" { " default values" } else { "" };
            let sql = format!("{act} {relation}{end}");
            assert!(is_denied(&psql(&writing(&url), &sql)), "{sql}");
        }
    }
    let columns = rows(
        database,
        "select relname || '.' || attname from pg_class join pg_attribute on attrelid = \
         pg_class.oid where relnamespace = 'public'::regnamespace and relkind = 'r' \
         and attnum > 0 and not attisdropped",
    );
    assert!(columns.len() > 200, "{}", columns.len());
    for column in columns {
        let (table, column) = column.split_once('.').expect("a column");
        let sql = format!("select {column} from {table}");
        assert!(is_denied(&psql(&url, &sql)), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_writes_and_creates_nothing() {
    let both = Both::open().await;
    let database = both.database();
    run(&script("crm_never_writes", database)).expect("it runs");
    let url = url_of("crm_never_writes", database);
    let functions = rows(
        database,
        "select oid::regprocedure from pg_proc where pronamespace = 'public'::regnamespace",
    );
    assert!(functions.len() > 5, "{functions:?}");
    for function in &functions {
        let name = function.trim_end_matches("()");
        assert!(is_denied(&psql(&url, &format!("select {name}()"))), "{function}");
    }
    let sequence = "'effect_evidence_evidence_id_seq'";
    for sql in [format!("select nextval({sequence})"), format!("select setval({sequence}, 1)")] {
        assert!(is_denied(&psql(&writing(&url), &sql)), "{sql}");
    }
    for refused in [
        "create table mine (n int)",
        "create temporary table mine (n int)",
        "create view mine as select 1",
        "create function mine() returns int language sql as 'select 1'",
        "create schema mine",
        "create role mine",
        "create database mine",
        "select lo_create(0)",
        "select lo_from_bytea(0, 'x')",
        "select pg_switch_wal()",
        "select pg_read_file('postgresql.conf')",
        "copy (select 1) to '/tmp/mine'",
        "alter role crm_never_writes superuser",
        "set role postgres",
        "alter table contact add column mine int",
        "drop view crm_person_v1",
    ] {
        let why = psql(&writing(&url), refused).unwrap_err();
        assert!(!why.contains("read-only"), "the rights decide: {why}");
    }
    let shown = psql(&url, "show default_transaction_read_only; show statement_timeout");
    assert_eq!(shown, Ok("on\n30s".into()));
    // The server's own role goes on as before.
    psql(database.url(), "create table ours (n int); drop table ours").expect("it may");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_with_more_rights_is_not_touched() {
    let both = Both::open().await;
    let database = both.database();
    for (role, made) in [
        ("crm_is_admin", "create role crm_is_admin login createdb"),
        (
            "crm_is_member",
            "create role crm_is_member login; grant pg_read_all_data to crm_is_member",
        ),
        (
            "crm_is_owner",
            "create role crm_is_owner login; create table theirs (); \
            alter table theirs owner to crm_is_owner",
        ),
    ] {
        psql(database.url(), made).expect("made");
        let refused = run(&script(role, database)).expect_err("it is refused");
        assert!(refused.contains("choose another name"), "{refused}");
        let is_denied = is_denied(&psql(&url_of(role, database), "select 1 from crm_person_v1"));
        assert!(is_denied || role == "crm_is_member", "{role} got nothing");
    }
}

/// Of these, no revocation of ours takes anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_to_whom_others_granted_more_is_refused() {
    let both = Both::open().await;
    let database = both.database();
    for (role, made) in [
        (
            "crm_of_a_third",
            "create role crm_grantor; grant select on person_version to crm_grantor \
             with grant option; set role crm_grantor; \
             grant select on person_version to crm_of_a_third; reset role",
        ),
        (
            "crm_by_default",
            "alter default privileges in schema public grant select on tables to crm_by_default",
        ),
        (
            "crm_elsewhere",
            "create schema elsewhere; create table elsewhere.secret (); \
             grant select on elsewhere.secret to crm_elsewhere",
        ),
    ] {
        psql(database.url(), &format!("create role {role}; {made}")).expect("made");
        let refused = run(&script(role, database)).expect_err("it is refused");
        assert!(refused.contains("has other rights: revoke them first"), "{role}: {refused}");
        let may = rows(
            database,
            &format!("select has_table_privilege('{role}', 'crm_person_v1', 'select')"),
        );
        assert_eq!(may, ["f"], "{role} got nothing");
    }
}
