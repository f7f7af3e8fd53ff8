//! Tests that the configuration is parsed completely or all its mistakes are reported.

use std::os::unix::fs::PermissionsExt;

use super::*;
use madoguchi_domain::contact::{ApprovalRule, ContactPolicy, PolicyNumberRule};
use madoguchi_upstream::Charset;

mod environment;
mod mail;
mod secrets;
mod store;

fn key_file(dir: &tempfile::TempDir, byte: &str, mode: u32) -> String {
    let path = dir.path().join(byte);
    std::fs::write(&path, byte.repeat(32)).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn good(dir: &tempfile::TempDir, mode: u32) -> String {
    let [salt, qr, audit] = ["ab", "bc", "de"].map(|byte| key_file(dir, byte, mode));
    let tokens = dir.path().join("tokens.toml");
    let hash = "ab".repeat(32);
    let who = "issuer = \"i\"\nsubject = \"s\"\nkind = \"HUMAN\"\nscopes = []";
    std::fs::write(&tokens, format!("[[token]]\nsha256 = \"{hash}\"\n{who}")).unwrap();
    let tokens = tokens.display();
    format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n\
         [store]\nurl = \"sqlite:m.db\"\n\
         [secrets]\ndeployment_salt_file = \"{salt}\"\nqr_key_file = \"{qr}\"\n\
         audit_key_file = \"{audit}\"\n\
         [identity]\ntokens_file = \"{tokens}\"\n\
         [upgrade]\nqr_base_url = \"https://bank.example/up/\"\n\
         [esb]\nurl = \"http://127.0.0.1:1/esb\"\n"
    )
}

fn mistakes(text: &str, env: &[(&str, &str)]) -> Vec<String> {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let errors = Settings::parse(text, env).unwrap_err();
    errors.0.into_iter().map(|mistake| mistake.key).collect()
}

#[test]
fn the_shortest_configuration_has_the_documented_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings::parse(&good(&dir, 0o600), []).unwrap();
    assert_eq!(settings.upgrade.policy.target.as_str(), "1A");
    assert_eq!(settings.upgrade.qr_base_url, "https://bank.example/up");
    assert_eq!(settings.server.source_prefix, "/ap1/api/v1.0/UpgradeAccount");
    assert_eq!(settings.effects.policy, madoguchi_domain::effect::EffectPolicy::standard());
    assert!(!settings.store.migrate_on_start);
    assert_eq!(settings.idempotency.keep.as_secs(), 24 * 3600);
}

#[test]
fn retention_has_its_documented_defaults_and_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let with = |lines: &str| format!("{}[retention]\n{lines}\n", good(&dir, 0o600));
    let section = Settings::parse(&with(""), []).unwrap().retention;
    assert_eq!(section.policy, madoguchi_domain::retention::RetentionPolicy::standard());
    assert_eq!((section.per_second.get(), section.every.unwrap().as_secs()), (200, 3600));
    let by_command = Settings::parse(&with("run_every_minutes = 0"), []).unwrap().retention;
    assert_eq!(by_command.every, None);
    for bad in [
        "run_every_minutes = 4",
        "run_every_minutes = 1441",
        "report_days_before = 63",
        "purge_after_days = 0",
        "per_second = 0",
    ] {
        let key = format!("retention.{}", bad.split(' ').next().unwrap());
        assert_eq!(mistakes(&with(bad), &[]), [key], "{bad}");
    }
}

#[test]
fn stored_answers_are_kept_for_an_hour_to_a_year() {
    let dir = tempfile::tempdir().unwrap();
    let kept = |hours: u32| format!("{}[idempotency]\nkeep_hours = {hours}\n", good(&dir, 0o600));
    for bad in [0, 8761] {
        assert_eq!(mistakes(&kept(bad), &[]), ["idempotency.keep_hours"], "{bad}");
    }
    for hours in [1, 8760] {
        let settings = Settings::parse(&kept(hours), []).unwrap();
        assert_eq!(settings.idempotency.keep.as_secs(), u64::from(hours) * 3600);
    }
}

