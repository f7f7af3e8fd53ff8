//! Every suite's macro must list all its checks, because a check that is not listed never runs.

use std::fs;
use std::path::Path;

/// Suites whose checks are in their own folder.
const SUITES: [&str; 11] = [
    "audit_log",
    "contact_store",
    "data_keys",
    "delivery_store",
    "effect_queue",
    "member_store",
    "person_store",
    "replay_store",
    "resolution_store",
    "retention_store",
    "upgrade_store",
];

/// The checks of a file: its public async functions.
fn checks(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a suite's file is read");
    let names = text.lines().filter_map(|line| line.strip_prefix("pub async fn "));
    names.filter_map(|rest| rest.split(['(', '<']).next()).map(str::to_owned).collect()
}

#[test]
fn every_check_is_named_in_its_suites_macro() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/contract");
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
    "account_directory",
    "announcement_store",
    "blind_indexes",
    "caller_contexts",
    "clock",
    "core_bank",
    "health",
    "hold_store",
    "ids",
    "job_leases",
    "mail_store",
    "mailer",
    "password_verifier",
    "retention_reports",
    "sealer",
    "server_keys",
    "token_verifier",
];

/// Suites beside those of the ports: for adapters of one kind, or of several ports together.
const SPECIAL_SUITES: [&str; 2] = ["core_bank_http", "stored_data"];

/// Every port must have a suite, and every suite must be in these lists.
#[test]
fn every_port_has_a_suite_that_is_counted_here() {
    let ports = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src/port");
    let mut found = 0;
    for file in fs::read_dir(ports).unwrap() {
        let port = file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        let counted = SUITES.iter().chain(&SHORT_SUITES).filter(|it| **it == port).count();
        assert_eq!(counted, 1, "{port}");
        found += 1;
    }
    assert_eq!(found, SUITES.len() + SHORT_SUITES.len());
}

#[test]
fn every_check_of_a_short_suite_is_named_in_its_macro() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/contract");
    for suite in SHORT_SUITES.into_iter().chain(SPECIAL_SUITES) {
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
