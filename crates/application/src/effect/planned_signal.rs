//! Wakes the workers of every kind when effects were planned.

use tokio::sync::watch;

/// Tells every worker that effects were planned. A signal that is lost costs no more than one poll
/// interval. Clones signal the same workers.
#[derive(Debug, Clone, Default)]
pub struct PlannedSignal(watch::Sender<()>);

/// Waits for signals.
#[derive(Debug)]
pub struct PlannedListener(watch::Receiver<()>);

impl PlannedSignal {
    /// Wakes every listener.
    pub fn notify(&self) {
        self.0.send_replace(());
    }

    /// A listener of the signals from now on.
    #[must_use]
    pub fn listen(&self) -> PlannedListener {
        PlannedListener(self.0.subscribe())
    }
}

impl PlannedListener {
    /// Returns at the next signal, or at once if there was one since the last call. Never returns
    /// once nobody can signal any more.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