#[test]
fn contacts_have_their_documented_defaults_and_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let with = |lines: &str| format!("{}{lines}\n", good(&dir, 0o600));
    let policy = |lines: &str| Settings::parse(&with(lines), []).unwrap().contacts.policy;
    assert_eq!(*policy(""), ContactPolicy::standard());
    let all = "[contacts]\napproval = \"off\"\nlink_hosts = [\"my.example.com\"]\n\
        remind_after_hours = 1\nescalate_after_hours = 2\nexpire_after_hours = 0\n\
        [contact_actions]\nSIGNATURE = \"forbidden\"";
    let given = policy(all);
    let hours = |hours| Some(jiff::SignedDuration::from_hours(hours));
    assert_eq!((given.remind_after, given.escalate_after), (hours(1), hours(2)));
    assert_eq!((given.expire_after, given.approval), (None, ApprovalRule::Off));
    assert_eq!(given.link_hosts, ["my.example.com"]);
    let actions: Vec<_> = given.actions.iter().map(|(kind, rule)| (kind.as_str(), *rule)).collect();
    assert_eq!(actions, [("SIGNATURE", PolicyNumberRule::Forbidden)]);
    for (bad, key) in [
        ("[contacts]\napproval = \"maybe\"", "contacts.approval"),
        ("[contacts]\nlink_hosts = [\"https://a.example\"]", "contacts.link_hosts"),
        ("[contacts]\nlink_hosts = \"a.example\"", "contacts.link_hosts"),
        ("[contacts]\nexpire_after_hours = -1", "contacts.expire_after_hours"),
        ("[contacts]\nremind_after_hours = 0", "contacts.remind_after_hours"),
        (
            "[contacts]\nremind_after_hours = 5\nescalate_after_hours = 5",
            "contacts.escalate_after_hours",
        ),
        ("[contacts]\nremind_after_hours = 720", "contacts.remind_after_hours"),
        ("[contact_actions]\nOTHER = \"maybe\"", "contact_actions.OTHER"),
        ("[contact_actions]\n\"a b\" = \"optional\"", "contact_actions.a b"),
    ] {
        assert_eq!(mistakes(&with(bad), &[]), [key], "{bad}");
    }
}

#[test]
fn every_mistake_is_told_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let text = good(&dir, 0o600)
        .replace("127.0.0.1:0", "nowhere")
        .replace("sqlite:m.db", "mysql://x")
        .replace("qr_base_url", "qr_bse_url");
    let reported = Settings::parse(&text, []).unwrap_err();
    let text = reported.to_string();
    assert!(text.starts_with("4 mistakes"), "{text}");
    assert!(text.contains("upgrade.qr_bse_url is not known: did you mean qr_base_url?"), "{text}");
    let keys: Vec<_> = reported.0.iter().map(|mistake| mistake.key.as_str()).collect();
    let expected = ["server.listen", "store.url", "upgrade.qr_base_url", "upgrade.qr_bse_url"];
    assert_eq!(keys, expected);
}

#[test]
fn limits_of_connections_have_defaults_and_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let text = good(&dir, 0o600);
    let server = Settings::parse(&text, []).unwrap().server;
    let ConnectionTimeouts { keep_alive, head, body, write } = server.connections.timeouts;
    assert_eq!(
        [keep_alive, head, body, write].map(|time| time.as_millis()),
        [75000, 5000, 10000, 10000]
    );
    assert_eq!(server.drain_delay.as_millis(), 5000);
    assert_eq!(
        (server.connections.max_connections, server.connections.max_per_address),
        (2000, 1000)
    );
    let env = [("MADOGUCHI__SERVER__TRUSTED_PROXIES", "[\"10.0.0.0/8\", \"fd00::1\"]")];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let proxies = Settings::parse(&text, env).unwrap().server.connections.trusted_proxies;
    assert_eq!(proxies.len(), 2);
    let bad = [
        ("MADOGUCHI__SERVER__TRUSTED_PROXIES", "[\"bank.example\"]"),
        ("MADOGUCHI__SERVER__KEEP_ALIVE_TIMEOUT_MS", "99"),
        ("MADOGUCHI__SERVER__HEAD_TIMEOUT_MS", "-1"),
        ("MADOGUCHI__SERVER__BODY_TIMEOUT_MS", "30001"),
        ("MADOGUCHI__SERVER__WRITE_TIMEOUT_MS", "1e3"),
        ("MADOGUCHI__SERVER__DRAIN_DELAY_MS", "600001"),
        ("MADOGUCHI__SERVER__MAX_CONNECTIONS_PER_ADDRESS", "0"),
    ];
    assert_eq!(mistakes(&text, &bad).len(), bad.len());
}

