//! Runs work with many concurrent callers; each takes the next item as soon as it is free.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

/// Runs all items with `callers` concurrent callers; returns the results in no order.
///
/// # Errors
/// With the first failure; the others are stopped.
pub async fn work_through<W, T, F>(
    callers: usize,
    work: Vec<W>,
    each: impl Fn(W) -> F + Clone + Send + 'static,
) -> anyhow::Result<Vec<T>>
where
    W: Send + 'static,
    T: Send + 'static,
    F: Future<Output = anyhow::Result<T>> + Send,
{
    let queue = Arc::new(Mutex::new(work.into_iter()));
    let mut crowd = JoinSet::new();
    for _ in 0..callers {
        let (queue, each) = (Arc::clone(&queue), each.clone());
        crowd.spawn(async move {
            let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let mut done = Vec::new();
            while let Some(piece) = next() {
                done.push(each(piece).await?);
            }
            anyhow::Ok(done)
        });
    }
    let mut all = Vec::new();
    while let Some(done) = crowd.join_next().await {
        all.extend(done??);
    }
    Ok(all)
}

/// Starts one caller per item, all at the same moment.
///
/// # Errors
/// With the first failure.
pub async fn all_at_once<W, T, F>(
    work: Vec<W>,
    each: impl Fn(W) -> F + Clone + Send + 'static,
) -> anyhow::Result<Vec<T>>
where
    W: Send + 'static,
    T: Send + 'static,
    F: Future<Output = anyhow::Result<T>> + Send,
{
    let callers = work.len();
    let start = Arc::new(tokio::sync::Barrier::new(callers));
    work_through(callers, work, move |piece| {
        let (start, each) = (Arc::clone(&start), each.clone());
        async move {
            start.wait().await;
            each(piece).await
        }
    })
    .await
}
