//! The files of tokens and users, which are read again while the server runs.

use std::sync::Arc;

use madoguchi_domain::port::{PasswordVerifier, TokenVerifier};

use crate::settings::Settings;

/// A file that can be read again.
pub(crate) trait Reload: Send + Sync {
    /// Takes over what the file holds now.
    ///
    /// # Errors
    /// When it cannot be used: then nothing changes. Holds no line of the file.
    fn reload(&self) -> Result<(), String>;
}

/// A file of tokens.
pub(crate) trait TokenFile: TokenVerifier + Reload {}
impl<T: TokenVerifier + Reload> TokenFile for T {}

/// A file of users.
pub(crate) trait UserFile: PasswordVerifier + Reload {}
impl<T: PasswordVerifier + Reload> UserFile for T {}

/// Every such file of a server, with its name in the log and in the metric.
#[derive(Clone)]
pub(crate) struct ReloadableFiles(Vec<(&'static str, Arc<dyn Reload>)>);

impl ReloadableFiles {
    pub(crate) fn of(settings: &Settings) -> Self {
        let tokens: Arc<dyn Reload> = Arc::clone(&settings.tokens.0) as _;
        let mut files = vec![("tokens", tokens)];
        if let Some(gateway) = &settings.gateway {
            files.push(("users", Arc::clone(&gateway.passwords.0) as _));
        }
        Self(files)
    }

    /// Reads each of them again; one with a mistake keeps its old content.
    pub(crate) async fn reload(&self) {
        let files = self.clone();
        // A slow disk must not hold a thread of the runtime. A panic is in the log by then.
        let _ = tokio::task::spawn_blocking(move || files.reload_now()).await;
    }

    fn reload_now(&self) {
        for (file, content) in &self.0 {
            let outcome = match content.reload() {
                Ok(()) => {
                    tracing::info!(file, "reloaded");
                    "ok"
                }
                Err(error) => {
                    tracing::error!(file, error, "not reloaded: the old content stays in use");
                    "failed"
                }
            };
            metrics::counter!("madoguchi_reloads_total", "file" => *file, "outcome" => outcome)
                .increment(1);
        }
    }
}

impl std::fmt::Debug for ReloadableFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(file, _)| file)).finish()
    }
}
