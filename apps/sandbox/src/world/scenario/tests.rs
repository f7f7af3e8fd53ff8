//! Tests that a request gets the scenario set for it, for the set number of times.

use super::esb::Scenario;
use super::*;

fn outcome(scenarios: &mut Scenarios<Scenario>, key: &str) -> String {
    let met = scenarios.upcoming(key).to_string();
    scenarios.spend(key);
    met
}

fn set(scenarios: &mut Scenarios<Scenario>, text: &str, key: Option<&str>, times: Option<u64>) {
    let scenario = Scenario::parse(text).unwrap();
    let key = key.map(str::to_owned);
    scenarios.set(Order { scenario, key, times });
}

#[test]
fn without_any_setting_all_is_ok() {
    assert_eq!(outcome(&mut Scenarios::default(), "A"), "ok");
}

#[test]
fn the_scenario_for_the_key_wins_over_the_one_for_all() {
    let mut scenarios = Scenarios::default();
    set(&mut scenarios, "cut", None, None);
    set(&mut scenarios, "ok", Some("A"), None);
    assert_eq!(outcome(&mut scenarios, "A"), "ok");
    assert_eq!(outcome(&mut scenarios, "B"), "cut");
}

#[test]
fn times_count_down_and_fall_back_from_the_key_to_all_and_from_all_to_ok() {
    let mut scenarios = Scenarios::default();
    set(&mut scenarios, "http_500", None, Some(2));
    set(&mut scenarios, "cut", Some("A"), Some(2));
    let met: Vec<String> = (0..5).map(|_| outcome(&mut scenarios, "A")).collect();
    assert_eq!(met, ["cut", "cut", "http_500", "http_500", "ok"]);
}

#[test]
fn requests_of_one_key_do_not_use_up_the_times_of_another() {
    let mut scenarios = Scenarios::default();
    set(&mut scenarios, "cut", Some("A"), Some(1));
    assert_eq!(outcome(&mut scenarios, "B"), "ok");
    assert_eq!(outcome(&mut scenarios, "A"), "cut");
}

#[test]
fn a_new_setting_replaces_what_was_left_of_the_old_one() {
    let mut scenarios = Scenarios::default();
    set(&mut scenarios, "cut", Some("A"), Some(7));
    set(&mut scenarios, "huge", Some("A"), Some(1));
    assert_eq!(outcome(&mut scenarios, "A"), "huge");
    assert_eq!(outcome(&mut scenarios, "A"), "ok");
}

#[test]
fn every_known_scenario_is_read_and_written_the_same() {
    for name in esb::KNOWN.split(", ") {
        let text = name.trim().replace("<ms>", "250");
        assert_eq!(Scenario::parse(&text).unwrap().to_string(), text);
    }
    for name in lookup::KNOWN.split(", ") {
        let text = name.trim().replace("<ms>", "250");
        assert_eq!(lookup::Scenario::parse(&text).unwrap().to_string(), text);
    }
}

#[test]
fn other_scenarios_are_refused_with_the_field_and_a_way_out() {
    for text in ["", "OK", "slow", "slow:", "slow:-1", "slow:600001", "applied_late:x", "cut:5"] {
        let error = Scenario::parse(text).unwrap_err();
        assert!(error.starts_with("scenario: "), "{text}: {error}");
    }
    for text in ["", "refused", "slow", "slow:x", "http_401:5"] {
        let error = lookup::Scenario::parse(text).unwrap_err();
        assert!(error.starts_with("scenario: "), "{text}: {error}");
    }
    assert!(Scenario::parse("nope").unwrap_err().contains("applied_late:<ms>"));
    assert!(Channel::parse("smtp").unwrap_err().contains("known channels are: esb"));
}
