//! The commands that show and do what retention deletes, reports and purges.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use clap::Subcommand;
use indicatif::ProgressBar;
use madoguchi_application::{PlannedContact, Ran, RetentionCounts};
use madoguchi_domain::contact::ApplicationId;
use madoguchi_domain::retention::{JapanDay, RetainedContact, RetentionStep};
use tokio::sync::watch;

use super::configured::Configured;
use super::rotation_progress::style;
use super::stop_signals::StopSignals;
use crate::csv_cell::safe;
use crate::logging;
use crate::system::SystemClock;
use crate::wiring::Retention;

pub(super) const EXAMPLE: &str = "Example:\n  \
    madoguchi retention plan --config madoguchi.toml\n  \
    madoguchi retention plan --day 2027-02-01 --csv --config madoguchi.toml > plan.csv\n  \
    madoguchi retention run --config madoguchi.toml";

const COLUMNS: [&str; 5] = ["contactId", "personId", "applicationId", "keptUntil", "what"];
const BAR: &str = "{wide_bar} {pos}/{len} contacts, {per_sec}, {eta} left";

#[derive(Debug, Subcommand)]
pub(super) enum RetentionCommand {
    /// Print what a run on a day would do, as things stand now. Nothing is changed.
    #[command(after_help = "Example:\n  madoguchi retention plan --day 2027-02-01 \
        --config madoguchi.toml")]
    Plan {
        /// The day in Japan, for example 2027-02-01 [default: tomorrow].
        #[arg(long, value_parser = day)]
        day: Option<JapanDay>,
        /// Print one row for each contact as CSV.
        #[arg(long)]
        csv: bool,
        #[command(flatten)]
        configured: Configured,
    },
    /// Report, delete and purge what is due now. One process does it at a time; a run that was
    /// stopped or killed goes on with the next one.
    #[command(after_help = "Example:\n  madoguchi retention run --per-second 100 \
        --config madoguchi.toml")]
    Run {
        /// Maximum contacts that are changed per second, 1 to 10000
        /// [default: retention.per_second].
        #[arg(long, value_parser = rate)]
        per_second: Option<NonZeroU32>,
        /// Change nothing: print what a run tomorrow would do, as plan does.
        #[arg(long, conflicts_with = "per_second")]
        dry_run: bool,
        #[command(flatten)]
        configured: Configured,
    },
}

fn day(text: &str) -> Result<JapanDay, &'static str> {
    JapanDay::parse(text).ok_or("must be a day such as 2027-02-01")
}

fn rate(text: &str) -> Result<NonZeroU32, &'static str> {
    let number = text.parse().ok().filter(|number: &NonZeroU32| number.get() <= 10_000);
    number.ok_or("must be a whole number from 1 to 10000")
}

impl RetentionCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Plan { day, csv, configured } => plan(day, csv, &configured).await,
            Self::Run { dry_run: true, configured, .. } => plan(None, false, &configured).await,
            Self::Run { per_second, configured, .. } => run(per_second, &configured).await,
        }
    }
}

async fn open(configured: &Configured) -> anyhow::Result<Retention> {
    Retention::open(&configured.read()?, Arc::new(SystemClock)).await
}

/// How many contacts a run has each thing to do with.
#[derive(Debug, Default)]
struct PlanCounts {
    delete: u64,
    report: u64,
    purge: u64,
    held: u64,
    unanswered: u64,
}

impl PlanCounts {
    const fn add(&mut self, planned: PlannedContact) -> ControlFlow<()> {
        *match planned {
            PlannedContact::Step(RetentionStep::Delete) => &mut self.delete,
            PlannedContact::Step(RetentionStep::Report) => &mut self.report,
            PlannedContact::Step(RetentionStep::Purge(_)) => &mut self.purge,
            PlannedContact::Held => &mut self.held,
            PlannedContact::Unanswered => &mut self.unanswered,
        } += 1;
        ControlFlow::Continue(())
    }

    const fn steps(&self) -> u64 {
        self.delete + self.report + self.purge
    }

