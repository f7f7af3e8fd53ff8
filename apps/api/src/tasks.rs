//! The program's tasks beside the HTTP server, and their orderly end.

use std::fmt;

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A task and what it is called when it ends by itself.
pub(crate) type Named = (&'static str, JoinHandle<()>);

/// The tasks that run.
pub(crate) struct Tasks {
    /// Told, they finish what they hold and end.
    pub(crate) stop: watch::Sender<bool>,
    /// Those that are told.
    pub(crate) running: Vec<Named>,
    /// Those that end once nobody can ask them any more.
    pub(crate) asked: Vec<Named>,
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tasks({})", self.running.len() + self.asked.len())
    }
}

impl Tasks {
    /// Lets every task finish what it holds.
    ///
    /// # Errors
    /// When one of them had broken down.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let _ = self.stop.send(true);
        for (_, task) in self.running.into_iter().chain(self.asked) {
            task.await?;
        }
        Ok(())
    }

    /// Names a task that has ended and should run for ever.
    pub(crate) fn has_ended(&self) -> Option<&'static str> {
        let mut all = self.running.iter().chain(&self.asked);
        all.find(|(_, task)| task.is_finished()).map(|(name, _)| *name)
    }
}