#[test]
fn unsafe_combinations_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let text = good(&dir, 0o600);
    let short = format!("{text}\n[effects]\nlease_ms = 10499\n");
    assert_eq!(mistakes(&short, &[]), ["effects.lease_ms"], "the bank's call may last 10 s");
    let hasty = format!("{text}\n[effects]\nbreaker_open_ms = 500\nbreaker_max_open_ms = 499\n");
    assert_eq!(mistakes(&hasty, &[]), ["effects.breaker_max_open_ms"]);
    let open = tempfile::tempdir().unwrap();
    assert_eq!(mistakes(&good(&open, 0o644), &[]).len(), 3, "keys that others can read");
    let weak = format!("{text}\n[transaction_ids]\nlength = 15\n");
    assert_eq!(mistakes(&weak, &[]), ["transaction_ids.alphabet"]);
    let far = text.replace("http://127.0.0.1:1", "http://esb.bank.example") + "[vault]\n";
    let expected = ["esb", "vault.key_ring"];
    assert_eq!(mistakes(&far, &[]), expected, "plain HTTP over a network; no key ring");
    let key = format!("[secrets]\nqr_key = \"{}\"", "ab".repeat(32));
    let inline = text.replace("[secrets]", &key).replace("qr_key_file", "#");
    assert_eq!(mistakes(&inline, &[])[0], "secrets.qr_key", "a key in the file");
    let success = text.replace("[esb]", "[esb]\nfinal_codes = [\"200\"]");
    assert_eq!(mistakes(&success, &[]), ["esb.final_codes"]);
    assert_eq!(mistakes("not toml at all", &[])[0], "the file");
}

#[test]
fn nothing_secret_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    let text = good(&dir, 0o600).replace("sqlite:m.db", "postgres://u:pass-canary@localhost/m");
    let settings = Settings::parse(&text, []).unwrap();
    let printed = format!("{settings:?}");
    assert!(!printed.contains("pass-canary") && !printed.contains("abab"), "{printed}");
}

#[test]
fn a_prefix_that_could_not_be_reached_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for prefix in ["a", "/", "/a/", "/a b", "/a#b", "/{x}", "/api/v1/members", "/health"] {
        let text = good(&dir, 0o600)
            .replace("[server]", &format!("[server]\nsource_prefix = \"{prefix}\""));
        assert_eq!(mistakes(&text, &[]), ["server.source_prefix"], "{prefix}");
    }
}

#[test]
fn a_charset_is_a_label_that_extends_ascii() {
    let dir = tempfile::tempdir().unwrap();
    let text = with_lookups(&dir);
    let settings = Settings::parse(&text, []).unwrap();
    assert_eq!(settings.esb.adapter.upstream.charset, Charset::BIG5);
    assert_eq!(settings.itau.unwrap().adapter.upstream.charset, Charset::ISO_8859_1);
    let env = [("MADOGUCHI__ESB__CHARSET".to_owned(), "GB18030".to_owned())];
    let settings = Settings::parse(&text, env).unwrap();
    assert_eq!(Ok(settings.esb.adapter.upstream.charset), Charset::parse("gb18030"));
    let bad = [("MADOGUCHI__ESB__CHARSET", "big-5"), ("MADOGUCHI__ITAU__CHARSET", "utf-16")];
    assert_eq!(mistakes(&text, &bad), ["esb.charset", "itau.charset"]);
    let env = bad.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let reported = Settings::parse(&text, env).unwrap_err().to_string();
    assert_eq!(reported.matches("for example \"utf-8\", \"big5\"").count(), 2, "{reported}");
}

