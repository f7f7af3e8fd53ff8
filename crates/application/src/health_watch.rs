//! Checks a dependency for those who ask, and at intervals for the log and the metrics.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::port::{DownReason, Health};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

/// Interval between two checks that nobody asked for.
const EVERY: Duration = Duration::from_secs(5);

/// How long an answer is given to others who ask.
const FRESH: Duration = Duration::from_millis(500);

/// Timeout of a check.
const TIMEOUT: Duration = Duration::from_secs(3);

type Condition = Result<(), DownReason>;

/// Checks one dependency, once at a time, and reports each change as a log line and in
/// `madoguchi_dependency_up{dependency}` and
/// `madoguchi_dependency_failed_checks_total{dependency,reason}`.
pub struct HealthWatch {
    dependency: Arc<dyn Health>,
    last: Mutex<Option<(Instant, Condition)>>,
}

impl fmt::Debug for HealthWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HealthWatch({})", self.dependency.name())
    }
}

impl HealthWatch {
    /// A watch that has not checked yet.
    #[must_use]
    pub fn new(dependency: Arc<dyn Health>) -> Self {
        Self { dependency, last: Mutex::new(None) }
    }

    /// The dependency's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.dependency.name()
    }

    /// Checks the dependency. Those who ask at the same time get one answer.
    ///
    /// # Errors
    /// With the reason why it cannot do its work.
    pub async fn check(&self) -> Result<(), DownReason> {
        let mut last = self.last.lock().await;
        let fresh = last.filter(|(at, _)| at.elapsed() < FRESH);
        if let Some((_, condition)) = fresh {
            return condition;
        }
        let answer = tokio::time::timeout(TIMEOUT, self.dependency.check()).await;
        let condition = answer.unwrap_or(Err(DownReason::Timeout));
        self.report(last.map(|(_, before)| before), condition);
        *last = Some((Instant::now(), condition));
        condition
    }

    /// Checks at intervals until `stop` is set or dropped.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let _ = self.check().await;
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
    }

    fn report(&self, before: Option<Condition>, now: Condition) {
        let dependency = self.name();
        let up = metrics::gauge!("madoguchi_dependency_up", "dependency" => dependency);
        up.set(if now.is_ok() { 1.0 } else { 0.0 });
        if let Err(why) = now {
            let labels = [("dependency", dependency), ("reason", why.as_str())];
            metrics::counter!("madoguchi_dependency_failed_checks_total", &labels).increment(1);
        }
        match (before, now) {
            (Some(before), now) if before == now => {}
            (_, Err(why)) => {
                let (reason, advice) = (why.as_str(), why.advice());
                tracing::error!(dependency, reason, advice, "a dependency cannot do its work");
            }
            (Some(Err(_)), Ok(())) => tracing::info!(dependency, "a dependency is back"),
            (_, Ok(())) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use async_trait::async_trait;

    use super::*;

    /// Answers after a while, and counts its checks.
    struct Counted {
        checks: Arc<AtomicU32>,
        lasts: Duration,
        answer: Condition,
    }

    #[async_trait]
    impl Health for Counted {
        fn name(&self) -> &'static str {
            "counted"
        }

        async fn check(&self) -> Condition {
            self.checks.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(self.lasts).await;
            self.answer
        }
    }

    fn watched(lasts: Duration, answer: Condition) -> (Arc<HealthWatch>, Arc<AtomicU32>) {
        let checks = Arc::new(AtomicU32::new(0));
        let counted = Counted { checks: Arc::clone(&checks), lasts, answer };
        (Arc::new(HealthWatch::new(Arc::new(counted))), checks)
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_ask_at_once_share_one_check() {
        let full = Err(DownReason::DiskFull);
        let (watch, checks) = watched(Duration::from_secs(1), full);
        let asked = (0..50).map(|_| {
            let watch = Arc::clone(&watch);
            tokio::spawn(async move { watch.check().await })
        });
        for answer in asked.collect::<Vec<_>>() {
            assert_eq!(answer.await.expect("no check panics"), full);
        }
        assert_eq!(checks.load(Ordering::Relaxed), 1);
        tokio::time::sleep(FRESH).await;
        assert_eq!(watch.check().await, full);
        assert_eq!(checks.load(Ordering::Relaxed), 2, "an old answer is not given again");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_does_not_answer_is_down() {
        let (watch, _) = watched(Duration::from_secs(3600), Ok(()));
        assert_eq!(watch.check().await, Err(DownReason::Timeout));
    }

    #[tokio::test(start_paused = true)]
    async fn it_checks_until_it_is_stopped() {
        let (watch, checks) = watched(Duration::ZERO, Ok(()));
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let running = tokio::spawn(watch.run(stopped));
        tokio::time::sleep(EVERY * 3 + FRESH).await;
        assert_eq!(checks.load(Ordering::Relaxed), 4);
        drop(stop);
        running.await.expect("it ends");
    }
}
