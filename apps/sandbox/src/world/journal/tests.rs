//! Tests that records survive a restart, and that a kill during a write loses no complete record.

use serde_json::value::RawValue;

use super::super::da21::Order;
use super::super::ledger::{Effect, Ledger};
use super::super::scenario::esb::Scenario;
use super::super::scenario::{self, Channel, Setting};
use super::*;

fn received(key: Option<&str>) -> Record {
    let entry = RawValue::from_string(r#"{"scenario":"ok"}"#.to_owned()).unwrap();
    Record::Received { channel: Channel::Esb, key: key.map(str::to_owned), entry }
}

fn order(transaction: &str) -> Order {
    Order {
        arrangement: "AA19337Z8L29".to_owned(),
        level: "1A".to_owned(),
        transaction: transaction.to_owned(),
    }
}

fn effect(transaction: &str) -> Record {
    let at = "2026-01-02T03:04:05Z".parse().unwrap();
    Record::Effect(Effect { order: order(transaction), at })
}

fn cut(key: Option<&str>, times: Option<u64>) -> Record {
    let key = key.map(str::to_owned);
    let order = scenario::Order { scenario: Scenario::Cut, key, times };
    Record::Scenario(Setting::Esb(order))
}

fn write(data: &Path, records: &[Record]) {
    let mut journal = Journal::open(data, |_| ()).unwrap();
    for record in records {
        journal.append(record).unwrap();
    }
}

fn replay(data: &Path) -> Ledger {
    let mut ledger = Ledger::default();
    Journal::open(data, |record| ledger.add(record)).unwrap();
    ledger
}

fn tear(data: &Path, torn: &str) {
    let mut file = OpenOptions::new().append(true).open(data.join(FILE)).unwrap();
    file.write_all(torn.as_bytes()).unwrap();
}

#[test]
fn a_restart_remembers_requests_effects_and_the_times_left_of_a_scenario() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), &[cut(Some("A"), Some(2)), received(Some("A")), effect("T1")]);
    let mut ledger = replay(data.path());
    assert_eq!(ledger.memory(Channel::Esb).received.len(), 1);
    assert_eq!(ledger.memory(Channel::Esb).effects.len(), 1);
    assert!(ledger.has_carried_out(&order("T1")) && !ledger.has_carried_out(&order("T2")));
    assert_eq!(ledger.upcoming("A"), Scenario::Cut);
    ledger.add(received(Some("A")));
    assert_eq!(ledger.upcoming("A"), Scenario::Ok);
}

#[test]
fn a_malformed_request_uses_up_no_scenario() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), &[cut(None, Some(1)), received(None)]);
    assert_eq!(replay(data.path()).upcoming("A"), Scenario::Cut);
}

#[test]
fn what_was_forgotten_stays_forgotten() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), &[cut(None, None), effect("T1"), Record::Forgotten, effect("T2")]);
    let ledger = replay(data.path());
    assert_eq!(ledger.memory(Channel::Esb).effects.len(), 1);
    assert!(!ledger.has_carried_out(&order("T1")));
    assert_eq!(ledger.upcoming("A"), Scenario::Ok);
    assert_eq!(ledger.age(), 1);
}

#[test]
fn an_emptied_file_holds_only_what_came_after() {
    let data = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(data.path(), |_| ()).unwrap();
    journal.append(&cut(None, None)).unwrap();
    journal.append(&effect("T1")).unwrap();
    journal.empty().unwrap();
    journal.append(&effect("T2")).unwrap();
    drop(journal);
    let text = std::fs::read_to_string(data.path().join(FILE)).unwrap();
    assert!(text.lines().count() == 1 && !text.contains("T1"), "{text}");
    let ledger = replay(data.path());
    assert!(ledger.has_carried_out(&order("T2")) && !ledger.has_carried_out(&order("T1")));
    assert_eq!(ledger.upcoming("A"), Scenario::Ok);
}

#[test]
fn a_torn_last_line_is_cut_off_and_the_file_goes_on() {
    for torn in ["{", r#"{"effect":{"arrangementId":"AA1"#, r#""forgotten""#] {
        let data = tempfile::tempdir().unwrap();
        write(data.path(), &[effect("T1")]);
        tear(data.path(), torn);
        write(data.path(), &[effect("T2")]);
        assert_eq!(replay(data.path()).memory(Channel::Esb).effects.len(), 2, "{torn}");
    }
}

#[test]
fn a_bad_line_in_the_middle_is_an_error_that_says_where() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), &[effect("T1")]);
    tear(data.path(), "nonsense\n");
    tear(data.path(), "\"forgotten\"\n");
    let error = Journal::open(data.path(), |_| ()).unwrap_err();
    assert!(format!("{error:#}").contains("line 2"), "{error:#}");
}

#[test]
fn a_second_world_on_the_same_file_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let _first = Journal::open(data.path(), |_| ()).unwrap();
    let error = Journal::open(data.path(), |_| ()).unwrap_err();
    assert!(error.to_string().contains("another --data"), "{error}");
}

#[test]
fn each_channel_remembers_and_plays_for_itself_after_a_restart() {
    use super::super::callers::Lookup;
    use super::super::scenario::lookup;

    let data = tempfile::tempdir().unwrap();
    let failing = |scenario| scenario::Order { scenario, key: None, times: None };
    let settings = [
        Record::Scenario(Setting::Contextos(failing(lookup::Scenario::Http401))),
        Record::Scenario(Setting::Codigo(failing(lookup::Scenario::Slow(7)))),
    ];
    let entry = RawValue::from_string("{}".to_owned()).unwrap();
    let asked = Record::Received { channel: Channel::Codigo, key: None, entry };
    write(data.path(), &settings);
    write(data.path(), &[asked]);
    let ledger = replay(data.path());
    assert_eq!(ledger.upcoming("A"), Scenario::Ok);
    assert_eq!(ledger.upcoming_lookup(Lookup::Context, "A"), lookup::Scenario::Http401);
    assert_eq!(ledger.upcoming_lookup(Lookup::Owner, "A"), lookup::Scenario::Slow(7));
    let counts = [Channel::Esb, Channel::Contextos, Channel::Codigo]
        .map(|channel| ledger.memory(channel).received.len());
    assert_eq!(counts, [0, 0, 1]);
}

#[test]
fn a_file_from_before_there_were_channels_is_the_banks() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), &[]);
    tear(data.path(), "{\"received\":{\"key\":\"A\",\"entry\":{}}}\n");
    let line = r#"{"scenario":{"channel":"esb","scenario":"cut","key":null,"times":null}}"#;
    tear(data.path(), &format!("{line}\n"));
    let ledger = replay(data.path());
    assert_eq!(ledger.memory(Channel::Esb).received.len(), 1);
    assert_eq!(ledger.upcoming("A"), Scenario::Cut);
}
