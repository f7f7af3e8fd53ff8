//! Counts the effects without a final outcome, for the metrics of this process.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::effect::{EffectKind, EffectStateName, UnsettledEffects};
use madoguchi_domain::port::{Clock, EffectQueue, StoreError};
use tokio::sync::watch;

/// Sets two gauges at intervals, from the store: `madoguchi_effects{kind,state}` and
/// `madoguchi_effect_oldest_age_seconds{kind,state}`. Every process reports the same.
pub struct EffectAgeing {
    /// The effects.
    pub effects: Arc<dyn EffectQueue>,
    /// The kinds.
    pub kinds: Vec<EffectKind>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// Interval between two counts.
    pub every: Duration,
}

impl fmt::Debug for EffectAgeing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EffectAgeing").field("kinds", &self.kinds).finish_non_exhaustive()
    }
}

/// The effects of one kind and state.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectCount {
    /// The kind.
    pub kind: EffectKind,
    /// The state.
    pub state: EffectStateName,
    /// How many.
    pub count: u64,
    /// The age of the oldest in seconds; 0 without one, or if none is due yet.
    pub oldest_age_seconds: f64,
}

impl EffectAgeing {
    /// Counts until `stop` is set or dropped.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.count().await {
                Ok(counts) => counts.into_iter().for_each(EffectCount::report),
                // The gauges keep their values.
                Err(error) => {
                    tracing::warn!(%error, "could not count the unsettled effects: trying again");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(self.every) => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Counts once: every kind and every unsettled state, also those without effects.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn count(&self) -> Result<Vec<EffectCount>, StoreError> {
        let mut counts = Vec::new();
        for kind in &self.kinds {
            let found = self.effects.unsettled(kind).await?;
            let of_state = |state| found.iter().find(|it| it.state == state);
            counts.extend(
                EffectStateName::UNSETTLED.map(|state| self.counted(kind, state, of_state(state))),
            );
        }
        Ok(counts)
    }

    fn counted(
        &self,
        kind: &EffectKind,
        state: EffectStateName,
        found: Option<&UnsettledEffects>,
    ) -> EffectCount {
        let age = found.map(|it| self.clock.now().duration_since(it.oldest).as_secs_f64());
        EffectCount {
            kind: kind.clone(),
            state,
            count: found.map_or(0, |it| it.count),
            oldest_age_seconds: age.unwrap_or_default().max(0.0),
        }
    }
}

impl EffectCount {
    fn report(self) {
        let labels = [("kind", self.kind.to_string()), ("state", self.state.as_str().to_owned())];
        // Exact up to 2^53.
        metrics::gauge!("madoguchi_effects", &labels).set(self.count as f64);
        let oldest = metrics::gauge!("madoguchi_effect_oldest_age_seconds", &labels);
        oldest.set(self.oldest_age_seconds);
    }
}
