//! The background tasks of the process and their graceful shutdown.

use std::fmt;

use madoguchi_application::AuditWriter;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A task, with its name for the log if it ends unexpectedly.
pub(crate) type Named = (&'static str, JoinHandle<()>);

/// The running tasks.
pub(crate) struct Tasks {
    /// Signals `running` to finish their work and end.
    pub(crate) stop: watch::Sender<bool>,
    /// Tasks that end on the signal.
    pub(crate) running: Vec<Named>,
    /// Tasks that end once all their senders are dropped.
    pub(crate) asked: Vec<Named>,
    /// One of those senders: the writer is kept, also if no route uses it.
    pub(crate) audit: AuditWriter,
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tasks({})", self.running.len() + self.asked.len())
    }
}

impl Tasks {
    /// Lets every task finish its work.
    ///
    /// # Errors
    /// When a task had failed.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let _ = self.stop.send(true);
        let mut ended = Ok(());
        drop(self.audit);
        for (_, task) in self.running.into_iter().chain(self.asked) {
            // All of them, also after one that failed: another may hold a lease.
            ended = ended.and(task.await);
        }
        Ok(ended?)
    }

    /// The name of a task that has ended and should run for ever.
    pub(crate) fn has_ended(&self) -> Option<&'static str> {
        let mut all = self.running.iter().chain(&self.asked);
        all.find(|(_, task)| task.is_finished()).map(|(name, _)| *name)
    }
}
