//! Shows how far a rotation is: a bar on a terminal, log lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use madoguchi_application::RotationCounts;

use crate::logging::{self, Logging};

/// Time between two log lines.
const LOG_EVERY: Duration = Duration::from_secs(10);
const BAR: &str = "{wide_bar} {pos}/{len} data keys, {per_sec}, {eta} left";

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
        let style = ProgressStyle::with_template(BAR);
        Self::Bar(
            ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())),
        )
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

    pub(super) fn finish(self) {
        match self {
            Self::Bar(bar) => bar.finish_and_clear(),
            Self::Log { logging, .. } => drop(logging),
        }
    }
}
