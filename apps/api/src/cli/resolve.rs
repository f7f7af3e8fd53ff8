//! The commands that resolve stuck effects, as a client of a running server.

mod picture;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use madoguchi_client::{
    ApiAnswer, Client, ClientError, EffectAnswer, EffectResolution, ProposeResolution,
    ResolutionReceipt,
};
use madoguchi_domain::port::{Clock, Ids};

use crate::system::{SystemClock, SystemIds};

pub(super) const EXAMPLE: &str = "Example:\n  export MADOGUCHI_TOKEN=...\n  \
    madoguchi resolve list --server https://madoguchi.example\n  \
    madoguchi resolve show SetLevel/0198c0de-0000-7000-8000-000000000000 --server ...\n  \
    madoguchi resolve propose SetLevel/0198c0de-... --outcome Confirmed \\\n      \
    --reason 'called the bank' --evidence 'statement 7' --server ...\n  \
    madoguchi resolve approve SetLevel/0198c0de-... --content-hash 9f86d0... --server ...\n\n\
    docs/stuck.md says how to find out what became of an order or of a mail.";

/// The environment variable with the access token.
const TOKEN: &str = "MADOGUCHI_TOKEN";

#[derive(Debug, Subcommand)]
pub(super) enum ResolveCommand {
    /// List what is stuck: effects in Manual and in Unknown, and what is proposed for them.
    #[command(after_help = "Example:\n  madoguchi resolve list --server http://127.0.0.1:8080 \
        --token-file operator.token")]
    List {
        /// Only effects of this kind, for example SetLevel or Mail.
        #[arg(long)]
        kind: Option<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Show one effect: what happened to it, and what is proposed.
    #[command(after_help = "Example:\n  madoguchi resolve show \
        Mail/0198c0de-0000-7000-8000-000000000000 --server http://127.0.0.1:8080 \
        --token-file operator.token")]
    Show {
        #[command(flatten)]
        one: One,
    },
    /// Propose an outcome, which another person has to approve.
    #[command(after_help = "Example:\n  madoguchi resolve propose \
        SetLevel/0198c0de-0000-7000-8000-000000000000 --outcome Confirmed \\\n      \
        --reason 'the bank says it is done' --evidence 'statement 7' \\\n      \
        --server http://127.0.0.1:8080 --token-file operator.token")]
    Propose {
        #[command(flatten)]
        one: One,
        /// What becomes of it.
        #[arg(long, value_enum)]
        outcome: OutcomeArg,
        /// Why: 1 to 500 characters. It is stored sealed.
        #[arg(long)]
        reason: String,
        /// What shows it, for example the reference of a statement. Required for Confirmed.
        #[arg(long)]
        evidence: Option<String>,
    },
    /// Approve what another person proposed, as it was shown.
    #[command(after_help = "Example:\n  madoguchi resolve approve \
        SetLevel/0198c0de-0000-7000-8000-000000000000 --content-hash 9f86d0... \\\n      \
        --server http://127.0.0.1:8080 --token-file second-operator.token")]
    Approve {
        #[command(flatten)]
        one: One,
        /// The hash that show prints: 64 hexadecimal digits.
        #[arg(long, value_name = "HASH")]
        content_hash: String,
    },
    /// Withdraw a proposal: one's own, or another person's with which one disagrees.
    #[command(after_help = "Example:\n  madoguchi resolve withdraw \
        SetLevel/0198c0de-0000-7000-8000-000000000000 --server http://127.0.0.1:8080 \
        --token-file operator.token")]
    Withdraw {
        #[command(flatten)]
        one: One,
    },
}

/// The answer to a request that changes something.
type Written = Result<ApiAnswer<ResolutionReceipt>, ClientError>;

/// Which server, and as whom.
#[derive(Debug, Args)]
pub(super) struct ServerArgs {
    /// The server's URL.
    #[arg(long, value_name = "URL")]
    server: String,
    /// A file with the access token, which only its owner may read [default: $MADOGUCHI_TOKEN].
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// One effect of a server.
#[derive(Debug, Args)]
pub(super) struct One {
    /// Its kind and id, as list prints them: KIND/ID.
    #[arg(value_name = "EFFECT", value_parser = effect)]
    effect: (String, String),
    #[command(flatten)]
    server: ServerArgs,
}

fn effect(text: &str) -> Result<(String, String), &'static str> {
    let parts = text.split_once('/').filter(|(kind, id)| !kind.is_empty() && !id.is_empty());
    let parts = parts.map(|(kind, id)| (kind.to_owned(), id.to_owned()));
    parts.ok_or("must be a kind and an id with a slash between, as list prints them")
}

/// The outcomes, as arguments.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub(super) enum OutcomeArg {
    /// The other system has applied the order.
    Confirmed,
    /// The other system has not applied the order, and it is not sent again.
    Rejected,
    /// The order is sent again, under the same id.
    Planned,
}

