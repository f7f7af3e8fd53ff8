//! Tests which databases and replicas are accepted.

use super::{Settings, good, mistakes};

#[test]
fn a_replica_belongs_to_a_postgresql_database() {
    let dir = tempfile::tempdir().unwrap();
    let with = |store: &str| {
        let text = good(&dir, 0o600);
        text.replace("url = \"sqlite:m.db\"\n", &format!("{store}\n"))
    };
    let postgres = "url = \"postgres://u@a.example/m\"\n";
    let replica = "replica_url = \"postgres://u@b.example/m\"\n";
    let settings = Settings::parse(&with(&format!("{postgres}{replica}")), []).unwrap();
    assert_eq!(settings.store.replica.unwrap().max_lag.as_secs(), 30);
    let settings = Settings::parse(&with(postgres), []).unwrap();
    assert!(settings.store.replica.is_none());
    for (store, key) in [
        (format!("url = \"sqlite:m.db\"\n{replica}"), "store.replica_url"),
        (format!("{postgres}replica_url = \"sqlite:m.db\""), "store.replica_url"),
        (format!("{postgres}replica_max_lag_ms = 3000"), "store.replica_max_lag_ms"),
        (format!("{postgres}{replica}replica_max_lag_ms = 2999"), "store.replica_max_lag_ms"),
    ] {
        assert_eq!(mistakes(&with(&store), &[]), [key], "{store}");
    }
}
