//! The commands about the keys that seal personal data.

use std::io::Write;
use std::num::NonZeroU32;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use madoguchi_application::{
    IndexCounts, IndexRotation, KeyExamination, KeyFindings, KeyRotation, RotationError,
    RotationSettings, indexes_without_key,
};
use madoguchi_domain::key_ring::{HeldKey, KeyKind, KeyReport, KeyState};
use madoguchi_domain::port::Clock;
use madoguchi_domain::sealed::KeyId;

use super::configured::Configured;
use super::rotation_progress::RotationProgress;
use crate::logging;
use crate::system::SystemClock;
use crate::wiring::{self, KeyTools};

pub(super) const EXAMPLE: &str = "Example:\n  madoguchi keys list --config madoguchi.toml\n  \
    madoguchi keys doctor --config madoguchi.toml";

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Write a new random key to a file beside the key ring, and print its entry.
    #[command(after_help = "Example:\n  madoguchi keys new --kind key-encryption --id kek-2027 \
        --config madoguchi.toml >> secrets/keys.toml")]
    New {
        /// What the key is for.
        #[arg(long)]
        kind: NewKeyKind,
        /// The key's id: 1 to 32 characters of a-z, 0-9 and -.
        #[arg(long, value_parser = KeyId::parse)]
        id: KeyId,
        #[command(flatten)]
        configured: Configured,
    },
    /// List the keys, the data keys or blind indexes under them, and the nodes that have them.
    #[command(after_help = "Example:\n  madoguchi keys list --config madoguchi.toml")]
    List(Configured),
    /// Wrap all data keys under the active key-encryption key, and compute all blind indexes under
    /// the index keys, while the nodes serve.
    #[command(after_help = "Example:\n  madoguchi keys rotate --per-second 1000 \
        --config madoguchi.toml\n\n\
        It may be stopped at any time, and started again or twice.")]
    Rotate {
        /// Data keys or records per transaction, 1 to 10000.
        #[arg(long, default_value = "500", value_parser = batch)]
        batch: NonZeroU32,
        /// Maximum data keys or records per second [default: unlimited].
        #[arg(long)]
        per_second: Option<NonZeroU32>,
        #[command(flatten)]
        configured: Configured,
    },
    /// Open every data key; fail if one does not open, or if a key that rows need is not in the key
    /// ring.
    #[command(after_help = "Example:\n  madoguchi keys doctor --config madoguchi.toml")]
    Doctor(Configured),
}

/// The kinds of keys, as arguments.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum NewKeyKind {
    /// Wraps data keys.
    KeyEncryption,
    /// Computes blind indexes.
    Index,
}

fn batch(text: &str) -> Result<NonZeroU32, &'static str> {
    let number = text.parse().ok().filter(|number: &NonZeroU32| number.get() <= 10_000);
    number.ok_or("must be a whole number from 1 to 10000")
}

impl KeysCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::New { kind, id, configured } => new(kind, &id, &configured),
            Self::List(configured) => list(&configured).await,
            Self::Rotate { batch, per_second, configured } => {
                rotate(RotationSettings { batch, per_second }, &configured).await
            }
            Self::Doctor(configured) => doctor(&configured).await,
        }
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    write!(std::io::stdout(), "{text}").context("standard output was closed")
}

fn new(kind: NewKeyKind, id: &KeyId, configured: &Configured) -> anyhow::Result<()> {
    wiring::create_key(&configured.read()?, id)?;
    let section = match kind {
        NewKeyKind::KeyEncryption => "key_encryption_key",
        NewKeyKind::Index => "index_key",
    };
    print(&format!(
        "\n[[{section}]]\nid = \"{id}\"\nstate = \"decrypt_only\"\nfile = \"{id}.hex\"\n"
    ))
}

async fn list(configured: &Configured) -> anyhow::Result<()> {
    let _logging = logging::start();
    let KeyTools { held, data_keys, indexes, .. } = KeyTools::open(&configured.read()?).await?;
    let of_kind = |kind| move |(id, count): (KeyId, u64)| (kind, id, count);
    let under = data_keys.counts().await?.into_iter().map(of_kind(KeyKind::KeyEncryption));
    let indexed = indexes.counts().await?.into_iter().map(of_kind(KeyKind::Index));
    let counts: Vec<_> = under.chain(indexed).collect();
    let now = SystemClock.now();
    let mut reports = data_keys.reports().await?;
    reports.retain(|report| report.is_current(now));
    reports.sort_by(|one, other| one.node.cmp(&other.node));
    print(&table(&held, &counts, &reports))
}

