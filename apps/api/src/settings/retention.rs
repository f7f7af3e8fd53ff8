//! The configuration of retention.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_domain::retention::RetentionPolicy;

use super::reader::{Section, value};

/// How long contacts are kept, and how the job that deletes them runs.
#[derive(Debug, Clone, Copy)]
pub struct RetentionSection {
    /// The rules.
    pub policy: RetentionPolicy,
    /// Maximum contacts that a run changes per second.
    pub per_second: NonZeroU32,
    /// Interval between two runs of `serve`; none if only the command runs it.
    pub every: Option<Duration>,
}

/// Contacts per second without configuration.
const USUAL_RATE: NonZeroU32 = NonZeroU32::new(200).unwrap();

impl RetentionSection {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let standard = RetentionPolicy::standard();
        let days = SignedDuration::from_hours(24);
        let usual = u32::try_from(standard.report_before.as_hours() / 24).unwrap_or_default();
        let report_before = section.or("report_days_before", usual, value::whole(0, 62));
        let purge_age = section.optional("purge_after_days", value::whole(1, 36_500));
        let per_second = section.or("per_second", USUAL_RATE.get(), value::whole(1, 10_000));
        let every = section.or("run_every_minutes", 60, value::whole(0, 24 * 60));
        if (1..5).contains(&every) {
            section.mistake("run_every_minutes", "must be 0, or 5 to 1440");
        }
        Self {
            policy: RetentionPolicy {
                report_before: days * i32::try_from(report_before).unwrap_or_default(),
                purge_age: purge_age.and_then(|days| u16::try_from(days).ok()),
            },
            per_second: NonZeroU32::new(per_second).unwrap_or(USUAL_RATE),
            every: (every > 0).then(|| Duration::from_secs(u64::from(every) * 60)),
        }
    }
}
