//! Shows how far a rotation is: a bar on a terminal, log lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use madoguchi_application::{IndexCounts, RotationCounts};

use crate::logging::{self, Logging};

/// Time between two log lines.
const LOG_EVERY: Duration = Duration::from_secs(10);
const BAR: &str = "{wide_bar} {pos}/{len} data keys, {per_sec}, {eta} left";

const INDEXES: &str = "{spinner} {pos} records indexed, {per_sec}";

pub(super) fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Where the progress is shown.
pub(super) enum RotationProgress {
    Bar(ProgressBar),
    Log { logging: Logging, last: Option<Instant> },
}

impl RotationProgress {
    pub(super) fn start() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Log { logging: logging::start(), last: None };
        }
        Self::Bar(ProgressBar::new(0).with_style(style(BAR)))
    }

    pub(super) fn show(&mut self, counts: &RotationCounts) {
        let RotationCounts { rewrapped, lost, unopened, left } = *counts;
        match self {
            Self::Bar(bar) => {
                bar.set_length(rewrapped + lost + left);
                bar.set_position(rewrapped + lost);
            }
            Self::Log { last, .. } => {
                if left == 0 || last.is_none_or(|last| last.elapsed() >= LOG_EVERY) {
                    tracing::info!(rewrapped, lost, unopened, left, "re-wrapping data keys");
                    *last = Some(Instant::now());
                }
            }
        }
    }

    /// The number of records is not known before: a bar shows it as it goes.
    pub(super) fn show_indexes(&mut self, counts: &IndexCounts) {
        let IndexCounts { records, replaced } = *counts;
        match self {
            Self::Bar(bar) => {
                bar.unset_length();
                bar.set_style(style(INDEXES));
                bar.set_position(records);
            }
            Self::Log { last, .. } => {
                if last.is_none_or(|last| last.elapsed() >= LOG_EVERY) {
                    tracing::info!(records, replaced, "computing blind indexes");
                    *last = Some(Instant::now());
                }
            }
        }
    }

    pub(super) fn finish(self) {
        match self {
            Self::Bar(bar) => bar.finish_and_clear(),
            Self::Log { logging, .. } => drop(logging),
        }
    }
}