/// The shortest configuration with the lookups and their gateway.
fn with_lookups(dir: &tempfile::TempDir) -> String {
    let path = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.display().to_string()
    };
    let hash = crate::hash_password("dev-password").unwrap();
    let user = format!(
        "[[user]]\nuser_name = \"chat\"\npassword_hash = \"{hash}\"\nissuer = \"gateway\"\n\
         subject = \"chat\"\nkind = \"SYSTEM\"\n"
    );
    format!(
        "{}[itau]\nurl = \"http://127.0.0.1:1\"\nuser_name = \"us\"\npassword_file = \"{}\"\n\
         [gateway]\nusers_file = \"{}\"\n",
        good(dir, 0o600),
        path("password", "pass-canary\n"),
        path("users.toml", &user),
    )
}

#[test]
fn lookups_are_left_out_or_have_the_documented_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let without = Settings::parse(&good(&dir, 0o600), []).unwrap();
    assert!(without.itau.is_none() && without.gateway.is_none());
    let settings = Settings::parse(&with_lookups(&dir), []).unwrap();
    let itau = settings.itau.as_ref().unwrap();
    assert_eq!(itau.adapter.credentials.password(), b"pass-canary");
    let upstream = &itau.adapter.upstream;
    assert_eq!((upstream.timeout.as_secs(), upstream.connect_timeout.as_secs()), (5, 2));
    assert_eq!((upstream.max_reply_bytes, itau.adapter.max_retries), (256 * 1024, 2));
    assert_eq!(itau.dac, madoguchi_domain::caller::DacRule::Refuse);
    assert!(settings.gateway.is_some());
    let printed = format!("{settings:?}");
    assert!(!printed.contains("pass-canary") && !printed.contains("argon2"), "{printed}");
}

#[test]
fn mistakes_about_lookups_are_told_with_all_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let text = with_lookups(&dir);
    let gateway = text.find("[gateway]").unwrap();
    let alone = good(&dir, 0o600) + &text[gateway..];
    assert_eq!(mistakes(&alone, &[]), ["gateway"], "it has nowhere to look");
    let far = text.replace("http://127.0.0.1:1\"\nuser", "http://itau.example\"\nuser");
    assert_eq!(mistakes(&far, &[]), ["itau"], "plain HTTP over a network");
    let far = far.replace("user_name", "user_nam");
    let all = ["itau", "itau.user_name", "itau.user_nam"];
    assert_eq!(mistakes(&far, &[]), all, "also when something else is wrong");
    let nowhere = text.replace("url = \"http://127.0.0.1:1\"\nuser", "user");
    assert_eq!(mistakes(&nowhere, &[]), ["itau.url"], "reported once");
    let crowded = [("MADOGUCHI__SERVER__MAX_CONCURRENT_REQUESTS", "256")];
    assert_eq!(mistakes(&text, &crowded), ["gateway"], "guesses would take every place");
    let bad = [
        ("MADOGUCHI__ITAU__TIMEOUT_MS", "13000"),
        ("MADOGUCHI__ITAU__COMPANY", "34"),
        ("MADOGUCHI__ITAU__DAC", "ignore"),
        ("MADOGUCHI__ITAU__PASSWORD", "with space"),
        ("MADOGUCHI__GATEWAY__USERS_FILE", "/nowhere/users.toml"),
        ("MADOGUCHI__SERVER__LISTEN", "nowhere"),
    ];
    let expected = [
        "server.listen",
        "itau.timeout_ms",
        "itau.password",
        "itau.company",
        "itau.dac",
        "gateway.users_file",
    ];
    assert_eq!(mistakes(&text, &bad), expected);
}
