//! Tests the temporary PostgreSQL itself, because every contract suite depends on it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::*;

const OWNER: &str = "MADOGUCHI_OWN_A_CLUSTER";

fn psql(cluster: &Cluster, database: &Database, sql: &str) -> Result<String, String> {
    let output = Command::new(cluster.bin_dir().join("psql"))
        .args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", sql, database.url()])
        .output()
        .expect("psql runs");
    let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

fn postmaster(dir: &Path) -> String {
    let lock = std::fs::read_to_string(dir.join("data/postmaster.pid")).expect("it is running");
    lock.lines().next().expect("the first line is the process id").to_owned()
}

fn is_alive(pid: &str) -> bool {
    let kill = Command::new("sh").args(["-c", "kill -0 \"$1\"", "sh", pid]).output();
    kill.expect("sh runs").status.success()
}

#[test]
fn two_databases_of_one_cluster_know_nothing_of_each_other() {
    let cluster = Cluster::shared();
    let (one, other) = (cluster.create_database(), cluster.create_database());
    assert_ne!(one, other);
    assert_eq!(psql(cluster, &one, "select 1"), Ok("1".into()));
    psql(cluster, &one, "create table mark ()").unwrap();
    assert!(psql(cluster, &other, "select * from mark").unwrap_err().contains("does not exist"));
}

#[test]
fn a_durable_cluster_keeps_what_it_confirmed_through_a_stop_and_a_crash() {
    let cluster = Cluster::start_durable();
    let database = cluster.create_database();
    psql(&cluster, &database, "create table kept (n int)").unwrap();
    for (n, down) in [Cluster::stop_now, Cluster::crash].iter().enumerate() {
        psql(&cluster, &database, "insert into kept values (1)").unwrap();
        down(&cluster);
        psql(&cluster, &database, "select 1").unwrap_err();
        cluster.start_again();
        let count = psql(&cluster, &database, "select count(*) from kept");
        assert_eq!(count, Ok((n + 1).to_string()));
    }
    assert_eq!(psql(&cluster, &database, "show fsync"), Ok("on".into()));
}

/// Waits until the query gives the value.
fn await_value(cluster: &Cluster, database: &Database, sql: &str, value: &str) {
    let timeout = Instant::now() + Duration::from_secs(20);
    while psql(cluster, database, sql).as_deref() != Ok(value) {
        assert!(Instant::now() < timeout, "{sql} is not {value}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_replica_follows_pauses_and_is_promoted() {
    let cluster = Cluster::start_durable();
    let database = cluster.create_database();
    psql(&cluster, &database, "create table kept (n int)").unwrap();
    let replica = cluster.start_replica();
    let there = Database { url: replica.url(database.name()), ..database.clone() };
    let (insert, count) = ("insert into kept values (1)", "select count(*) from kept");
    psql(&cluster, &database, insert).unwrap();
    await_value(&replica, &there, count, "1");
    replica.pause_replay();
    psql(&cluster, &database, insert).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(psql(&replica, &there, count), Ok("1".into()));
    replica.resume_replay();
    await_value(&replica, &there, count, "2");
    assert!(psql(&replica, &there, insert).unwrap_err().contains("read-only"));
    cluster.replicate_synchronously();
    psql(&cluster, &database, insert).unwrap();
    cluster.crash();
    replica.promote();
    psql(&replica, &there, insert).unwrap();
    assert_eq!(psql(&replica, &there, count), Ok("4".into()));
}

#[test]
fn a_dropped_cluster_leaves_neither_process_nor_directory() {
    let cluster = Cluster::start_durable();
    let dir = cluster.socket_dir().to_path_buf();
    assert!(dir.as_os_str().len() < 80, "a socket path has room for 107 bytes");
    let pid = postmaster(&dir);
    assert!(is_alive(&pid));
    drop(cluster);
    assert!(!is_alive(&pid));
    assert!(!dir.exists());
}

/// Runs itself as the owner of a cluster and kills that process, so that no destructor runs.
#[test]
fn a_killed_owner_leaves_neither_process_nor_directory() {
    if std::env::var_os(OWNER).is_some() {
        println!("\ndir={}", Cluster::shared().socket_dir().display());
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .arg("--exact")
        .args(["server::postgres::tests::a_killed_owner_leaves_neither_process_nor_directory"])
        .arg("--nocapture")
        .env(OWNER, "yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let dir = lines.map_while(Result::ok).find_map(|line| Some(line.strip_prefix("dir=")?.into()));
    let dir: PathBuf = dir.expect("the owner says where its cluster is");
    let pid = postmaster(&dir);
    assert!(is_alive(&pid));

    owner.kill().unwrap();
    owner.wait().unwrap();

    let timeout = Instant::now() + Duration::from_secs(20);
    while (is_alive(&pid) || dir.exists()) && Instant::now() < timeout {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!is_alive(&pid), "the server outlived its owner");
    assert!(!dir.exists(), "the directory outlived the owner");
}

#[test]
fn an_address_escapes_the_path_of_the_socket() {
    assert_eq!(percent_encoded("/tmp/a-b_c.d~e f"), "%2Ftmp%2Fa-b_c.d~e%20f");
    let address = Cluster::shared().url("ledger");
    assert!(address.starts_with("postgres://postgres@/ledger?host=%2Ftmp%2Fmadoguchi-pg-"));
}
