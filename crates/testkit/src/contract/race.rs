//! Starts tasks at the same time, so that a check can test concurrent calls.

use std::future::Future;
use std::sync::Arc;

use madoguchi_application::PlatformStores;
use madoguchi_domain::change::{Change, Committed};
use tokio::sync::Barrier;

use super::audit_rows;

/// Commits changes at the same moment, and checks their audit rows and all chains. `commit` calls
/// the store alone: what it reads before would delay the race.
pub(crate) async fn race_changes<W, F>(
    stores: &(impl AsRef<PlatformStores> + Sync),
    changes: &[Change<W>],
    commit: impl Fn(Change<W>) -> F,
) -> Vec<Committed>
where
    W: Clone + Sync,
    F: Future<Output = Committed> + Send + 'static,
{
    let before = audit_rows::heads(stores).await;
    let committed = race(changes.iter().cloned().map(commit).collect()).await;
    audit_rows::are_of(stores, &before, changes, &committed).await;
    audit_rows::verify(stores).await;
    committed
}

/// Runs all futures as tasks that start together; returns their results in order.
///
/// # Panics
/// When one of them panics.
pub async fn race<F>(runners: Vec<F>) -> Vec<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    let start = Arc::new(Barrier::new(runners.len()));
    let tasks: Vec<_> = runners
        .into_iter()
        .map(|runner| {
            let start = Arc::clone(&start);
            tokio::spawn(async move {
                start.wait().await;
                runner.await
            })
        })
        .collect();
    let mut finished = Vec::with_capacity(tasks.len());
    for task in tasks {
        finished.push(task.await.expect("a task has not panicked"));
    }
    finished
}
