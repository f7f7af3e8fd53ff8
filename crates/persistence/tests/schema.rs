//! Tests migrations up and down, and what the schema rejects, on both databases.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use jiff::SignedDuration;
use madoguchi_domain::Timestamp;
use madoguchi_domain::approval::{ContentSalt, Editors};
use madoguchi_domain::audit::{Action, AuditEntry, Place};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::ContactKey;
use madoguchi_domain::delivery::{WatchCause, WatchFilter, WatchQuery};
use madoguchi_domain::effect::{
    EffectFilter, EffectId, EffectKey, EffectQuery, EffectStateName, Fence, ManualOutcome,
};
use madoguchi_domain::idempotency::RequestKey;
use madoguchi_domain::job_lease::JobName;
use madoguchi_domain::mail::SuppressReason;
use madoguchi_domain::person::{
    AccountMail, DetailsUpdate, Person, PersonQuery, set_mail_notification,
};
use madoguchi_domain::port::{
    AuditLog, ContactStore, DeliveryStore, HoldStore, JobLeases, PersonStore, ReplayStore,
    ResolutionStore, StoreError,
};
use madoguchi_domain::resolution::{
    Resolution, ResolutionFacts, ResolutionFilter, ResolutionId, ResolutionQuery, ResolutionReason,
    ResolutionState, ResolutionWrite,
};
use madoguchi_domain::retention::{HoldFilter, HoldQuery, HoldSubject, LegalHold};
use madoguchi_domain::sealed::DataKeyId;
use madoguchi_domain::upgrade::{CaseId, SetLevel, StateName};
use madoguchi_persistence::{
    DatabaseUrl, OpenError, PgSettings, PgStore, SchemaState, SealedStore, SqliteStore, migrate,
    revert_all,
};
use madoguchi_testkit::contract::UpgradeStores;
use madoguchi_testkit::contract::audit_rows;
use madoguchi_testkit::fake::sealer::FakeSealer;
use madoguchi_testkit::samples;
use madoguchi_testkit::server::postgres::{Cluster, Database};
use uuid::Uuid;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A member, which the other rows refer to.
const MEMBER: &str = "insert into members (member_id, arrangement_id, product_name) \
    values ('M1', 'AA1', 'P');";

fn case(state: &str, id: u8, attempt: u8, uuid: impl Fn(u8) -> String, at: &str) -> String {
    format!(
        "insert into upgrade_case (case_id, member_id, attempt, state, version, qr_serial, \
         qr_expires_at, opened_at) values ({}, 'M1', {attempt}, '{state}', 1, 1, {at}, {at});",
        uuid(id)
    )
}

fn sqlite_uuid(id: u8) -> String {
    format!("x'{:032x}'", u128::from(id))
}

fn postgres_uuid(id: u8) -> String {
    format!("'00000000-0000-0000-0000-0000000000{id:02x}'")
}

/// Builds a statement from the database's syntax for an id and a timestamp.
type Sql<'a> = dyn Fn(fn(u8) -> String, &str) -> String + 'a;

fn sqlite(path: &Path, sql: &str) -> bool {
    let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("opened");
    conn.batch_execute(sql).is_ok()
}

fn postgres(database: &Database, sql: &str) -> bool {
    let psql = Cluster::shared().bin_dir().join("psql");
    let ran = Command::new(psql)
        .args([database.url(), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql])
        .output()
        .expect("psql runs");
    ran.status.success()
}

fn addresses() -> (tempfile::TempDir, DatabaseUrl, Database, DatabaseUrl) {
    let dir = tempfile::tempdir().expect("a directory");
    let sqlite = DatabaseUrl::Sqlite(dir.path().join("m.db"));
    let database = Cluster::shared().create_database();
    let postgres = DatabaseUrl::parse(database.url()).expect("a URL");
    (dir, sqlite, database, postgres)
}

/// Both databases with the schema of this version, and a store on each.
struct Both {
    dir: tempfile::TempDir,
    path: PathBuf,
    database: Database,
    there: SqliteStore,
    here: PgStore,
}

impl Both {
    /// Whether both databases accept a statement: they must agree.
    fn accept(&self, sql: &Sql<'_>) -> bool {
        let statements = [sql(sqlite_uuid, "1"), sql(postgres_uuid, "now()")];
        let there = sqlite(&self.path, &format!("pragma foreign_keys = on; {}", statements[0]));
        let here = postgres(&self.database, &statements[1]);
        assert_eq!(there, here, "both databases must agree: {}", statements[1]);
        there
    }
}

