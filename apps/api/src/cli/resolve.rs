//! The commands that resolve stuck effects, as a client of a running server.

mod arguments;
mod picture;

use std::io::Write;
use std::time::Duration;

pub(super) use self::arguments::ServerArgs;
use self::arguments::{One, OutcomeArg, line};
use anyhow::{Context, bail};
use clap::Subcommand;
use madoguchi_client::{
    ApiAnswer, Client, ClientError, EffectAnswer, EffectResolution, ProposeResolution,
    ResolutionReceipt,
};
use madoguchi_domain::port::{Clock, Ids};

use crate::system::{SystemClock, SystemIds};

pub(super) const EXAMPLE: &str = "Example:\n  export MADOGUCHI_TOKEN=...\n  \
    madoguchi resolve list --server https://madoguchi.example\n  \
    madoguchi resolve show SetLevel/0198c0de-0000-7000-8000-000000000000 --server ...\n  \
    madoguchi resolve propose SetLevel/0198c0de-... --outcome Confirmed --server ...\n  \
    madoguchi resolve approve SetLevel/0198c0de-... --content-hash 9f86d0... --server ...\n\n\
    docs/stuck.md says how to find out what became of an order or of a mail.";

#[derive(Debug, Subcommand)]
pub(super) enum ResolveCommand {
    /// List what is stuck: effects in Manual and in Unknown, and what is proposed for them.
    #[command(after_help = "Example:\n  madoguchi resolve list --server http://127.0.0.1:8080 \
        --token-file operator.token")]
    List {
        /// Only effects of this kind.
        #[arg(long, value_parser = ["SetLevel", "Mail"])]
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
    /// Propose an outcome, which another person has to approve. Reason and evidence are two lines
    /// of standard input, because arguments are visible to other users of the machine.
    #[command(
        after_help = "Example:\n  printf '%s\\n' 'the bank says it is done' 'statement 7' | \
        madoguchi resolve propose \\\n      \
        SetLevel/0198c0de-0000-7000-8000-000000000000 --outcome Confirmed \\\n      \
        --server http://127.0.0.1:8080 --token-file operator.token\n\n\
        The reason has 1 to 500 characters, the evidence 1 to 1000, for example the reference of a \
        statement; Confirmed needs evidence. Both are stored sealed."
    )]
    Propose {
        #[command(flatten)]
        one: One,
        /// The outcome that you propose.
        #[arg(long, value_enum)]
        outcome: OutcomeArg,
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

/// Longest wait before a request is repeated.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The answer to a request that changes something.
type Written = Result<ApiAnswer<ResolutionReceipt>, ClientError>;

impl ResolveCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List { kind, server } => list(&server.client()?, kind.as_deref()).await,
            Self::Show { one } => show(&one).await,
            Self::Propose { one, outcome } => {
                let reason = line("Reason")?;
                let evidence = Some(line("Evidence")?).filter(|text| !text.is_empty());
                let proposal = ProposeResolution { outcome: outcome.as_str(), reason, evidence };
                one.write(async |client, kind, id| {
                    client.propose_resolution(kind, id, &proposal).await
                })
                .await
            }
            Self::Approve { one, content_hash } => {
                one.write(async |client, kind, id| {
                    client.approve_resolution(kind, id, &content_hash).await
                })
                .await
            }
            Self::Withdraw { one } => {
                one.write(async |client, kind, id| client.withdraw_resolution(kind, id).await).await
            }
        }
    }
}

impl One {
    /// Sends a request that changes something, again if no answer came or the server asks for it:
    /// its key lets it act once. Then shows the effect.
    async fn write(
        &self,
        send: impl AsyncFn(&Client, &str, &str) -> Written,
    ) -> anyhow::Result<()> {
        let client = self.server.client()?.with_idempotency_key(&SystemIds.uuid().to_string());
        let (kind, id) = &self.effect;
        let mut answer = send(&client, kind, id).await;
        for _ in 0..2 {
            match &answer {
                Err(ClientError::NoAnswer(_)) => {}
                Ok(ApiAnswer { status: 503, retry_after: Some(seconds), .. }) => {
                    tokio::time::sleep(Duration::from_secs(*seconds).min(LONGEST_WAIT)).await;
                }
                _ => break,
            }
            answer = send(&client, kind, id).await;
        }
        let ResolutionReceipt { resolution_id, state, .. } = answer?.data()?;
        print(&format!("{state}: resolution {resolution_id}\n\n"))?;
        show(self).await.context("it is done, but cannot be shown")
    }
}

async fn show(one: &One) -> anyhow::Result<()> {
    let (kind, id) = &one.effect;
    let effect = one.server.client()?.effect(kind, id).await?.data()?;
    print(&picture::of_effect(&effect, &one.server.server, SystemClock.now()))
}

async fn list(client: &Client, kind: Option<&str>) -> anyhow::Result<()> {
    let proposals = proposals(client).await?;
    let mut found: Vec<EffectAnswer> = Vec::new();
    // In this order: one that moves meanwhile is in both lists, not in none.
    for state in ["Unknown", "Manual"] {
        let mut filter = vec![("state", state)];
        filter.extend(kind.map(|kind| ("kind", kind)));
        let effects: Vec<EffectAnswer> =
            all(async |cursor| client.effects(&with_cursor(&filter, cursor)).await).await?;
        found.retain(|one| !effects.iter().any(|it| it.kind == one.kind && it.id == one.id));
        found.splice(0..0, effects);
    }
    print(picture::HEAD)?;
    let now = SystemClock.now();
    for effect in &found {
        let is_its = |it: &&EffectResolution| it.kind == effect.kind && it.effect_id == effect.id;
        print(&picture::line(effect, proposals.iter().find(is_its), now))?;
    }
    let stuck = found.iter().filter(|one| one.state == "Manual").count();
    print(&picture::foot(stuck, found.len() - stuck))
}

/// All that wait for an approval; none from a server that cannot seal them.
async fn proposals(client: &Client) -> anyhow::Result<Vec<EffectResolution>> {
    let filter = [("state", "PROPOSED")];
    let first = client.resolutions(&with_cursor(&filter, None)).await?;
    if first.status == 404 {
        return Ok(Vec::new());
    }
    all(async |cursor| client.resolutions(&with_cursor(&filter, cursor)).await).await
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
        let next = answer.next();
        if next.is_none() {
            return Ok(entries);
        }
        if next == cursor {
            bail!("the server repeats a page for ever: is it a Madoguchi of this version?");
        }
        cursor = next;
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    write!(std::io::stdout(), "{text}").context("standard output was closed")
}
