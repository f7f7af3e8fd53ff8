//! Tests that a message gets the scenario set for it, for the set number of times.

use super::super::channels;
use super::*;

fn outcome(scenarios: &mut Scenarios, key: &str) -> String {
    let met = scenarios.upcoming(key).to_owned();
    scenarios.spend(key);
    met
}

fn set(scenarios: &mut Scenarios, text: &str, key: Option<&str>, times: Option<u64>) {
    let (channel, scenario) = ("esb".to_owned(), text.to_owned());
    scenarios.set(Setting { channel, scenario, key: key.map(str::to_owned), times });
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
    for channel in channels::CHANNELS {
        let error = channel.scenario("").unwrap_err();
        let (_, known) = error.split_once(" ok, ").unwrap();
        for form in known.split(", ").chain(["ok"]) {
            let text = form.replace("<ms>", "250");
            assert_eq!(channel.scenario(&text), Ok(text));
        }
    }
}

#[test]
fn other_scenarios_are_refused_with_the_field_and_a_way_out() {
    let refused = |channel, text| channels::find(channel).unwrap().scenario(text).unwrap_err();
    for text in ["", "OK", "slow", "slow:", "slow:-1", "slow:600001", "applied_late:x", "cut:5"] {
        let error = refused("esb", text);
        assert!(error.starts_with("scenario: "), "{text}: {error}");
    }
    for text in ["", "refused", "slow", "slow:x", "http_401:5"] {
        let error = refused("codigo", text);
        assert!(error.starts_with("scenario: "), "{text}: {error}");
    }
    assert!(refused("esb", "nope").contains("the esb channel has ok, refused, unlisted_code, "));
    assert!(refused("esb", "nope").contains("applied_late:<ms>"));
    assert!(refused("codigo", "nope").contains("lookups have ok, business_failure, slow:<ms>, "));
    let fax = channels::find("fax").map(|channel| channel.name()).unwrap_err();
    assert!(fax.contains("known channels are: esb, contextos, codigo"), "{fax}");
}
