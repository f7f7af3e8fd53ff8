//! What the log and the metrics say of attempts to deliver.

use madoguchi_domain::effect::{Effect, Outcome};
use madoguchi_domain::port::{EffectChange, Recorded};

use super::decided::report_if_stuck;

/// The log is the only place that has it.
pub(super) fn log_refused((effect, outcome): &(Effect, Outcome), place: &str) {
    let (key, correlation) = (&effect.order.key, effect.correlation.as_str());
    let (outcome, detail) = (outcome.as_str(), &*outcome.detail());
    tracing::error!(effect = %key, correlation, outcome, detail, place, "an outcome is refused");
}

pub(super) fn log_attempt(change: &EffectChange, recorded: Recorded) {
    if recorded == Recorded::Written {
        report_if_stuck(&change.write.after);
    }
    let Some(evidence) = &change.write.evidence else { return };
    let (kind, id) = (evidence.effect.kind.as_str(), evidence.effect.id);
    let (outcome, detail) = (evidence.outcome.as_str(), evidence.outcome.detail());
    let detail = &*detail;
    let correlation = change.write.after.correlation.as_str();
    let labels = [("kind", kind.to_owned()), ("outcome", outcome.to_owned())];
    metrics::counter!("madoguchi_effect_attempts_total", &labels).increment(1);
    match recorded {
        Recorded::Written => {
            let state = change.write.after.state.name();
            tracing::info!(kind, %id, correlation, outcome, detail, %state, "delivery attempted");
        }
        Recorded::FencedOut => {
            let why = "the claim was lost: kept as evidence only";
            tracing::warn!(kind, %id, correlation, outcome, detail, why, "delivery attempted");
        }
    }
}
