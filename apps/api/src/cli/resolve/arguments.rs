//! The arguments of the commands that resolve effects, and what they read from standard input.

use std::io::{IsTerminal, Write};
use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use madoguchi_client::Client;
use madoguchi_domain::effect::EffectKind;
use madoguchi_domain::resolution::ResolutionId;

/// The environment variable with the access token.
const TOKEN: &str = "MADOGUCHI_TOKEN";

/// Which server, and as whom.
#[derive(Debug, Args)]
pub(in crate::cli) struct ServerArgs {
    /// The server's URL.
    #[arg(long, value_name = "URL")]
    pub(super) server: String,
    /// A file with the access token, which only its owner may read. Without it, the variable
    /// MADOGUCHI_TOKEN holds the token itself.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Send the token without TLS to another machine.
    #[arg(long)]
    allow_plaintext: bool,
}

/// One effect of a server.
#[derive(Debug, Args)]
pub(in crate::cli) struct One {
    /// Its kind and id, as list prints them: KIND/ID.
    #[arg(value_name = "EFFECT", value_parser = effect)]
    pub(super) effect: (String, String),
    #[command(flatten)]
    pub(super) server: ServerArgs,
}

fn effect(text: &str) -> Result<(String, String), &'static str> {
    let parts = text.split_once('/');
    let parts = parts.filter(|(kind, id)| EffectKind::parse(kind).is_ok() && is_uuid(id));
    let parts = parts.map(|(kind, id)| (kind.to_owned(), id.to_owned()));
    parts.ok_or("must be a kind and a UUID with a slash between, as list prints them")
}

fn is_uuid(id: &str) -> bool {
    ResolutionId::parse(id).is_ok()
}

/// The outcomes, as arguments.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub(in crate::cli) enum OutcomeArg {
    /// The other system has applied the order.
    Confirmed,
    /// The other system has not applied the order, and it is not sent again.
    Rejected,
    /// The order is sent again under the same id. If it was applied, it may be applied twice.
    Planned,
}

impl OutcomeArg {
    pub(super) fn as_str(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

impl ServerArgs {
    pub(in crate::cli) fn client(&self) -> anyhow::Result<Client> {
        let token = match &self.token_file {
            Some(file) => {
                let bytes = madoguchi_files::read_secret(file).context("--token-file")?;
                String::from_utf8(bytes).ok().context("--token-file must be text")?
            }
            None => std::env::var(TOKEN).ok().with_context(|| {
                format!("no access token: set {TOKEN}, or name a file with --token-file")
            })?,
        };
        let token = token.trim();
        if token.is_empty() {
            bail!("the access token is empty");
        }
        if !self.allow_plaintext && !is_private(&self.server) {
            bail!(
                "--server: the token would be sent to another machine without TLS: use https, or \
                 --allow-plaintext in a network that you trust"
            );
        }
        Ok(Client::new(&self.server).context("--server")?.with_token(token))
    }
}

/// Whether nobody else can read what is sent to this URL.
fn is_private(server: &str) -> bool {
    let Some(rest) = server.strip_prefix("http://") else { return true };
    let host = rest.split('/').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    host == "localhost"
        || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// The next line of standard input, after which a person is asked.
pub(super) fn line(name: &str) -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        let _ = write!(std::io::stderr(), "{name}: ");
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).with_context(|| format!("{name} cannot be read"))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
