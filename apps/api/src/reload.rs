//! Reloads the token file, the user file and the key ring while the server runs.

use std::sync::Arc;

use tokio::sync::Mutex;

/// A file that can be reloaded.
pub(crate) trait Reload: Send + Sync {
    /// Replaces the content in memory with the file's current content.
    ///
    /// # Errors
    /// When the file is invalid: then nothing changes. The text holds no line of the file.
    fn reload(&self) -> Result<(), String>;
}

/// A file's name in logs and metrics, and its content.
pub(crate) type ReloadableFile = (&'static str, Arc<dyn Reload>);

/// All reloadable files of a server.
#[derive(Clone)]
pub(crate) struct ReloadableFiles {
    files: Vec<ReloadableFile>,
    /// Serializes reloads, so that the last one reads the newest content.
    running: Arc<Mutex<()>>,
}

impl ReloadableFiles {
    pub(crate) fn new(files: Vec<ReloadableFile>) -> Self {
        Self { files, running: Arc::default() }
    }

    /// Reloads each file in the background; an invalid file keeps its old content.
    pub(crate) fn start_reload(&self) {
        let Self { files, running } = self.clone();
        tokio::spawn(async move {
            let _running = running.lock().await;
            for (file, content) in files {
                // A slow disk must not block a runtime thread.
                let read = tokio::task::spawn_blocking(move || content.reload()).await;
                count(file, read.unwrap_or_else(|_| Err("the reader panicked".to_owned())));
            }
        });
    }
}

fn count(file: &'static str, read: Result<(), String>) {
    let outcome = match read {
        Ok(()) => {
            tracing::info!(file, "reloaded");
            "ok"
        }
        Err(error) => {
            tracing::error!(file, error, "not reloaded: the old content stays in use");
            "failed"
        }
    };
    metrics::counter!("madoguchi_reloads_total", "file" => file, "outcome" => outcome).increment(1);
}

impl std::fmt::Debug for ReloadableFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.files.iter().map(|(file, _)| file)).finish()
    }
}
