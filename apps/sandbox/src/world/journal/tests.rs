//! Tests that records survive a restart, and that a kill during a write loses no complete record.

use std::slice::from_ref;

use serde_json::json;
use serde_json::value::RawValue;

use super::super::ledger::{Ledger, Pending};
use super::super::scenario::Setting;
use super::*;

const AT: &str = "2026-01-02T03:04:05Z";

/// A message to the ESB.
fn received(key: Option<&str>, pending: Option<Pending>) -> Record {
    let entry = RawValue::from_string(r#"{"scenario":"ok"}"#.to_owned()).unwrap();
    let channel = "esb".to_owned();
    Record::Received { channel, key: key.map(str::to_owned), entry, pending }
}

/// A message with an effect that is pending.
fn ordered(id: u64) -> Record {
    let effect = json!({ "arrangementId": "A", "level": "1A", "transactionId": "T" });
    received(Some("A"), Some(Pending { id, due: AT.parse().unwrap(), effect }))
}

fn applied(id: u64) -> Record {
    Record::Applied { id, at: AT.parse().unwrap(), once: true }
}

fn set(channel: &str, scenario: &str, key: Option<&str>, times: Option<u64>) -> Record {
    let (channel, scenario) = (channel.to_owned(), scenario.to_owned());
    Record::Scenario(Setting { channel, scenario, key: key.map(str::to_owned), times })
}

fn cut(key: Option<&str>, times: Option<u64>) -> Record {
    set("esb", "cut", key, times)
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

fn effects(ledger: &mut Ledger) -> usize {
    ledger.memory("esb").effects.len()
}

fn pending(ledger: &Ledger) -> Vec<u64> {
    ledger.pending().keys().copied().collect()
}

fn tear(data: &Path, torn: &str) {
    let mut file = OpenOptions::new().append(true).open(data.join(FILE)).unwrap();
    file.write_all(torn.as_bytes()).unwrap();
}

#[test]
fn a_restart_remembers_requests_effects_and_the_times_left_of_a_scenario() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), &[cut(Some("A"), Some(2)), ordered(1), applied(1)]);
    let mut ledger = replay(data.path());
    assert_eq!(ledger.memory("esb").received.len(), 1);
    assert_eq!(effects(&mut ledger), 1);
    assert_eq!(ledger.upcoming("esb", "A"), "cut");
    ledger.add(received(Some("A"), None));
    assert_eq!(ledger.upcoming("esb", "A"), "ok");
}

#[test]
fn a_pending_effect_is_pending_until_it_is_applied() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), &[ordered(1), ordered(7), applied(7), applied(7)]);
    let mut ledger = replay(data.path());
    assert_eq!((effects(&mut ledger), pending(&ledger), ledger.next_id()), (1, vec![1], 8));
    let effect = serde_json::to_string(&*ledger.memory("esb").effects[0]).unwrap();
    let order = r#""arrangementId":"A","level":"1A","transactionId":"T""#;
    assert_eq!(effect, format!(r#"{{{order},"at":"{AT}"}}"#));
}

#[test]
fn an_effect_repeats_an_equal_one_unless_applied_once() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), &[ordered(1), applied(1), ordered(2), applied(2)]);
    let mut ledger = replay(data.path());
    assert_eq!((effects(&mut ledger), pending(&ledger)), (1, vec![]));
    let at = AT.parse().unwrap();
    write(data.path(), &[ordered(3), Record::Applied { id: 3, at, once: false }]);
    assert_eq!(effects(&mut replay(data.path())), 2);
}

#[test]
fn a_malformed_request_uses_up_no_scenario() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), &[cut(None, Some(1)), received(None, None)]);
    assert_eq!(replay(data.path()).upcoming("esb", "A"), "cut");
}