/// One line for each key: of the key ring, of a running node, or of stored rows.
fn table(held: &[HeldKey], counts: &[(KeyKind, KeyId, u64)], reports: &[KeyReport]) -> String {
    let under_key = counts.iter().map(|(kind, id, _)| (*kind, id));
    let of_nodes = reports.iter().map(|it| (it.key.kind, &it.key.id));
    let ours = held.iter().map(|it| (it.kind, &it.id));
    let mut keys: Vec<_> = ours.chain(of_nodes).chain(under_key).collect();
    keys.sort_by_key(|(kind, id)| (*kind == KeyKind::Index, *id));
    keys.dedup();
    let row = |kind: &str, id: &str, state: &str, count: &str, nodes: &str| {
        let line = format!("{kind:15} {id:32} {state:12} {count:>10}  {nodes}");
        line.trim_end().to_owned() + "\n"
    };
    let rows = keys.into_iter().map(|(kind, id)| {
        let state = held.iter().find(|it| it.kind == kind && it.id == *id);
        let state = state.map_or("missing", |it| it.state.as_str());
        let count = counts.iter().find(|(of, key, _)| (*of, key) == (kind, id));
        let count = count.map_or(0, |(_, _, count)| *count).to_string();
        let nodes = reports.iter().filter(|it| it.key.kind == kind && it.key.id == *id);
        let nodes: Vec<_> =
            nodes.map(|it| format!("{}:{}", it.node.as_str(), it.key.state)).collect();
        row(kind.as_str(), id.as_str(), state, &count, &nodes.join(" "))
    });
    row("KIND", "ID", "STATE HERE", "ROWS", "NODES") + &rows.collect::<String>()
}

async fn rotate(settings: RotationSettings, configured: &Configured) -> anyhow::Result<()> {
    let mut progress = RotationProgress::start();
    let tools = KeyTools::open(&configured.read()?).await?;
    let KeyTools { held, sealer, data_keys: keys, indexes } = tools;
    let is_active =
        |key: &&HeldKey| key.kind == KeyKind::KeyEncryption && key.state == KeyState::Active;
    let active = held.iter().find(is_active).map_or("", |key| key.id.as_str()).to_owned();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let rotation =
        KeyRotation { keys: Arc::clone(&keys), sealer, clock: Arc::clone(&clock), settings };
    let rotated = rotation.run(|counts| progress.show(counts)).await;
    let rotation = IndexRotation { indexes, keys, held, clock, settings };
    // A data key that does not open keeps no other record from being indexed.
    let indexed = match &rotated {
        Ok(_) | Err(RotationError::Unopened(_)) => {
            rotation.run(|counts| progress.show_indexes(counts)).await
        }
        Err(_) => Ok(IndexCounts::default()),
    };
    progress.finish();
    let (counts, indexed) = (rotated?, indexed?);
    print(&format!(
        "{} data keys were re-wrapped, none is left under another key than {active}\n",
        counts.rewrapped
    ))?;
    print(&format!(
        "{} of {} records were indexed again, all are under the index keys of the key ring\n",
        indexed.replaced, indexed.records
    ))?;
    if counts.lost > 0 {
        print(&format!(
            "{} were re-wrapped by another process or erased meanwhile\n",
            counts.lost
        ))?;
    }
    Ok(())
}

async fn doctor(configured: &Configured) -> anyhow::Result<()> {
    let _logging = logging::start();
    let tools = KeyTools::open(&configured.read()?).await?;
    let KeyTools { held, sealer, data_keys, indexes } = tools;
    let leftover = indexes_without_key(&*indexes, &held).await?;
    let findings = KeyExamination { keys: data_keys, sealer }.run().await?;
    let KeyFindings { examined, without_key, unopened } = &findings;
    print(&format!("{examined} data keys were examined\n"))?;
    for (id, count) in without_key {
        print(&format!("{count} are under {id}, which is not in the key ring\n"))?;
    }
    for id in unopened {
        print(&format!("{} does not open\n", id.0))?;
    }
    if !(without_key.is_empty() && unopened.is_empty()) {
        bail!("records under these data keys cannot be read: docs/keys.md says what to do");
    }
    for (id, count) in &leftover {
        print(&format!("{count} blind indexes are under {id}, which is not in the key ring\n"))?;
    }
    anyhow::ensure!(leftover.is_empty(), "blind indexes are left over: run madoguchi keys rotate");
    Ok(())
}
