//! Every suite's macro must list all its checks, because a check that is not listed never runs.

use std::fs;
use std::path::Path;

/// Suites whose checks are in their own folder.
const SUITES: [&str; 11] = [
    "audit_log_contract",
    "contact_store_contract",
    "data_keys_contract",
    "delivery_store_contract",
    "effect_queue_contract",
    "member_store_contract",
    "person_store_contract",
    "replay_store_contract",
    "resolution_store_contract",
    "retention_store_contract",
    "upgrade_store_contract",
];

/// The checks of a file: its public async functions.
fn checks(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a suite's file is read");
    let names = text.lines().filter_map(|line| line.strip_prefix("pub async fn "));
    names.filter_map(|rest| rest.split(['(', '<']).next()).map(str::to_owned).collect()
}

#[test]
fn every_check_is_named_in_its_suites_macro() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for suite in SUITES {
        let list = fs::read_to_string(source.join(suite).with_extension("rs")).unwrap();
        let files = fs::read_dir(source.join(suite)).unwrap();
        let mut found = 0;
        for check in files.flat_map(|file| checks(&file.unwrap().path())) {
            let named = list.lines().filter(|line| line.trim() == check).count();
            assert_eq!(named, 1, "{suite} must name {check} once");
            found += 1;
        }
        assert!(found > 0, "{suite} has checks");
    }
}

/// Suites whose checks are beside their macro.
const SHORT_SUITES: [&str; 17] = [
    "account_directory_contract",
    "announcement_store_contract",
    "blind_indexes_contract",
    "caller_contexts_contract",
    "clock_contract",
    "core_bank_contract",
    "health_contract",
    "hold_store_contract",
    "ids_contract",
    "job_leases_contract",
    "mail_store_contract",
    "mailer_contract",
    "password_verifier_contract",
    "retention_reports_contract",
    "sealer_contract",
    "server_keys_contract",
    "token_verifier_contract",
];

/// Every port must have a suite, and every suite must be in these lists.
#[test]
fn every_port_has_a_suite_that_is_counted_here() {
    let ports = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src/port");
    let mut found = 0;
    for file in fs::read_dir(ports).unwrap() {
        let port = file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        let suite = format!("{port}_contract");
        let counted = SUITES.iter().chain(&SHORT_SUITES).filter(|it| **it == suite).count();
        assert_eq!(counted, 1, "{suite}");
        found += 1;
    }
    assert_eq!(found, SUITES.len() + SHORT_SUITES.len());
}

#[test]
fn every_check_of_a_short_suite_is_named_in_its_macro() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for suite in SHORT_SUITES {
        let file = source.join(suite).with_extension("rs");
        let list = fs::read_to_string(&file).unwrap();
        let checks = checks(&file);
        assert!(!checks.is_empty(), "{suite} has checks");
        for check in checks {
            let names = list.lines().map(|line| line.trim().trim_end_matches(','));
            let named = names.filter(|name| *name == check).count();
            assert_eq!(named, 1, "{suite} must name {check} once");
        }
    }
}