impl OutcomeArg {
    fn as_str(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

impl ServerArgs {
    fn client(&self) -> anyhow::Result<Client> {
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
        Ok(Client::new(&self.server).context("--server")?.with_token(token))
    }
}

impl ResolveCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List { kind, server } => list(&server.client()?, kind.as_deref()).await,
            Self::Show { one } => show(&one).await,
            Self::Propose { one, outcome, reason, evidence } => {
                let proposal = ProposeResolution { outcome: outcome.as_str(), reason, evidence };
                one.write(async |client, kind, id| {
                    client.propose_resolution(kind, id, &proposal).await
                })
                .await?;
                show(&one).await
            }
            Self::Approve { one, content_hash } => {
                one.write(async |client, kind, id| {
                    client.approve_resolution(kind, id, &content_hash).await
                })
                .await?;
                show(&one).await
            }
            Self::Withdraw { one } => {
                one.write(async |client, kind, id| client.withdraw_resolution(kind, id).await)
                    .await?;
                show(&one).await
            }
        }
    }
}

impl One {
    /// Sends a request that changes something, again if no answer came: its key lets it act once.
    async fn write(
        &self,
        send: impl AsyncFn(&Client, &str, &str) -> Written,
    ) -> anyhow::Result<ResolutionReceipt> {
        let client = self.server.client()?.with_idempotency_key(&SystemIds.uuid().to_string());
        let (kind, id) = &self.effect;
        let mut answer = send(&client, kind, id).await;
        for _ in 0..2 {
            let Err(ClientError::NoAnswer(_)) = &answer else { break };
            answer = send(&client, kind, id).await;
        }
        Ok(answer?.data()?)
    }
}

async fn show(one: &One) -> anyhow::Result<()> {
    let (kind, id) = &one.effect;
    let effect = one.server.client()?.effect(kind, id).await?.data()?;
    print(&picture::of_effect(&effect, &one.server.server, SystemClock.now()))
}

async fn list(client: &Client, kind: Option<&str>) -> anyhow::Result<()> {
    let proposals = all(async |cursor| {
        client.resolutions(&with_cursor(&[("state", "PROPOSED")], cursor)).await
    })
    .await?;
    print(picture::HEAD)?;
    let (mut stuck, now) = (0, SystemClock.now());
    for state in ["Manual", "Unknown"] {
        let mut filter = vec![("state", state)];
        filter.extend(kind.map(|kind| ("kind", kind)));
        let effects: Vec<EffectAnswer> =
            all(async |cursor| client.effects(&with_cursor(&filter, cursor)).await).await?;
        for effect in &effects {
            let is_its =
                |it: &&EffectResolution| it.kind == effect.kind && it.effect_id == effect.id;
            let proposal = proposals.iter().find(is_its);
            print(&picture::line(effect, proposal, now))?;
        }
        stuck += effects.len();
    }
    let stuck = if stuck == 0 { "nothing is stuck".to_owned() } else { format!("{stuck} stuck") };
    let hint = "; show one: madoguchi resolve show KIND/ID --server URL";
    print(&format!("\n{stuck}{}\n", if stuck.starts_with('n') { "" } else { hint }))
}

fn with_cursor<'a>(
    filter: &[(&'a str, &'a str)],
    cursor: Option<&'a str>,
) -> Vec<(&'a str, &'a str)> {
    let mut all = filter.to_vec();
    all.push(("limit", "200"));
    all.extend(cursor.map(|cursor| ("cursor", cursor)));
    all
}

/// All entries of a list, page by page.
async fn all<T: serde::de::DeserializeOwned>(
    page: impl AsyncFn(Option<&str>) -> Result<ApiAnswer<Vec<T>>, ClientError>,
) -> anyhow::Result<Vec<T>> {
    let (mut entries, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let answer = page(cursor.as_deref()).await?;
        entries.extend(answer.data()?);
        cursor = answer.next();
        if cursor.is_none() {
            return Ok(entries);
        }
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    write!(std::io::stdout(), "{text}").context("standard output was closed")
}