async fn both() -> Both {
    let (dir, sqlite_url, database, postgres_url) = addresses();
    let (path, key) = (dir.path().join("m.db"), samples::audit_key());
    migrate(&sqlite_url).await.expect("migrated");
    migrate(&postgres_url).await.expect("migrated");
    let settings = PgSettings { pool_timeout: TIMEOUT, ..PgSettings::of(2) };
    let there = SqliteStore::open(&path, key.clone()).await.expect("opened");
    let here = PgStore::open(database.url(), settings, key).await.expect("opened");
    Both { dir, path, database, there, here }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_go_up_down_and_up_again() {
    let (_dir, sqlite, _database, postgres) = addresses();
    for url in [&sqlite, &postgres] {
        assert_eq!(migrate(url).await, Ok(SchemaState::Behind), "{url:?}");
        assert_eq!(migrate(url).await, Ok(SchemaState::Current), "{url:?}");
        assert_eq!(revert_all(url).await, Ok(SchemaState::Current), "{url:?}");
        assert_eq!(migrate(url).await, Ok(SchemaState::Behind), "{url:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_migrate_at_once_take_turns() {
    let (_dir, sqlite, _database, postgres) = addresses();
    for url in [sqlite, postgres] {
        let nodes: Vec<_> = (0..6)
            .map(|_| {
                let url = url.clone();
                tokio::spawn(async move { migrate(&url).await })
            })
            .collect();
        let mut behind = 0;
        for node in nodes {
            let before = node.await.expect("a node has not panicked").expect("migrated");
            behind += usize::from(before == SchemaState::Behind);
        }
        assert!(behind >= 1, "{url:?}");
        assert_eq!(migrate(&url).await, Ok(SchemaState::Current), "{url:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_or_a_future_schema_is_not_opened() {
    let (dir, sqlite_url, database, postgres_url) = addresses();
    let (path, key) = (dir.path().join("m.db"), samples::audit_key());
    let settings = PgSettings { pool_timeout: TIMEOUT, ..PgSettings::of(2) };
    let opened = SqliteStore::open(&path, key.clone()).await.map(|_| ());
    assert_eq!(opened, Err(OpenError::SchemaBehind));
    let opened = PgStore::open(database.url(), settings, key.clone()).await.map(|_| ());
    assert_eq!(opened, Err(OpenError::SchemaBehind));

    migrate(&sqlite_url).await.expect("migrated");
    migrate(&postgres_url).await.expect("migrated");
    let future = "insert into __diesel_schema_migrations (version) values ('99990101000000');";
    assert!(sqlite(&path, future) && postgres(&database, future));
    let opened = SqliteStore::open(&path, key.clone()).await.map(|_| ());
    assert_eq!(opened, Err(OpenError::SchemaAhead));
    let opened = PgStore::open(database.url(), settings, key).await.map(|_| ());
    assert_eq!(opened, Err(OpenError::SchemaAhead));
    assert_eq!(migrate(&sqlite_url).await, Err(OpenError::SchemaAhead));
    assert_eq!(migrate(&postgres_url).await, Err(OpenError::SchemaAhead));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_schema_knows_the_five_states_and_one_open_case() {
    let Both { dir: _dir, path, database, .. } = both().await;
    let on_both = |sql: &Sql<'_>| {
        let there = sqlite(&path, &sql(sqlite_uuid, "1"));
        let here = postgres(&database, &sql(postgres_uuid, "now()"));
        assert_eq!(there, here, "both databases must agree");
        there
    };
    assert!(on_both(&|_, _| MEMBER.to_owned()));
    for (number, name) in (1..).zip(StateName::ALL) {
        let took = on_both(&|uuid, at| case(name.as_str(), number, number, uuid, at));
        // Of the two open states, the second case conflicts with the first.
        assert_eq!(took, name != StateName::EddaSuccess, "{name}");
    }
    assert!(!on_both(&|uuid, at| case("new", 20, 20, uuid, at)));
    assert!(!on_both(&|uuid, at| case("EDDAFailure", 21, 1, uuid, at)), "an attempt twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_down_is_never_changed() {
    let Both { dir: _dir, path, database, .. } = both().await;
    let entry = |link: &str, at: &str| {
        format!(
            "insert into audit_entry (stream, seq, action, about_kind, about_id, detail, \
             actor_issuer, actor_subject, actor_kind, at, correlation, link) \
             values (0, 1, 'a', 'b', 'c', 'd', 'e', 'f', 'HUMAN', {at}, 'g', {link});"
        )
    };
    assert!(sqlite(&path, &entry("x'00'", "1")));
    assert!(postgres(&database, &entry("'\\x00'", "now()")));
    let reported: &Sql<'_> = &|uuid, at| {
        format!(
            "{MEMBER} {} insert into upgrade_history (case_id, version, to_state, why, \
             actor_issuer, actor_subject, actor_kind, at, correlation) values \
             ({id}, 1, 'New', 'opened', 'i', 's', 'HUMAN', {at}, 'c'); {} \
             insert into effect_evidence (kind, id, fence, worker, outcome, detail, at) \
             values ('SetLevel', {id}, 1, 'w', 'applied', '', {at});",
            case("New", 1, 1, uuid, at),
            effect(&uuid(1), 1, "1A", "Confirmed", "null", (at, at)),
            id = uuid(1),
        )
    };
    let person: &Sql<'_> = &|uuid, at| {
        let id = uuid(1);
        format!(
            "insert into account (account_id, mail_notification) values ('A1', '1'); \
             insert into person (person_id, account_id, data_key_id, version) \
             values ('P1', 'A1', {id}, 1); \
             insert into person_version (version_id, data_key_id, version, actor_issuer, \
             actor_subject, actor_kind, at, correlation) \
             values ({id}, {id}, 1, 'i', 's', 'HUMAN', {at}, 'c');"
        )
    };
    let contact: &Sql<'_> = &|uuid, at| draft(uuid, at, 1);
    for rows in [reported, person, contact] {
        assert!(sqlite(&path, &rows(sqlite_uuid, "1")));
        assert!(postgres(&database, &rows(postgres_uuid, "now()")));
    }
    let bounce: &Sql<'_> = &|uuid, at| {
        format!(
            "insert into bounce (mail_id, person_id, status, mailed_at, received_at) \
             values ({}, 'P1', '5.1.1', {at}, {at});",
            uuid(1)
        )
    };
    assert!(sqlite(&path, &bounce(sqlite_uuid, "1")));
    assert!(postgres(&database, &bounce(postgres_uuid, "now()")));
    let replaced = bounce(sqlite_uuid, "2").replace("insert", "replace");
    assert!(!sqlite(&path, &replaced), "a bounce is recorded once");
    for sql in ["update bounce set status = '4.4.7'", "delete from bounce"] {
        assert!(!sqlite(&path, sql) && !postgres(&database, sql), "{sql}");
    }
    assert!(!postgres(&database, "truncate bounce"));
    assert!(!postgres(&database, "truncate contact_editor cascade"));
    for table in
        ["upgrade_history", "effect_evidence", "audit_entry", "person_version", "contact_version"]
    {
        for sql in [format!("update {table} set at = at"), format!("delete from {table}")] {
            assert!(!sqlite(&path, &sql), "{sql}");
            assert!(!postgres(&database, &sql), "{sql}");
        }
        assert!(!postgres(&database, &format!("truncate {table}")), "{table}");
    }
}

/// Moves a sealed value of one person to another column, row or table. Its data key stays the same.
const MOVES: [&str; 3] = [
    "update person_version set phone = email where version = 2;",
    "update person_version set email = (select email from person_version where version = 1) \
        where version = 2;",
    "update person set external_identity = (select email from person_version where version = 2);",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sealed_value_that_was_moved_is_corrupt() {
    for moved in MOVES {
        let Both { dir: _dir, path, database, there, here } = both().await;
        let sealer = Arc::new(FakeSealer::new("kek-1"));
        let there = SealedStore::new(there, Arc::clone(&sealer) as _);
        let here = SealedStore::new(here, sealer);
        assert_eq!(person_in_two_versions(&there).await.map(|found| found.len()), Ok(1));
        assert_eq!(person_in_two_versions(&here).await.map(|found| found.len()), Ok(1));
        let gate = "drop trigger person_version_no_update;";
        assert!(sqlite(&path, &format!("{gate} {moved}")), "{moved}");
        let gate = "drop trigger person_version_append_only on person_version;";
        assert!(postgres(&database, &format!("{gate} {moved}")), "{moved}");
        for found in [find_person(&there).await, find_person(&here).await] {
            assert!(matches!(found, Err(StoreError::Corrupt(_))), "{moved}: {found:?}");
        }
    }
}

/// Registers a person, changes its e-mail address, and reads it.
async fn person_in_two_versions(store: &impl PersonStore) -> Result<Vec<Person>, StoreError> {
    store.commit(&[samples::registers(&samples::person_registration(1))]).await?;
    let person = find_person(store).await?.remove(0);
    let email = Some(samples::email("second@example.com"));
    let update = DetailsUpdate { email, ..DetailsUpdate::default() };
    store.commit(&[samples::updates(&person, &update, 1).0]).await?;
    find_person(store).await
}

async fn find_person(store: &impl PersonStore) -> Result<Vec<Person>, StoreError> {
    store.find(&PersonQuery::Id(samples::person_id(1)), 1).await
}

/// Places a hold, and proposes a resolution of each of two stuck effects. The rows lose their data
/// keys: `erase` deletes those whose ids it is given.
async fn loses_data_keys(
    store: &(impl HoldStore + ResolutionStore),
    erase: impl Fn(&[DataKeyId]) -> bool,
) {
    let (change, hold) = samples::held(HoldSubject::Person(samples::person_id(1)), 10);
    assert_eq!(HoldStore::commit(store, &[change]).await, Ok(vec![Committed::Moved]));
    let [older, newer] = [1, 2].map(proposed);
    for new in [&older, &newer] {
        let entry = AuditEntry::new(
            Action::RESOLUTION_PROPOSED,
            new.facts.id.subject(),
            "Rejected",
            &samples::retention_act(20),
        );
        let change = Change::new(ResolutionWrite::Propose(Box::new(new.clone())), entry);
        assert_eq!(ResolutionStore::commit(store, &[change]).await, Ok(Committed::Moved));
    }
    assert!(erase(&[hold.data_key, newer.facts.data_key]));

    let hold = LegalHold { reason: None, ..hold };
    let query = HoldQuery { filter: HoldFilter::default(), after: None, limit: 10 };
    assert_eq!(HoldStore::list(store, &query).await, Ok(vec![hold.clone()]));
    assert_eq!(HoldStore::find(store, hold.id).await, Ok(Some(hold.clone())));
    let (release, _) = hold.release(&samples::retention_act(30)).expect("it is in force");
    assert_eq!(HoldStore::commit(store, &[release]).await, Ok(vec![Committed::Moved]));

    let query = ResolutionQuery { filter: ResolutionFilter::default(), after: None, limit: 1 };
    assert_eq!(ResolutionStore::list(store, &query).await, Ok(vec![older]));
    let open = store.open(&newer.facts.effect).await;
    assert!(matches!(open, Err(StoreError::Corrupt(_))), "it is not taken for none: {open:?}");
}

/// A proposal for the effect of this number, at a time of its own.
fn proposed(number: u8) -> Resolution {
    let id = Uuid::from_u128(number.into());
    Resolution {
        facts: ResolutionFacts {
            id: ResolutionId(id),
            effect: EffectKey { kind: SetLevel::KIND, id: EffectId(id) },
            effect_fence: Fence(0),
            effect_since: samples::start(),
            outcome: ManualOutcome::Rejected,
            proposers: Editors::by(samples::staff(1)),
            proposed_at: samples::at(number.into()),
            lapses_at: samples::at(1_000),
            state: ResolutionState::Proposed,
            data_key: DataKeyId(Uuid::from_u128(u128::from(number) << 64)),
        },
        reason: ResolutionReason::parse("the bank has no such order").expect("it parses"),
        evidence: None,
        salt: ContentSalt::new([number; 32]),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_lost_its_data_key_hides_no_other() {
    let Both { dir: _dir, path, database, there, here } = both().await;
    let stuck = |uuid: fn(u8) -> String, at: &str| {
        [1, 2].map(|id| effect(&uuid(id), id, "1A", "Manual", "null", (at, at))).concat()
    };
    assert!(sqlite(&path, &stuck(sqlite_uuid, "1")));
    assert!(postgres(&database, &stuck(postgres_uuid, "now()")));
    let delete = |ids: &[DataKeyId], uuid: fn(&DataKeyId) -> String| {
        let ids: Vec<_> = ids.iter().map(uuid).collect();
        format!("delete from data_key where data_key_id in ({});", ids.join(", "))
    };
    let sealer = Arc::new(FakeSealer::new("kek-1"));
    let there = SealedStore::new(there, Arc::clone(&sealer) as _);
    loses_data_keys(&there, |ids| {
        sqlite(&path, &delete(ids, |id| format!("x'{}'", id.0.simple())))
    })
    .await;
    let here = SealedStore::new(here, sealer);
    loses_data_keys(&here, |ids| postgres(&database, &delete(ids, |id| format!("'{}'", id.0))))
        .await;
}

/// An unreadable lease is not taken for one that is over: its fence could be given twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_cannot_be_is_corrupt() {
    let Both { dir: _dir, path, database, there, here } = both().await;
    let row = |until: &str, fence: i32| {
        format!(
            "insert into job_lease (job, holder, until, fence) values ('j', 'h', {until}, {fence});"
        )
    };
    assert!(!sqlite(&path, &row("1", 0)) && !postgres(&database, &row("now()", 0)));
    let job = JobName::of("j");
    let spoilt = [("9223372036854775807", "'infinity'", 1), ("1", "'2020-01-01'", i32::MAX)];
    for ((in_sqlite, in_postgres, fence), place) in
        spoilt.into_iter().zip(["job_lease.until", "job_lease.fence"])
    {
        let gone = "delete from job_lease;";
        assert!(sqlite(&path, &format!("{gone} {}", row(in_sqlite, fence))));
        assert!(postgres(&database, &format!("{gone} {}", row(in_postgres, fence))));
        let (holder, now) = (samples::worker(1), samples::start());
        let lasts = SignedDuration::from_secs(1);
        let corrupt = Err(StoreError::Corrupt(place));
        assert_eq!(there.take(job, &holder, now, lasts).await, corrupt);
        assert_eq!(here.take(job, &holder, now, lasts).await, corrupt);
    }
}

/// An unreadable answer is neither given nor taken for the answer to another request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stored_answer_that_cannot_be_is_corrupt() {
    let Both { dir: _dir, path, database, there, here } = both().await;
    let key = RequestKey(uuid::Uuid::from_u128(1));
    let row = |uuid: fn(u8) -> String, answer: &str, at: &str| {
        format!(
            "delete from idempotency_replay; insert into idempotency_replay (request_key, \
             fingerprint, answer_version, answer, at) values ({}, {}, 1, '{answer}', {at});",
            uuid(1),
            uuid(2)
        )
    };
    let (late_there, late_here) = ("9223372036854775807", "'infinity'");
    for (answer, at_there, at_here, place) in [
        ("[]", "1", "now()", "idempotency_replay.answer"),
        ("{\"state\":1}", "1", "now()", "idempotency_replay.answer"),
        ("{}", late_there, late_here, "idempotency_replay.at"),
    ] {
        assert!(sqlite(&path, &row(sqlite_uuid, answer, at_there)), "{answer}");
        assert!(postgres(&database, &row(postgres_uuid, answer, at_here)), "{answer}");
        let corrupt = Err(StoreError::Corrupt(place));
        assert_eq!(there.find(&[key]).await, corrupt, "{answer}");
        assert_eq!(here.find(&[key]).await, corrupt, "{answer}");
    }
    let spoilt = row(sqlite_uuid, "{}", "1").replace(&sqlite_uuid(2), "x'00'");
    assert!(sqlite(&path, &spoilt));
    let place = "idempotency_replay.fingerprint";
    assert_eq!(there.find(&[key]).await, Err(StoreError::Corrupt(place)));
}

/// A row that names only a part of who called in the name of the actor is refused, and unreadable.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_of_through_is_refused_and_corrupt() {
    let Both { dir: _dir, path, database, there, here } = both().await;
    let row = |seq: i64, through: &str, (at, link): (&str, &str)| {
        format!(
            "insert into audit_entry (stream, seq, action, about_kind, about_id, detail, \
             actor_issuer, actor_subject, actor_kind, at, correlation, link, through_issuer, \
             through_subject, through_kind) values (0, {seq}, 'a', 'b', 'c', 'd', 'e', 'f', \
             'HUMAN', {at}, 'g', {link}, {through});"
        )
    };
    let link = "0".repeat(64);
    let (of_sqlite, of_postgres) = (format!("x'{link}'"), format!("'\\x{link}'"));
    let (of_sqlite, of_postgres) = (("1", of_sqlite.as_str()), ("now()", of_postgres.as_str()));
    let parts = [
        "'i', null, null",
        "null, 's', null",
        "null, null, 'HUMAN'",
        "null, 's', 'HUMAN'",
        "'i', null, 'HUMAN'",
        "'i', 's', null",
    ];
    let corrupt =
        StoreError::Corrupt("audit_entry.through_issuer, through_subject or through_kind");
    let free = "alter table audit_entry drop constraint audit_entry_through;";
    for (seq, part) in (1..).zip(parts.into_iter().chain(["'i', 's', 'human'"])) {
        let is_whole = part.contains("human");
        assert_eq!(sqlite(&path, &row(seq, part, of_sqlite)), is_whole, "{part}");
        let unchecked =
            format!("pragma ignore_check_constraints = on; {}", row(seq, part, of_sqlite));
        assert_eq!(sqlite(&path, &unchecked), !is_whole, "{part}");
        assert_eq!(postgres(&database, &row(seq, part, of_postgres)), is_whole, "{part}");
        let unchecked = format!("begin; {free} {} commit;", row(seq, part, of_postgres));
        assert!(is_whole || postgres(&database, &unchecked), "{part}");
        let place = Place { stream: 0, seq: seq - 1 };
        assert_eq!(there.after(place, 1).await.unwrap_err(), corrupt, "{part}");
        assert_eq!(here.after(place, 1).await.unwrap_err(), corrupt, "{part}");
        let checked = "alter table audit_entry add constraint audit_entry_through check \
            (num_nulls(through_issuer, through_subject, through_kind) in (0, 3)) not valid;";
        assert!(is_whole || postgres(&database, checked));
    }
}

/// An effect with this id. `planned` and `since` are its first and its last timestamp.
fn effect(
    id: &str,
    number: u8,
    level: &str,
    state: &str,
    due: &str,
    (planned, since): (&str, &str),
) -> String {
    let payload = format!(r#"{{"level":"{level}","memberId":"M1","productName":"P","txnNo":"N"}}"#);
    format!(
        "insert into effect (kind, id, subject_kind, subject_id, ordering, ordering_key, \
         upstream_id, payload_version, payload, correlation, planned_at, state, fence, due_at, \
         unsent, ambiguous, ambiguous_us, since) values ('SetLevel', {id}, 'case', 'C{number}', \
         'one_live', 'AA{number}', 'T{number}', 1, '{payload}', 'c', {planned}, '{state}', 0, \
         {due}, 0, 0, 0, {since});"
    )
}

/// Effects 1 to 8, of which only the second can be parsed. `at` is a past timestamp, and `never`
/// one out of range.
fn unreadable(uuid: fn(u8) -> String, at: &str, never: &str) -> String {
    let effects = [
        // Not the JSON of a map of texts.
        effect(&uuid(1), 1, "\\", "Planned", at, (at, at)),
        effect(&uuid(2), 2, "1A", "Planned", at, (at, at)),
        // The worker's name is missing.
        effect(&uuid(3), 3, "1A", "Sending", at, (at, at)),
        effect(&uuid(4), 4, "\\", "Unknown", at, (at, at)),
        effect(&uuid(5), 5, "1A", "Planned", "null", (at, at)),
        effect(&uuid(6), 6, "1A", "Planned", at, (never, at)),
        effect(&uuid(7), 7, "1A", "Unknown", at, (at, at)).replace("'C7'", "''"),
        // The next claim cannot be counted.
        effect(&uuid(8), 8, "1A", "Planned", at, (at, at))
            .replace("'Planned', 0", "'Planned', 2147483647"),
    ];
    let proof = format!(
        "insert into effect_evidence (kind, id, fence, worker, outcome, detail, at) \
         values ('SetLevel', {}, 0, 'W', 'applied', '', {at});",
        uuid(4),
    );
    format!("{} {proof}", effects.concat())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_effect_moves_to_manual_once_and_blocks_no_other() {
    let Both { dir: _dir, path, database, there, here } = both().await;
    assert!(sqlite(&path, &unreadable(sqlite_uuid, "1", "9223372036854775807")));
    assert!(postgres(&database, &unreadable(postgres_uuid, "'2020-01-01'", "'infinity'")));
    for stores in [UpgradeStores::of(&Arc::new(there)), UpgradeStores::of(&Arc::new(here))] {
        let queue = &stores.platform.effects;
        let claimed = queue.claim(&samples::claim(1, 10, samples::start())).await.expect("claimed");
        let cases: Vec<_> = claimed.iter().map(samples::case_of).collect();
        assert_eq!(cases, [CaseId::from_u128(2)]);
        let again = queue.claim(&samples::claim(1, 10, samples::start())).await.expect("claimed");
        assert_eq!(again, []);
        for _ in 0..3 {
            let sweep = samples::sweep(10, samples::start());
            assert_eq!(queue.overdue(&sweep).await, Ok(Vec::new()));
        }
        let rows = audit_rows::rows(&stores).await;
        let aside: Vec<_> = rows.iter().filter(|row| row.entry.detail == "Manual").collect();
        assert_eq!(aside.len(), 7, "each is reported once");
        assert!(aside.iter().all(|row| row.entry.act.correlation == samples::correlation("c")));
    }
    let manual = "select count(*) from effect where state = 'Manual' \
        and due_at is null and worker is null and code is null";
    let seven = format!("create temp table t (n int check (n = 7)); insert into t {manual};");
    assert!(sqlite(&path, &seven) && postgres(&database, &seven), "all of them are set aside");
}

/// SQLite keeps any bytes and any number in any column, once its checks are off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_and_numbers_that_cannot_be_spoil_their_own_effect_only() {
    let (dir, url, ..) = addresses();
    let path = dir.path().join("m.db");
    migrate(&url).await.expect("migrated");
    let planned = |id| effect(&sqlite_uuid(id), id, "1A", "Planned", "1", ("1", "1"));
    let spoilt = [
        "payload = cast(x'ff7b7d' as text)",
        "correlation = cast(x'fffe' as text)",
        "subject_id = cast(x'fffe' as text)",
        "fence = 4294967296",
        "fence = 9223372036854775807",
        "unsent = 4294967296",
    ];
    for (id, change) in (1..).zip(spoilt) {
        let id_of = sqlite_uuid(id);
        let spoil = format!("update effect set {change} where id = {id_of};");
        assert!(sqlite(&path, &(planned(id) + &spoil)), "{change}");
    }
    assert!(sqlite(&path, &planned(9)));
    let store = SqliteStore::open(&path, samples::audit_key()).await.expect("opened");
    let queue = UpgradeStores::of(&Arc::new(store)).platform.effects;
    let claimed = queue.claim(&samples::claim(1, 10, samples::start())).await.expect("claimed");
    let cases: Vec<_> = claimed.iter().map(samples::case_of).collect();
    assert_eq!(cases, [CaseId::from_u128(9)]);
    let six = "create temp table t (n int check (n = 6)); \
        insert into t select count(*) from effect where state = 'Manual';";
    assert!(sqlite(&path, six), "the others are set aside");
}

/// A contact in `DRAFT` with staff member `a` as its author, in the database's syntax of ids, times
/// and bytes.
fn draft(uuid: fn(u8) -> String, at: &str, id: u8) -> String {
    let (bytes, id) = (if at == "1" { "x'00'" } else { "'\\x00'" }, uuid(id));
    format!(
        "insert into contact (contact_id, person_id, account_id, data_key_id, salt, version, \
         contact_type, waiting_since, approval, answer_status, created_at) values \
         ({id}, 'P1', 'A1', {id}, {bytes}, 1, 'NOTICE', {at}, 'DRAFT', 'UNANSWERED', {at}); \
         insert into contact_editor (contact_id, version, issuer, subject, kind, after_approval) \
         values ({id}, 1, 'i', 'a', 'HUMAN', false); {}",
        contact_version(&id, (1, "added"), "a", (at, bytes)),
    )
}

fn contact_version(
    id: &str,
    (version, event): (u8, &str),
    actor: &str,
    (at, bytes): (&str, &str),
) -> String {
    // Ids differ in their last digit.
    let row = id.replacen("00", "aa", 1).replacen("00", &format!("{version:02}"), 1);
    format!(
        "insert into contact_version (version_id, contact_id, version, event, subject, body, \
         contact_type, mandatory, sender_kind, actor_issuer, actor_subject, actor_kind, at, \
         correlation) values ({row}, {id}, {version}, '{event}', {bytes}, {bytes}, 'NOTICE', \
         false, 'SYSTEM', 'i', '{actor}', 'HUMAN', {at}, 'c');"
    )
}

/// The person to whom contacts are written.
const PERSON: &str = "insert into account (account_id, mail_notification) values ('A1', true); \
    insert into person (person_id, account_id, data_key_id, version) values ('P1', 'A1', ";

/// The approval of contact 1 or 3 by this actor.
fn approve(contact: u8, by: &str, kind: &str) -> impl Fn(fn(u8) -> String, &str) -> String {
    move |uuid, at| {
        format!(
            "update contact set approval = 'APPROVED', visible_from = {at}, waiting_since = null, \
             decided_at = {at}, decided_issuer = 'i', decided_subject = '{by}', \
             decided_kind = '{kind}' where contact_id = {};",
            uuid(contact)
        )
    }
}

/// A change of contact 1.
fn set(columns: &str) -> impl Fn(fn(u8) -> String, &str) -> String {
    move |uuid, _| format!("update contact set {columns} where contact_id = {};", uuid(1))
}

/// The row of an editor of contact 1.
fn editor(version: u8, who: &str, after: bool) -> impl Fn(fn(u8) -> String, &str) -> String {
    move |uuid, _| {
        format!(
            "insert into contact_editor (contact_id, version, issuer, subject, kind, \
             after_approval) values ({}, {version}, 'i', '{who}', 'HUMAN', {after});",
            uuid(1)
        )
    }
}

/// Four eyes hold also for those who write to the database without the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_approves_what_they_wrote_by_raw_sql() {
    let both = both().await;
    let on_both = |sql: &Sql<'_>| both.accept(sql);
    assert!(on_both(&|uuid, at| format!("{PERSON}{}, 1); {}", uuid(9), draft(uuid, at, 1))));
    assert!(!on_both(&approve(1, "a", "HUMAN")), "the author");
    assert!(!on_both(&approve(1, "s", "SYSTEM")), "a program");
    assert!(!on_both(&set("approval = 'APPROVED'")), "nobody");
    let inserted = |uuid: fn(u8) -> String, at: &str| {
        let approved = format!("'APPROVED', {at}, 'i', 'b', 'HUMAN'");
        let draft = draft(uuid, at, 2).replace("'DRAFT'", &approved);
        let columns = "approval, decided_at, decided_issuer, decided_subject, decided_kind,";
        let draft = draft.replacen("approval,", columns, 1);
        let draft = draft.replacen("waiting_since", "visible_from", 1);
        format!("{};", draft.split(';').next().expect("the first statement"))
    };
    assert!(!on_both(&inserted), "approved before its editors are known");
    let alone = |uuid: fn(u8) -> String, at: &str| {
        let draft = draft(uuid, at, 3);
        format!("{};", draft.split(';').next().expect("the first statement"))
    };
    assert!(on_both(&alone) && !on_both(&approve(3, "b", "HUMAN")), "without editors");
    let unknown = |uuid: fn(u8) -> String, at: &str| {
        let bytes = if at == "1" { "x'00'" } else { "'\\x00'" };
        contact_version(&uuid(1), (2, "edited"), "b", (at, bytes))
    };
    assert!(!on_both(&unknown), "content without its editor");
    let by_policy = set("approval = 'BY_POLICY', decided_at = created_at, \
        visible_from = created_at, waiting_since = null");
    assert!(!on_both(&by_policy), "valid without an approval");
    assert!(!on_both(&editor(2, "b", true)), "an editor after no approval");
    assert!(on_both(&editor(2, "b", false)) && on_both(&unknown));
    assert!(!on_both(&approve(1, "b", "HUMAN")), "an editor");
    for sql in [
        "delete from contact_editor;",
        "update contact_editor set subject = 'x';",
        "update contact_version set event = 'approved';",
    ] {
        assert!(!on_both(&|_, _| sql.to_owned()), "{sql}");
    }
    assert_replaced_nothing(&both.path);
    assert!(!on_both(&approve(1, "a", "HUMAN")), "the author, who was not replaced");
    assert!(on_both(&approve(1, "c", "HUMAN")), "another person");
    for columns in [
        "decided_subject = 'a'",
        "decided_kind = 'SYSTEM'",
        "approval = 'BY_POLICY', decided_issuer = null, decided_subject = null, \
         decided_kind = null",
        "approval = 'DRAFT', waiting_since = visible_from, visible_from = null, \
         decided_at = null, decided_issuer = null, decided_subject = null, decided_kind = null",
    ] {
        assert!(!on_both(&set(columns)), "{columns}");
    }
    assert!(!on_both(&editor(3, "c", false)), "an editor before the approval, too late");
    assert!(on_both(&editor(3, "c", true)) && on_both(&set("version = 2")), "a live edit");
    let gate = "drop trigger contact_four_eyes_insert";
    assert!(sqlite(&both.path, gate) && postgres(&both.database, &format!("{gate} on contact")));
    assert!(on_both(&inserted), "only the trigger rejects it");
}

/// Whom a contact is for, its answer and its deletion are final for them too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_final_of_a_contact_stays_by_raw_sql() {
    let both = both().await;
    let on_both = |sql: &Sql<'_>| both.accept(sql);
    assert!(on_both(&|uuid, at| format!("{PERSON}{}, 1); {}", uuid(9), draft(uuid, at, 1))));
    let other = |uuid: fn(u8) -> String, _: &str| PERSON.replace('1', "2") + &uuid(8) + ", 1);";
    assert!(on_both(&other), "another person, so that no foreign key refuses it");
    for columns in ["person_id = 'P2'", "account_id = 'A2'", "version = version + 2"] {
        assert!(!on_both(&set(columns)), "{columns}");
    }
    assert!(on_both(&set("version = version + 1")), "the next version");
    assert!(on_both(&approve(1, "c", "HUMAN")), "another person");
    let answer = "answer_status = 'ANSWERED', answer_channel = 'PHONE', answered_at = created_at, \
                  answer_issuer = 'i', answer_subject = 'd', answer_kind = 'HUMAN'";
    assert!(on_both(&set(answer)), "answered by phone");
    let no_answer = "answer_status = 'UNANSWERED', answer_channel = null, answered_at = null, \
                     answer_issuer = null, answer_subject = null, answer_kind = null";
    assert!(!on_both(&set(no_answer)) && !on_both(&set("answer_subject = 'e'")), "it is final");
    assert!(on_both(&set("deleted_at = created_at, visible_from = null")), "deleted");
    let undeleted = "deleted_at = null, visible_from = created_at";
    assert!(!on_both(&set(undeleted)), "a deletion is final");
}

/// On SQLite, `replace` deletes rows without their delete triggers.
fn assert_replaced_nothing(path: &Path) {
    let on_sqlite = |sql: &str| sqlite(path, &format!("pragma foreign_keys = on; {sql}"));
    let id = sqlite_uuid(1);
    let editor = editor(1, "nobody", false)(sqlite_uuid, "1").replace("insert", "replace");
    assert!(on_sqlite(&editor), "it is ignored");
    let version = contact_version(&id, (1, "added"), "a", ("1", "x'00'"));
    assert!(!on_sqlite(&version.replace("insert", "replace")), "a version");
    let contact = draft(sqlite_uuid, "1", 1).replacen("insert", "replace", 1);
    let contact = contact.split(';').next().expect("the first statement");
    assert!(!on_sqlite(&format!("{contact};")), "a contact");
}

/// What got past the schema is still not read as an approval.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_by_an_editor_is_corrupt() {
    let Both { dir: _dir, path, database, there, here } = both().await;
    let sealer = Arc::new(FakeSealer::new("kek-1"));
    let there = SealedStore::new(there, Arc::clone(&sealer) as _);
    let here = SealedStore::new(here, sealer);
    approved_contact(&there).await;
    approved_contact(&here).await;
    let spoil = "update contact set decided_subject = 'staff-1';";
    let gate = "drop trigger contact_approval_is_final";
    assert!(sqlite(&path, &format!("{gate}; {spoil}")));
    assert!(postgres(&database, &format!("{gate} on contact; {spoil}")));
    let corrupt = Err(StoreError::Corrupt("contact: four eyes"));
    let key = ContactKey::of(samples::contact_id(1));
    assert_eq!(ContactStore::find(&there, &key).await, corrupt);
    assert_eq!(ContactStore::find(&here, &key).await, corrupt);
}

async fn approved_contact(store: &(impl PersonStore + ContactStore)) {
    let person = samples::registers(&samples::person_registration(1));
    PersonStore::commit(store, &[person]).await.expect("registered");
    let content = samples::contact_content();
    let add = samples::adds(samples::contact_id(1), 1, content, 1);
    let draft = add.write.contact().clone();
    let approve = samples::moves(&draft, &samples::approves(&draft), &samples::staff(2), 2);
    for change in [add, approve] {
        let committed = ContactStore::commit(store, &[change]).await.expect("committed");
        assert_eq!(committed, Committed::Moved);
    }
    let found =
        ContactStore::find(store, &ContactKey::of(draft.id)).await.expect("found").expect("stored");
    assert_eq!(found.version, 2);
}

/// A contact is mailed once: its mail is there from its approval on, and what became of it stays.
#[tokio::test(flavor = "multi_thread")]
async fn the_mail_of_a_contact_is_final_by_raw_sql() {
    let both = both().await;
    let on_both = |sql: &Sql<'_>| both.accept(sql);
    assert!(on_both(&|uuid, at| format!("{PERSON}{}, 1); {}", uuid(9), draft(uuid, at, 1))));
    let mail = |number: u8, state: &'static str, reason: &'static str| {
        move |uuid: fn(u8) -> String, at: &str| {
            let id = uuid(number);
            let columns = format!(
                "mail_id = {id}, mail_state = '{state}', mail_at = created_at, \
                 mail_reason = {reason}"
            );
            set(&columns)(uuid, at)
        }
    };
    assert!(!on_both(&mail(5, "PENDING", "null")), "a draft has no mail");
    assert!(on_both(&approve(1, "c", "HUMAN")), "another person");
    for (state, reason) in [("PENDING", "'X'"), ("SUPPRESSED", "null"), ("LOST", "null")] {
        assert!(!on_both(&mail(5, state, reason)), "{state} with {reason}");
    }
    assert!(!on_both(&set("mail_state = 'PENDING'")), "no state without a mail");
    assert!(on_both(&mail(5, "PENDING", "null")), "planned");
    assert!(!on_both(&mail(6, "PENDING", "null")), "not another mail");
    assert!(on_both(&mail(5, "UNCERTAIN", "null")), "uncertain");
    assert!(on_both(&mail(5, "SENT", "null")), "and then proven");
    for (state, reason) in [("PENDING", "null"), ("UNCERTAIN", "null"), ("FAILED", "'X'")] {
        assert!(!on_both(&mail(5, state, reason)), "what was sent stays sent, not {state}");
    }
    assert!(on_both(&|uuid, at| draft(uuid, at, 2)), "another draft");
    let second = |columns: &'static str| {
        move |uuid: fn(u8) -> String, _: &str| {
            format!("update contact set {columns} where contact_id = {};", uuid(2))
        }
    };
    let approved = "approval = 'APPROVED', decided_at = created_at, decided_issuer = 'i', \
        decided_subject = 'c', decided_kind = 'HUMAN', waiting_since = null, \
        visible_from = created_at, mail_id = contact_id, mail_state = 'FAILED', \
        mail_at = created_at, mail_reason = 'SMTP_550'";
    assert!(on_both(&second(approved)), "approved, and its mail failed");
    assert!(!on_both(&second("mail_reason = 'SMTP_551'")), "the reason is final, too");
}

