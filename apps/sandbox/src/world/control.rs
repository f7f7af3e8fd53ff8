//! The control API: sets scenarios, reads the journal and resets the world.

use madoguchi_testkit::server::http_stub::StubResponse;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::channel::Channel;
use super::channels;
use super::ledger::Effect;
use super::reply;
use super::scenario::Setting;
use super::store::Store;

#[derive(Serialize)]
struct Journal<'a> {
    received: Vec<&'a RawValue>,
    effects: Vec<&'a Effect>,
}

/// `PUT /world/scenario`.
pub(super) fn set(store: &Store, body: &[u8]) -> StubResponse {
    let setting = match read(body) {
        Ok(setting) => setting,
        Err(message) => return reply::refusal(400, &message),
    };
    match store.set(setting.clone()) {
        Ok(()) => reply::of(&setting),
        Err(error) => reply::broken(&error),
    }
}

/// `GET /world/journal?channel=esb`.
pub(super) fn journal(store: &Store, query: &str) -> StubResponse {
    match channel_in(query) {
        Err(message) => reply::refusal(400, &message),
        Ok(channel) => {
            let memory = store.memory(channel);
            reply::of(&Journal {
                received: memory.received.iter().map(|entry| &**entry).collect(),
                effects: memory.effects.iter().map(|effect| &**effect).collect(),
            })
        }
    }
}

/// `DELETE /world`.
pub(super) fn forget(store: &Store) -> StubResponse {
    match store.forget() {
        Ok(()) => reply::of(&json!({ "forgotten": true })),
        Err(error) => reply::broken(&error),
    }
}

fn channel_in(query: &str) -> Result<&'static dyn Channel, String> {
    let mut channel = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("channel", value)) => channel = Some(channels::find(value)?),
            Some((name, _)) => return Err(format!("{name}: is not known; ask ?channel=esb")),
            None => return Err(format!("{pair}: is not known; ask ?channel=esb")),
        }
    }
    channel.ok_or_else(|| "channel: is missing; ask ?channel=esb".to_owned())
}

fn read(body: &[u8]) -> Result<Setting, String> {
    let fields: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| format!("the body must be a JSON object: {error}"))?;
    let known = ["channel", "scenario", "key", "times"];
    if let Some(other) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("{other}: is not known; the fields are {}", known.join(", ")));
    }
    let channel = channels::find(required(&fields, "channel")?)?;
    let scenario = channel.scenario(required(&fields, "scenario")?)?;
    let key = match given(&fields, "key") {
        None => None,
        Some(Value::String(key)) if !key.is_empty() => Some(key.clone()),
        Some(_) => return Err("key: must be a text that is not empty".to_owned()),
    };
    let times = match given(&fields, "times") {
        None => None,
        Some(times) => match times.as_u64() {
            Some(times) if times > 0 => Some(times),
            Some(_) | None => return Err("times: must be a whole number from 1".to_owned()),
        },
    };
    Ok(Setting { channel: channel.name().to_owned(), scenario, key, times })
}

fn given<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

fn required<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, String> {
    match given(fields, name) {
        None => Err(format!("{name}: is missing")),
        Some(value) => value.as_str().ok_or_else(|| format!("{name}: must be a text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> String {
        read(body.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_setting_is_read_with_and_without_its_optional_fields() {
        let setting = |channel: &str, key: Option<&str>, times| Setting {
            channel: channel.to_owned(),
            scenario: "slow:5".to_owned(),
            key: key.map(str::to_owned),
            times,
        };
        let full = br#"{"channel":"esb","scenario":"slow:005","key":"AA1","times":2}"#;
        assert_eq!(read(full), Ok(setting("esb", Some("AA1"), Some(2))));
        let bare = br#"{"channel":"contextos","scenario":"slow:5","key":null}"#;
        assert_eq!(read(bare), Ok(setting("contextos", None, None)));
    }

    #[test]
    fn a_bad_setting_is_refused_by_the_name_of_the_field() {
        assert!(refused("[]").contains("JSON object"));
        assert!(refused("{}").starts_with("channel: is missing"));
        assert!(refused(r#"{"channel":"fax","scenario":"ok"}"#).contains("channels are: esb"));
        assert!(refused(r#"{"channel":"codigo","scenario":"refused"}"#).contains("lookups have"));
        assert!(refused(r#"{"channel":"esb"}"#).starts_with("scenario: "));
        assert!(refused(r#"{"channel":"esb","scenario":5}"#).starts_with("scenario: "));
        assert!(refused(r#"{"channel":"esb","scenario":"ok","key":""}"#).starts_with("key: "));
        for times in ["0", "-1", "1.5", "\"2\""] {
            let body = format!(r#"{{"channel":"esb","scenario":"ok","times":{times}}}"#);
            assert!(refused(&body).starts_with("times: "), "{times}");
        }
        assert!(refused(r#"{"channel":"esb","scenario":"ok","tines":1}"#).starts_with("tines: "));
    }

    #[test]
    fn the_journal_is_asked_for_by_channel() {
        let name_in = |query| channel_in(query).map(Channel::name);
        assert_eq!(name_in("channel=esb"), Ok("esb"));
        assert_eq!(name_in("channel=codigo"), Ok("codigo"));
        assert!(name_in("").unwrap_err().contains("channel"));
        assert!(name_in("channel=fax").unwrap_err().contains("known channels are: esb"));
        assert!(name_in("chanel=esb").unwrap_err().starts_with("chanel: "));
    }
}
