//! The configuration of the API in the sandbox, with short timings so that recovery is visible.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;

use crate::data_dir::DataDir;
use crate::world::EsbOptions;

/// How many mails of an announcement go before its release: few, so that a release shows.
pub(crate) const FIRST_BATCH: u32 = 2;

/// The values that differ between servers.
#[derive(Debug)]
pub struct ServerConfig<'a> {
    /// Address of the API.
    pub listen: SocketAddr,
    /// URL of the database, if not the SQLite file in the directory.
    pub database_url: Option<&'a str>,
    /// Directory of all files.
    pub data: &'a DataDir,
    /// URL of the world.
    pub world: &'a str,
    /// Address of the world's mail server.
    pub smtp: SocketAddr,
    /// What the simulated ESB can do.
    pub esb: EsbOptions,
}

impl ServerConfig<'_> {
    /// The text of the configuration file.
    ///
    /// # Errors
    /// When a path is not UTF-8, which TOML requires.
    pub fn text(&self) -> anyhow::Result<String> {
        let store = match self.database_url {
            Some(url) => url.to_owned(),
            None => format!("sqlite:{}", utf8(&self.data.database())?),
        };
        Ok(format!(
            r#"[server]
listen = {listen}
admin_listen = "127.0.0.1:0"
drain_delay_ms = 0

[store]
url = {store}
migrate_on_start = true

[secrets]
deployment_salt_file = {salt}
qr_key_file = {qr_key}
audit_key_file = {audit_key}

[identity]
tokens_file = {tokens}

[vault]
key_ring = {key_ring}

[contacts]
link_hosts = ["example.com", "my.example.com"]
remind_after_hours = 24
escalate_after_hours = 72
first_batch = {first_batch}

[retention]
purge_after_days = 30
run_every_minutes = 0

[upgrade]
target_level = "1A"
qr_base_url = "https://example.com/upgrade"

[esb]
url = {esb}
guarantee = {guarantee}
inquiry = {inquiry}
final_codes = ["E-REFUSED"]
connect_timeout_ms = 1000
timeout_ms = 1500

[itau]
url = {world}
user_name = "sandbox"
password_file = {downstream_password}
timeout_ms = 4000
breaker_open_ms = 1000

[gateway]
users_file = {users}

[effects]
lease_ms = 2000
settle_ms = 1000
first_retry_ms = 200
longest_retry_ms = 1000
sweep_every_ms = 100
breaker_open_ms = 500
breaker_max_open_ms = 2000
"#,
            first_batch = FIRST_BATCH,
            listen = quoted(&self.listen.to_string()),
            store = quoted(&store),
            salt = quoted(utf8(&self.data.deployment_salt())?),
            qr_key = quoted(utf8(&self.data.qr_key())?),
            audit_key = quoted(utf8(&self.data.audit_key())?),
            tokens = quoted(utf8(&self.data.tokens())?),
            key_ring = quoted(utf8(&self.data.key_ring())?),
            esb = quoted(&format!("{}/esb", self.world)),
            world = quoted(self.world),
            downstream_password = quoted(utf8(&self.data.downstream_password())?),
            users = quoted(utf8(&self.data.users())?),
            guarantee = quoted(self.esb.mode.as_str()),
            inquiry = self.esb.inquiry,
        ) + &self.mail())
    }

    fn mail(&self) -> String {
        format!(
            r#"
[mail]
from_address = "noreply@mail.example.com"
from_name = "窓口銀行"
my_page_url = "https://my.example.com/messages"
smtp_host = {host}
smtp_port = {port}
smtp_tls = "none"
timeout_ms = 3000
first_retry_ms = 200
longest_retry_ms = 1000
"#,
            host = quoted(&self.smtp.ip().to_string()),
            port = self.smtp.port(),
        )
    }
}

fn utf8(path: &Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| format!("{} is not UTF-8; give another --data", path.display()))
}

/// A TOML basic string: JSON escapes all that TOML needs escaped in a path or an address.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::EsbMode;

    #[test]
    fn the_file_is_toml_even_with_an_odd_directory() {
        let parent = tempfile::tempdir().unwrap();
        let data = DataDir::open(&parent.path().join("a \"b\" \\c")).unwrap();
        let config = ServerConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            database_url: None,
            data: &data,
            world: "http://127.0.0.1:8090",
            smtp: "127.0.0.1:8025".parse().unwrap(),
            esb: EsbOptions { mode: EsbMode::Dedupes, inquiry: true },
        };
        let table: toml::Table = toml::from_str(&config.text().unwrap()).unwrap();
        let url = table["store"]["url"].as_str().unwrap();
        assert!(url.starts_with("sqlite:/") && url.ends_with("a \"b\" \\c/madoguchi.db"), "{url}");
        assert_eq!(table["esb"]["url"].as_str(), Some("http://127.0.0.1:8090/esb"));
        assert_eq!(table["esb"]["guarantee"].as_str(), Some("dedupes"));
        assert_eq!(table["esb"]["inquiry"].as_bool(), Some(true));
    }
}