/// A proposal by ann, for effect 1.
fn proposal(
    id: &str,
    effect: &str,
    at: &str,
    (state, kind, evidence): (&str, &str, &str),
) -> String {
    format!(
        "insert into resolution (resolution_id, kind, id, effect_fence, effect_since, data_key_id, \
         salt, outcome, reason, evidence, proposed_at, proposer_issuer, proposer_subject, \
         proposer_kind, lapses_at, state) values ({id}, 'SetLevel', {effect}, 0, {at}, {id}, \
         'x', 'Confirmed', 'x', {evidence}, {at}, 'idp', 'ann', '{kind}', {at}, '{state}');"
    )
    .replace("'x'", if at == "1" { "x'00'" } else { "'\\x00'" })
}

fn closes(id: &str, at: &str, (state, subject, kind): (&str, &str, &str)) -> String {
    format!(
        "update resolution set state = '{state}', closed_at = {at}, closed_issuer = 'idp', \
         closed_subject = '{subject}', closed_kind = '{kind}' where resolution_id = {id};"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_resolve_also_by_raw_sql() {
    let both = both().await;
    let first =
        |uuid: fn(u8) -> String, at: &str| effect(&uuid(1), 1, "1A", "Manual", "null", (at, at));
    assert!(both.accept(&first));
    let proposed = |number, what| {
        move |uuid: fn(u8) -> String, at: &str| proposal(&uuid(number), &uuid(1), at, what)
    };
    for refused in [
        ("APPROVED", "HUMAN", "'x'"),
        ("PROPOSED", "SYSTEM", "'x'"),
        // A confirmation without evidence.
        ("PROPOSED", "HUMAN", "null"),
    ] {
        assert!(!both.accept(&proposed(2, refused)), "{refused:?}");
    }
    for approver in ["ann", "bob"] {
        let inserted = move |uuid: fn(u8) -> String, at: &str| {
            let proposal = proposal(&uuid(2), &uuid(1), at, ("APPROVED", "HUMAN", "'x'"));
            let closed = format!("'APPROVED', {at}, 'idp', '{approver}', 'HUMAN')");
            let columns = "state, closed_at, closed_issuer, closed_subject, closed_kind)";
            proposal.replacen("state)", columns, 1).replacen("'APPROVED')", &closed, 1)
        };
        assert!(!both.accept(&inserted), "a resolution begins as a proposal: {approver}");
    }
    assert!(both.accept(&proposed(2, ("PROPOSED", "HUMAN", "'x'"))));
    assert!(!both.accept(&proposed(3, ("PROPOSED", "HUMAN", "'x'"))), "one is open");
    let closed = |what| move |uuid: fn(u8) -> String, at: &str| closes(&uuid(2), at, what);
    for same in ["ann", "Ann"] {
        assert!(!both.accept(&closed(("APPROVED", same, "HUMAN"))), "the same person twice");
    }
    assert!(!both.accept(&closed(("APPROVED", "bot", "SYSTEM"))));
    let half = |uuid: fn(u8) -> String, _: &str| {
        format!("update resolution set state = 'APPROVED' where resolution_id = {};", uuid(2))
    };
    assert!(!both.accept(&half), "an approval by nobody");
    let other = |uuid: fn(u8) -> String, _: &str| {
        format!("update resolution set proposer_subject = 'x' where resolution_id = {};", uuid(2))
    };
    assert!(!both.accept(&other), "another proposer");
    assert!(both.accept(&closed(("APPROVED", "bob", "HUMAN"))));
    assert!(!both.accept(&closed(("WITHDRAWN", "bob", "HUMAN"))), "a decision is final");
    let deleted = |_: fn(u8) -> String, _: &str| "delete from resolution;".to_owned();
    assert!(!both.accept(&deleted), "a resolution stays");
    assert!(both.accept(&proposed(3, ("PROPOSED", "HUMAN", "'x'"))), "the next one");
    let replaced = proposal(&sqlite_uuid(3), &sqlite_uuid(1), "1", ("PROPOSED", "HUMAN", "'x'"));
    let replaced = replaced.replacen("insert", "replace", 1);
    assert!(!sqlite(&both.path, &replaced), "nothing is replaced");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_see_effects_that_cannot_be_parsed() {
    use madoguchi_domain::port::EffectQueue;

    let Both { dir: _dir, path, database, there, here } = both().await;
    // Not the JSON of a map of texts.
    let broken = |id: String, at| effect(&id, 1, "\\", "Manual", "null", (at, at));
    assert!(sqlite(&path, &broken(sqlite_uuid(1), "1")));
    assert!(postgres(&database, &broken(postgres_uuid(1), "'2020-01-01'")));
    let key = SetLevel::key(CaseId::from_u128(1));
    for store in [&there as &dyn EffectQueue, &here] {
        let found = store.find(&key).await.expect("effects are read").expect("it is stored");
        assert!(!found.is_readable && found.effect.state.name() == EffectStateName::Manual);
        assert_eq!(found.effect.order.key, key);
        let query = EffectQuery { filter: EffectFilter::default(), after: None, limit: 9 };
        let listed = store.list(&query).await.expect("effects are listed");
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].state, EffectStateName::Manual);
    }
}

/// An announcement in `DRAFT` with staff member `a` as its author, and one recipient.
fn announcement(uuid: fn(u8) -> String, at: &str, id: u8) -> String {
    let (bytes, id) = (if at == "1" { "x'00'" } else { "'\\x00'" }, uuid(id));
    format!(
        "insert into announcement (announcement_id, data_key_id, version, salt, subject, body, \
         mail, created_at, state) values ({id}, {id}, 1, {bytes}, {bytes}, {bytes}, true, {at}, \
         'DRAFT'); \
         insert into announcement_editor (announcement_id, version, issuer, subject, kind) \
         values ({id}, 1, 'i', 'a', 'HUMAN'); \
         insert into announcement_recipient (announcement_id, person_id) values ({id}, 'P1');"
    )
}

/// A change of this announcement.
fn set_announcement(id: u8, columns: &str) -> impl Fn(fn(u8) -> String, &str) -> String {
    move |uuid, at| {
        let columns =
            columns.replace("NOW", at).replace("HASH", if at == "1" { "x'00'" } else { "'\\x00'" });
        format!("update announcement set {columns} where announcement_id = {};", uuid(id))
    }
}

const SUBMITTED: &str = "state = 'SUBMITTED', submitted_at = NOW, submitter_issuer = 'i', \
    submitter_subject = 'a', submitter_kind = 'HUMAN', recipients = 1, recipients_hash = HASH";

/// The approval by this actor.
fn approved_by(who: &str, kind: &str) -> String {
    format!(
        "state = 'APPROVED', submitted_at = null, submitter_issuer = null, \
         submitter_subject = null, submitter_kind = null, decided_at = NOW, \
         decided_issuer = 'i', decided_subject = '{who}', decided_kind = '{kind}', \
         visible_from = NOW, mailing = 'FIRST', mails_planned = 0"
    )
}

/// Four eyes and the recipients hold also for those who write to the database without the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_submitted_of_an_announcement_is_approved_by_another_person_by_raw_sql() {
    let both = both().await;
    let on_both = |sql: &Sql<'_>| both.accept(sql);
    let changed = |columns: &str| on_both(&set_announcement(1, columns));
    let persons = |uuid: fn(u8) -> String, _: &str| {
        let other = PERSON.replace("'P1'", "'P2'").replace("'A1'", "'A2'");
        format!("{PERSON}{}, 1); {other}{}, 1);", uuid(9), uuid(8))
    };
    assert!(on_both(&persons) && on_both(&|uuid, at| announcement(uuid, at, 1)));
    assert!(!changed(&approved_by("b", "HUMAN")), "it is not submitted");
    assert!(changed(SUBMITTED));
    for (who, kind) in [("a", "HUMAN"), ("A", "HUMAN"), ("s", "SYSTEM")] {
        assert!(!changed(&approved_by(who, kind)), "{who}");
    }
    let alone = |uuid: fn(u8) -> String, at: &str| {
        let draft = announcement(uuid, at, 2);
        format!("{};", draft.split(';').next().expect("the first statement"))
    };
    assert!(on_both(&alone) && on_both(&set_announcement(2, SUBMITTED)));
    assert!(!on_both(&set_announcement(2, &approved_by("b", "HUMAN"))), "without editors");
    for sql in ["delete from announcement_editor;", "update announcement_editor set subject = 'x';"]
    {
        assert!(!on_both(&|_, _| sql.to_owned()), "{sql}");
    }
    let replaced = |what: usize| {
        let sql = announcement(sqlite_uuid, "1", 1).replace("insert", "replace");
        let sql = sql.split(';').nth(what).expect("a statement").replace("'a'", "'nobody'");
        sqlite(&both.path, &format!("pragma foreign_keys = on; {sql};"))
    };
    assert!(!replaced(0) && replaced(1) && !replaced(2), "an editor that is there stays");
    assert!(!changed(&approved_by("a", "HUMAN")), "the author, who was not replaced");
    for other in ["mail = false", "recipients = 2", "subject = HASH || HASH", "posted_at = NOW"] {
        let columns = format!("{}, {other}", approved_by("b", "HUMAN"));
        assert!(!changed(&columns), "it is not what was submitted: {other}");
    }
    let more = |uuid: fn(u8) -> String, _: &str| {
        let columns = "announcement_id, person_id";
        format!("insert into announcement_recipient ({columns}) values ({}, 'P2');", uuid(1))
    };
    assert!(on_both(&more) && !changed(&approved_by("b", "HUMAN")), "another recipient");
    let fewer = "delete from announcement_recipient where person_id = 'P2';";
    assert!(on_both(&|_, _| fewer.to_owned()));
    assert!(changed(&approved_by("b", "HUMAN")), "another person");
    for columns in
        ["decided_subject = 'a'", "recipients = 2", "subject = HASH || HASH", "mail = false"]
    {
        assert!(!changed(columns), "{columns}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recipient_has_one_mail_by_raw_sql() {
    let both = both().await;
    let on_both = |sql: &Sql<'_>| both.accept(sql);
    let person = |uuid: fn(u8) -> String, at: &str| {
        let other = PERSON.replace("'P1'", "'P2'").replace("'A1'", "'A2'");
        let announcement = announcement(uuid, at, 1);
        format!("{PERSON}{}, 1); {other}{}, 1); {announcement}", uuid(9), uuid(8))
    };
    assert!(on_both(&person) && on_both(&set_announcement(1, SUBMITTED)));
    assert!(on_both(&set_announcement(1, &approved_by("b", "HUMAN"))));
    let recipient = |uuid: fn(u8) -> String, _: &str| {
        let columns = "announcement_id, person_id";
        format!("insert into announcement_recipient ({columns}) values ({}, 'P2');", uuid(1))
    };
    assert!(!on_both(&recipient), "another recipient after the approval");
    assert!(!on_both(&|_, _| "delete from announcement_recipient;".to_owned()));
    assert!(!on_both(&|_, _| "update announcement_recipient set person_id = 'P2';".to_owned()));
    let planned = |mail: u8| {
        move |uuid: fn(u8) -> String, at: &str| {
            format!(
                "update announcement_recipient set mail_id = {}, mail_state = 'PENDING', \
                 mail_at = {at};",
                uuid(mail)
            )
        }
    };
    assert!(on_both(&planned(5)) && !on_both(&planned(6)), "a second mail");
    let sent = "update announcement_recipient set mail_state = 'SENT';";
    assert!(on_both(&|_, _| sent.to_owned()));
}

/// The migrations that the delivery watch came with, back and again.
macro_rules! delivery_anew {
    ($database:literal) => {
        concat!(
            include_str!(concat!(
                "../migrations/",
                $database,
                "/2026-11-30-000014_reading/down.sql"
            )),
            include_str!(concat!(
                "../migrations/",
                $database,
                "/2026-11-29-000012_announcement/down.sql"
            )),
            include_str!(concat!(
                "../migrations/",
                $database,
                "/2026-11-29-000011_delivery/down.sql"
            )),
            include_str!(concat!(
                "../migrations/",
                $database,
                "/2026-11-29-000011_delivery/up.sql"
            )),
            include_str!(concat!(
                "../migrations/",
                $database,
                "/2026-11-29-000012_announcement/up.sql"
            )),
            include_str!(concat!("../migrations/", $database, "/2026-11-30-000014_reading/up.sql")),
        )
    };
}

/// From the audit log and from the blind indexes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_delivery_watch_knows_what_was_stored_before_it() {
    let Both { dir: _dir, path, database, there, here } = both().await;
    let sealer = Arc::new(FakeSealer::new("kek-1"));
    write_watched(&SealedStore::new(there, Arc::clone(&sealer) as _)).await;
    write_watched(&SealedStore::new(here, Arc::clone(&sealer) as _)).await;
    assert!(sqlite(&path, delivery_anew!("sqlite")));
    assert!(postgres(&database, delivery_anew!("postgres")));
    let key = samples::audit_key();
    let there = SqliteStore::open(&path, key.clone()).await.expect("opened");
    let settings = PgSettings { pool_timeout: TIMEOUT, ..PgSettings::of(2) };
    let here = PgStore::open(database.url(), settings, key).await.expect("opened");
    assert_watched(&there).await;
    assert_watched(&here).await;
    let there = SealedStore::new(there, Arc::clone(&sealer) as _);
    assert_eq!(email_since(&there).await, samples::at(100));
    assert_eq!(email_since(&SealedStore::new(here, sealer)).await, samples::at(100));
}

/// Two persons with one address, since the second one changed it, of whom one has a muted account.
async fn write_watched(store: &impl PersonStore) {
    for number in [1, 2] {
        let added = samples::registers(&samples::person_registration(number));
        assert_eq!(store.commit(&[added]).await, Ok(vec![Committed::Moved]));
    }
    let email = Some(samples::email("person1@example.com"));
    let update = DetailsUpdate { email, ..DetailsUpdate::default() };
    let person = store.find(&PersonQuery::Id(samples::person_id(2)), 1).await;
    let (change, _) = samples::updates(&person.expect("found")[0], &update, 100);
    assert_eq!(store.commit(&[change]).await, Ok(vec![Committed::Moved]));
    let before = AccountMail { id: samples::account_id(1), notification: true };
    let act = samples::act("mute", samples::human(), samples::at(150));
    let muted = set_mail_notification(&before, false, &act).expect("it is the other setting");
    assert_eq!(store.commit(&[muted]).await, Ok(vec![Committed::Moved]));
}

async fn assert_watched(store: &impl DeliveryStore) {
    let all = WatchQuery { filter: WatchFilter::default(), after: None, limit: 10 };
    let mut watched = store.watch(&all).await.expect("listed");
    watched.sort_by_key(|it| (it.person.clone(), it.cause.reason().as_str()));
    let shown: Vec<_> = watched.iter().map(|it| (it.person.clone(), it.cause.clone())).collect();
    let [one, other] = [1, 2].map(samples::person_id);
    let muted = WatchCause::Stopped(SuppressReason::NotificationOff);
    let alike = [
        (one.clone(), WatchCause::SameEmail(other.clone())),
        (one.clone(), muted),
        (other, WatchCause::SameEmail(one)),
    ];
    assert_eq!(shown, alike);
    assert_eq!(watched[1].since, samples::at(150));
}

async fn email_since(store: &impl PersonStore) -> Timestamp {
    let person = store.find(&PersonQuery::Id(samples::person_id(2)), 1).await;
    person.expect("found")[0].email_since
}