    fn summary(&self, day: JapanDay) -> String {
        let Self { delete, report, purge, held, unanswered } = self;
        let mut text = format!("A run on {day} in Japan, as things stand now:\n");
        for (count, what) in [
            (delete, "would be deleted: their retention is over, and they wait for no answer"),
            (report, "would be reported as unanswered, and kept"),
            (purge, "would be purged: their data keys would be erased"),
            (held, "would be kept only because of a legal hold"),
            (unanswered, "are over, reported, and kept because nobody answered them"),
        ] {
            let _ = writeln!(text, "{count:>10} contacts {what}");
        }
        text
    }
}

async fn plan(day: Option<JapanDay>, csv: bool, configured: &Configured) -> anyhow::Result<()> {
    const CLOSED: &str = "standard output was closed";
    let retention = open(configured).await?;
    let day = day.unwrap_or_else(|| retention.tomorrow());
    let mut counts = PlanCounts::default();
    if !csv {
        retention.plan(Some(day), |_, planned| counts.add(planned)).await?;
        return write!(io::stdout(), "{}", counts.summary(day)).context(CLOSED);
    }
    let mut rows = csv::Writer::from_writer(io::stdout());
    rows.write_record(COLUMNS).context(CLOSED)?;
    let mut written = Ok(());
    let row = |contact: &RetainedContact, planned| {
        written = rows.write_record(cells(contact, planned));
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    retention.plan(Some(day), row).await?;
    written.and_then(|()| Ok(rows.flush()?)).context(CLOSED)
}

fn cells(contact: &RetainedContact, planned: PlannedContact) -> [String; COLUMNS.len()] {
    [
        contact.id.to_string(),
        safe(contact.person.expose()),
        safe(contact.application.as_ref().map(ApplicationId::expose).unwrap_or_default()),
        contact.kept_until.map(|at| at.to_string()).unwrap_or_default(),
        planned.as_str().to_owned(),
    ]
}

async fn run(per_second: Option<NonZeroU32>, configured: &Configured) -> anyhow::Result<()> {
    let mut signals = StopSignals::listen()?;
    let mut retention = open(configured).await?;
    if let Some(per_second) = per_second {
        retention = retention.at(per_second);
    }
    // A bar is not drawn where standard error is no terminal; nobody waits for its length there.
    let logging = (!io::stderr().is_terminal()).then(logging::start);
    let mut due = PlanCounts::default();
    if logging.is_none() {
        tokio::select! {
            planned = retention.plan(None, |_, planned| due.add(planned)) => planned?,
            () = signals.received() => bail!("stopped before anything was changed"),
        }
    }
    let bar = ProgressBar::new(due.steps()).with_style(style(BAR));
    let (stop, stopped) = watch::channel(false);
    let mut counts = RetentionCounts::default();
    let ran = {
        let run = retention.run(stopped, |now| {
            counts = now;
            bar.set_position(now.reported + now.deleted + now.purged);
        });
        tokio::pin!(run);
        loop {
            tokio::select! {
                ran = &mut run => break ran,
                // The step that has begun is finished.
                () = signals.received() => drop(stop.send(true)),
            }
        }
    };
    bar.finish_and_clear();
    drop(logging);
    if !matches!(ran, Ok(Ran::Elsewhere)) {
        let _ = writeln!(io::stderr(), "{}", summary(&counts));
    }
    let ran = ran.context("the run broke off: what it did stays, and the next run goes on")?;
    if ran == Ran::Elsewhere {
        bail!(
            "another process runs retention now: it does this work. If it was killed, try again in \
             10 seconds (2 minutes if it was a server)"
        );
    }
    ensure!(ran == Ran::ToEnd, "stopped before the end: the next run goes on");
    ensure!(
        counts.unreadable == 0,
        "{} contacts cannot be read and stay: run again with 2> retention.log to see which, and \
         docs/keys.md says what to do",
        counts.unreadable
    );
    Ok(())
}

fn summary(counts: &RetentionCounts) -> String {
    let RetentionCounts { examined, reported, deleted, purged, held, unanswered, lost, .. } =
        counts;
    format!(
        "{examined} contacts examined: {deleted} deleted, {reported} reported as unanswered, \
         {purged} purged; {held} kept by a legal hold, {unanswered} kept unanswered, {lost} \
         changed meanwhile and left to the next run"
    )
}
