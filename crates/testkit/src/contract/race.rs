//! Starts tasks at the same time, so that a check can test concurrent calls.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Barrier;

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
