//! The command that compares our levels with the core bank's.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroU32;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use madoguchi_application::ComparedMember;
use madoguchi_domain::effect::Doubt;
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::upgrade::{LevelAnswer, LevelVerdict};

use super::configured::Configured;
use super::rotation_progress::style;
use crate::csv_cell::safe;
use crate::{logging, wiring};

pub(super) const EXAMPLE: &str = "Example:\n  \
    madoguchi reconcile --rate 20 --report differences.csv --config madoguchi.toml\n\n\
    Needs esb.inquiry. The report has a row for each member that differs, is in progress or could \
    not be asked.\n\
    Exit code: 0 if all agree or are in progress, 1 if some differ, 2 if some could not be \
    asked or it could not be done.";

const COLUMNS: [&str; 5] = ["memberId", "verdict", "ourLevel", "bankLevel", "detail"];
const BAR: &str = "{spinner} {pos} members compared, {per_sec}";

/// Inquiries in a row without an answer after which the rest would have none either.
const MOST_UNANSWERED: usize = 50;

#[derive(Debug, clap::Args)]
pub(super) struct ReconcileCommand {
    /// Maximum inquiries per second, 1 to 1000.
    #[arg(long, default_value = "10", value_parser = rate)]
    rate: NonZeroU32,
    /// Write the report to this new file [default: standard output].
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    configured: Configured,
}

fn rate(text: &str) -> Result<NonZeroU32, &'static str> {
    let number = text.parse().ok().filter(|number: &NonZeroU32| number.get() <= 1000);
    number.ok_or("must be a whole number from 1 to 1000")
}

/// How many members have each verdict.
#[derive(Debug, Default)]
struct VerdictCounts {
    agree: u64,
    differ: u64,
    in_progress: u64,
    not_answered: u64,
}

impl ReconcileCommand {
    /// Runs to the end; it reports its own failures, since 1 means that levels differ.
    pub(super) async fn run(self) -> ExitCode {
        match self.compare().await {
            Ok(counts) if counts.differ > 0 => ExitCode::from(1),
            Ok(counts) if counts.not_answered > 0 => ExitCode::from(2),
            Ok(_) => ExitCode::SUCCESS,
            Err(error) => {
                logging::report(&error);
                ExitCode::from(2)
            }
        }
    }

    async fn compare(self) -> anyhow::Result<VerdictCounts> {
        let settings = self.configured.read()?;
        let mut reconciliation = wiring::reconciliation(&settings, self.rate).await?;
        let mut report = csv::Writer::from_writer(open(self.report.as_deref())?);
        // A bar is not drawn where standard error is no terminal.
        let logging = (!io::stderr().is_terminal()).then(logging::start);
        let bar = ProgressBar::no_length().with_style(style(BAR));
        let (mut counts, mut unanswered) = (VerdictCounts::default(), 0);
        report.write_record(COLUMNS).context(UNWRITTEN)?;
        loop {
            let compared = reconciliation.next().await?;
            if compared.is_empty() {
                break;
            }
            for one in &compared {
                counts.add(one.verdict);
                if one.verdict != LevelVerdict::Agrees {
                    report.write_record(row(one)).context(UNWRITTEN)?;
                }
                let is_unanswered = one.verdict == LevelVerdict::NotAnswered;
                unanswered = if is_unanswered { unanswered + 1 } else { 0 };
            }
            bar.inc(compared.len() as u64);
            report.flush().context(UNWRITTEN)?;
            if unanswered >= MOST_UNANSWERED {
                let why = compared.last().map(detail).unwrap_or_default();
                bail!(
                    "the core bank answered none of the last {unanswered} inquiries ({why}), so \
                     the report is incomplete: check esb.url and the bank, then start again"
                );
            }
        }
        bar.finish_and_clear();
        drop(logging);
        let _ = writeln!(io::stderr(), "{}", counts.summary());
        Ok(counts)
    }
}

const UNWRITTEN: &str = "the report cannot be written";

fn open(report: Option<&Path>) -> anyhow::Result<Box<dyn Write>> {
    let Some(path) = report else { return Ok(Box::new(io::stdout())) };
    // It has members' ids.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let file = file.with_context(|| {
        let hint = if path.exists() { ": give another name, or remove it" } else { "" };
        format!("--report {}{hint}", path.display())
    });
    Ok(Box::new(file?))
}

fn row(compared: &ComparedMember) -> [String; COLUMNS.len()] {
    let ComparedMember { member, answer, verdict } = compared;
    let text = |level: Option<&AccountLevel>| {
        level.map_or_else(String::new, |level| level.as_str().to_owned())
    };
    let theirs = match answer {
        LevelAnswer::Level(level) => text(level.as_ref()),
        LevelAnswer::Unanswered(_) | LevelAnswer::NotSupported => String::new(),
    };
    let (ours, detail) = (text(member.level()), detail(compared).to_owned());
    [safe(member.id.expose()), verdict.to_string(), ours, theirs, detail]
}

/// Why the bank's level is not known; empty if it is.
const fn detail(compared: &ComparedMember) -> &'static str {
    match &compared.answer {
        LevelAnswer::Level(_) => "",
        LevelAnswer::Unanswered(doubt) => Doubt::as_str(*doubt),
        LevelAnswer::NotSupported => "not_supported",
    }
}

impl VerdictCounts {
    const fn add(&mut self, verdict: LevelVerdict) {
        *match verdict {
            LevelVerdict::Agrees => &mut self.agree,
            LevelVerdict::Differs => &mut self.differ,
            LevelVerdict::InProgress => &mut self.in_progress,
            LevelVerdict::NotAnswered => &mut self.not_answered,
        } += 1;
    }

    fn summary(&self) -> String {
        let Self { agree, differ, in_progress, not_answered } = self;
        let all = agree + differ + in_progress + not_answered;
        format!(
            "{all} members compared: {agree} agree, {differ} differ, {in_progress} in progress, \
             {not_answered} could not be asked"
        )
    }
}