#[test]
fn what_was_forgotten_stays_forgotten() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), &[cut(None, None), ordered(1), applied(1), ordered(2)]);
    write(data.path(), &[Record::Forgotten, applied(2)]);
    let mut ledger = replay(data.path());
    assert_eq!((effects(&mut ledger), pending(&ledger)), (0, vec![]));
    assert_eq!(ledger.upcoming("esb", "A"), "ok");
    assert_eq!(ledger.next_id(), 3);
}

#[test]
fn an_emptied_file_holds_only_what_came_after() {
    let data = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(data.path(), |_| ()).unwrap();
    journal.append(&cut(None, None)).unwrap();
    journal.append(&ordered(1)).unwrap();
    journal.empty().unwrap();
    journal.append(&ordered(2)).unwrap();
    drop(journal);
    let text = std::fs::read_to_string(data.path().join(FILE)).unwrap();
    assert!(text.lines().count() == 1 && text.contains("\"id\":2"), "{text}");
    let mut ledger = replay(data.path());
    assert_eq!(pending(&ledger), [2]);
    assert_eq!(ledger.upcoming("esb", "A"), "ok");
}

#[test]
fn a_torn_last_line_is_cut_off_and_the_file_goes_on() {
    let whole = |record: Record| serde_json::to_string(&record).unwrap();
    for torn in ["{".to_owned(), whole(ordered(2)), whole(applied(1))] {
        for length in [1, torn.len() / 2, torn.len()] {
            let data = tempfile::tempdir().unwrap();
            write(data.path(), &[ordered(1)]);
            tear(data.path(), &torn[..length]);
            let mut ledger = replay(data.path());
            assert_eq!((effects(&mut ledger), pending(&ledger)), (0, vec![1]), "{torn}");
            write(data.path(), from_ref(&applied(1)));
            let mut ledger = replay(data.path());
            assert_eq!((effects(&mut ledger), pending(&ledger)), (1, vec![]), "{torn}");
        }
    }
}

#[test]
fn a_bad_line_in_the_middle_is_an_error_that_says_where() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), &[cut(None, None)]);
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
    let data = tempfile::tempdir().unwrap();
    let settings = [set("contextos", "http_401", None, None), set("codigo", "slow:7", None, None)];
    let entry = RawValue::from_string("{}".to_owned()).unwrap();
    let channel = "codigo".to_owned();
    let asked = Record::Received { channel, key: None, entry, pending: None };
    write(data.path(), &settings);
    write(data.path(), &[asked]);
    let mut ledger = replay(data.path());
    assert_eq!(ledger.upcoming("esb", "A"), "ok");
    assert_eq!(ledger.upcoming("contextos", "A"), "http_401");
    assert_eq!(ledger.upcoming("codigo", "A"), "slow:7");
    let counts =
        ["esb", "contextos", "codigo"].map(|channel| ledger.memory(channel).received.len());
    assert_eq!(counts, [0, 0, 1]);
}

#[test]
fn lines_without_a_channel_or_pending_effects_are_read() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), &[]);
    let order = r#""arrangementId":"A","level":"1A","transactionId":"T""#;
    let effect = format!(r#"{{{order},"at":"{AT}"}}"#);
    tear(data.path(), "{\"received\":{\"key\":\"A\",\"entry\":{}}}\n");
    tear(data.path(), "{\"received\":{\"channel\":\"esb\",\"key\":\"A\",\"entry\":{}}}\n");
    tear(data.path(), &format!("{{\"effect\":{effect}}}\n"));
    let line = r#"{"scenario":{"channel":"esb","scenario":"cut","key":null,"times":null}}"#;
    tear(data.path(), &format!("{line}\n"));
    write(data.path(), &[ordered(1), applied(1)]);
    let mut ledger = replay(data.path());
    let memory = ledger.memory("esb");
    assert_eq!((memory.received.len(), memory.effects.len()), (3, 1));
    assert_eq!(serde_json::to_string(&*memory.effects[0]).unwrap(), effect);
    assert_eq!(ledger.upcoming("esb", "A"), "cut");
}
