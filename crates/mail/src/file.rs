//! Writes mails to a directory, for development.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use madoguchi_domain::effect::{Outcome, WhyNotSent};
use madoguchi_domain::mail::Mail;
use madoguchi_domain::port::Mailer;

use crate::message::{MailWriter, not_encodable};

/// Writes each mail to a file of its own, which mail programs open. The file of a repeated mail is
/// replaced.
#[derive(Debug)]
pub struct FileMailer {
    directory: PathBuf,
    writer: MailWriter,
}

impl FileMailer {
    /// Writes to this directory, which must be there.
    ///
    /// # Errors
    /// When no file can be written to it.
    pub fn new(directory: PathBuf, writer: MailWriter) -> io::Result<Self> {
        let probe = directory.join(".writable.part");
        create(&probe)?;
        fs::remove_file(probe)?;
        Ok(Self { directory, writer })
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, mail: &Mail) -> Outcome {
        let Some(written) = self.writer.write(mail) else {
            return not_encodable();
        };
        let id = mail.message_id.as_str().trim_matches(['<', '>']);
        let name = id.split('@').next().unwrap_or_default().to_owned();
        let path = self.directory.join(format!("{name}.eml"));
        let stored = tokio::task::spawn_blocking(move || store(&path, &written.content)).await;
        match stored {
            Ok(Ok(())) => Outcome::Applied,
            Ok(Err(error)) => {
                tracing::error!(kind = ?error.kind(), "a mail cannot be written to its directory");
                Outcome::NotSent(WhyNotSent::NoConnection)
            }
            Err(_) => Outcome::NotSent(WhyNotSent::NoConnection),
        }
    }
}

/// Complete or not at all, under its name.
fn store(path: &Path, content: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    create(&part)?.write_all(content)?;
    fs::rename(part, path)
}

/// An empty file for its owner alone: a mail names a person.
fn create(path: &Path) -> io::Result<File> {
    // A file of an attempt that broke off may have other permissions.
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
