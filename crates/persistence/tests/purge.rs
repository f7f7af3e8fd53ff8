//! After a purge and a vacuum the wrapped data key is in no file of SQLite; the server's runtime
//! tests the same of PostgreSQL, with real keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use madoguchi_domain::change::Committed;
use madoguchi_domain::contact::{ContactEvent, ContactKey, Content};
use madoguchi_domain::port::{ContactStore, DataKeyPage, DataKeys, PersonStore, RetentionStore};
use madoguchi_domain::retention::{DueQuery, DueScope, PurgeGround, RetentionPolicy};
use madoguchi_persistence::{DatabaseUrl, SealedStore, SqliteStore, migrate};
use madoguchi_testkit::fake::sealer::FakeSealer;
use madoguchi_testkit::samples;

/// The files of this folder in which the bytes are.
fn found_in(dir: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let files = std::fs::read_dir(dir).expect("a folder").map(|file| file.expect("a file").path());
    let has_it = |file: &PathBuf| {
        let content = std::fs::read(file).expect("it is read");
        content.windows(bytes.len()).any(|window| window == bytes)
    };
    files.filter(has_it).collect()
}

/// Contacts 1 to 40, each to person 1 and deleted.
async fn write(store: &SealedStore<SqliteStore>) {
    let person = samples::registers(&samples::person_registration(1));
    PersonStore::commit(store, &[person]).await.expect("registered");
    let policy_number = Some(samples::policy_number(1));
    let content = Content { policy_number, ..samples::contact_content() };
    for number in 1..=40 {
        let id = samples::contact_id(number);
        let added = samples::adds(id, 1, content.clone(), 0);
        ContactStore::commit(store, &[added]).await.expect("added");
        let contact = ContactStore::find(store, &ContactKey::of(id)).await.expect("read");
        let contact = contact.expect("it is there");
        let deletion = samples::moves(&contact, &ContactEvent::Delete, &samples::staff(1), 10);
        ContactStore::commit(store, &[deletion]).await.expect("deleted");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_purge_and_a_vacuum_no_file_has_the_wrapped_key() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("madoguchi.db");
    migrate(&DatabaseUrl::Sqlite(path.clone())).await.expect("migrated");
    let store = SqliteStore::open(&path, samples::audit_key()).await.expect("opened");
    let sealed = SealedStore::new(store.clone(), Arc::new(FakeSealer::new("kek-1")));
    write(&sealed).await;
    let keys = DataKeyPage { not_under: None, after: None, limit: 100 };
    let before = store.page(&keys).await.expect("data keys");
    let query =
        DueQuery { scope: DueScope::Deleted { by: samples::at(10) }, after: None, limit: 39 };
    let due = sealed.due(&query).await.expect("due contacts").contacts;
    let policy = RetentionPolicy { purge_age: Some(1), ..RetentionPolicy::standard() };
    let act = samples::retention_act(100_000);
    let purges: Vec<_> =
        due.iter().filter_map(|it| it.purge(PurgeGround::Deleted, &policy, &act)).collect();
    let purged: Vec<_> = due.iter().map(|it| it.data_key).collect();
    let erased = before.iter().filter(|(id, _)| purged.contains(id)).map(|(_, key)| key);
    let erased: Vec<_> = erased.cloned().collect();
    assert_eq!((purges.len(), erased.len()), (39, 39));
    for key in &erased {
        assert_ne!(found_in(dir.path(), &key.bytes), Vec::<PathBuf>::new(), "it is there before");
    }
    let committed = RetentionStore::commit(&sealed, &purges).await.expect("purged");
    assert_eq!(committed, vec![Committed::Moved; 39]);
    drop((store, sealed));
    // As docs/retention.md says.
    let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("opened");
    conn.batch_execute("pragma secure_delete = on; vacuum; pragma wal_checkpoint(truncate);")
        .expect("vacuumed");
    for key in &erased {
        assert_eq!(found_in(dir.path(), &key.bytes), Vec::<PathBuf>::new(), "no file has it");
    }
    let left = before.iter().filter(|(id, _)| !purged.contains(id));
    for (_, key) in left {
        assert_ne!(found_in(dir.path(), &key.bytes), Vec::<PathBuf>::new(), "the others are there");
    }
}
