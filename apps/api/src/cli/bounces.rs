//! The command that reads delivery reports from the files of a directory.

use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use indicatif::ProgressBar;
use madoguchi_application::{DeliveryService, ServiceError};
use madoguchi_domain::delivery::BounceRefusal;

use super::configured::Configured;
use super::rotation_progress::style;
use crate::call::MOST_OF_MESSAGE;
use crate::system::system_act;
use crate::{logging, wiring};

pub(super) const EXAMPLE: &str = "Example:\n  \
    madoguchi bounces read --directory /var/mail/bounces/new --config madoguchi.toml\n\n\
    Each file is one message. A report that was read is moved to done/, any other message to \
    rejected/, both in that directory; names that begin with a dot are left alone. A file that is \
    read twice is recorded once.\n\
    The report of a mail that is being sent stays for the next run. Folders and links are left \
    alone.\n\
    Exit code: 0 if nothing went wrong, 1 if some messages were rejected, 2 if something could not \
    be done; such files are where they were.";

const BAR: &str = "{spinner} {pos} of {len} messages read, {per_sec}";

#[derive(Debug, Subcommand)]
pub(super) enum BouncesCommand {
    /// Read each file of a directory once, and move it.
    #[command(after_help = EXAMPLE)]
    Read {
        /// The directory of the messages, for example the `new` directory of a Maildir.
        #[arg(long, value_name = "DIR")]
        directory: PathBuf,
        #[command(flatten)]
        configured: Configured,
    },
}

/// What became of one message.
enum MessageOutcome {
    Bounced,
    /// A report of a delay or of a success.
    NotFinal,
    Rejected(String),
    /// Its mail is being sent: it can be recorded later.
    Early,
    /// The file cannot be read or moved.
    Unreadable(io::Error),
    /// Another process has moved it.
    Gone,
}

/// How many messages have each outcome.
#[derive(Debug, Default)]
struct MessageCounts {
    bounced: u64,
    not_final: u64,
    rejected: u64,
    early: u64,
    unreadable: u64,
}

impl BouncesCommand {
    /// Runs to the end; it reports its own failures, since 1 means that messages were rejected.
    pub(super) async fn run(self) -> ExitCode {
        let Self::Read { directory, configured } = self;
        match read_all(&directory, &configured).await {
            Ok(counts) if counts.unreadable > 0 => ExitCode::from(2),
            Ok(counts) if counts.rejected > 0 => ExitCode::from(1),
            Ok(_) => ExitCode::SUCCESS,
            Err(error) => {
                logging::report(&error);
                ExitCode::from(2)
            }
        }
    }
}

async fn read_all(directory: &Path, configured: &Configured) -> anyhow::Result<MessageCounts> {
    let service = wiring::delivery(&configured.read()?).await?;
    let files = messages(directory)
        .with_context(|| format!("--directory {} cannot be read", directory.display()))?;
    let (done, rejected) = (directory.join("done"), directory.join("rejected"));
    for folder in [&done, &rejected] {
        fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
    }
    // A bar is not drawn where standard error is no terminal.
    let logging = (!io::stderr().is_terminal()).then(logging::start);
    let bar = ProgressBar::new(files.len() as u64).with_style(style(BAR));
    let mut counts = MessageCounts::default();
    for path in files {
        let outcome = read_one(&service, &path).await?.moved((&done, &rejected), &path);
        if let Some(why) = counts.add(outcome) {
            // The names come from outside, with the files.
            let name = path.display().to_string();
            bar.suspend(|| writeln!(io::stderr(), "{}: {why}", name.escape_debug()))
                .context("standard error was closed")?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    drop(logging);
    let _ = writeln!(io::stderr(), "{}", counts.summary());
    Ok(counts)
}

/// The files of a directory, by name: no folders, no links, and none that is hidden.
fn messages(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if entry.file_type()?.is_file() && !is_hidden {
            files.push(entry.path());
        }
    }
    files.sort_unstable();
    Ok(files)
}

async fn read_one(service: &DeliveryService, path: &Path) -> anyhow::Result<MessageOutcome> {
    let mut message = Vec::new();
    let most = MOST_OF_MESSAGE as u64 + 1;
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut message));
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(MessageOutcome::Gone),
        Err(error) => return Ok(MessageOutcome::Unreadable(error)),
    }
    if message.len() > MOST_OF_MESSAGE {
        return Ok(MessageOutcome::Rejected("the message is over 1 MiB".to_owned()));
    }
    let report = match wiring::read_report(&message) {
        Ok(report) => report,
        Err(why) => return Ok(MessageOutcome::Rejected(why.to_string())),
    };
    match service.report(&report, system_act("bounces")).await {
        Ok(answered) if answered.value.has_bounced => Ok(MessageOutcome::Bounced),
        Ok(_) => Ok(MessageOutcome::NotFinal),
        Err(ServiceError::BounceRefused(BounceRefusal::BeingSent)) => Ok(MessageOutcome::Early),
        Err(ServiceError::BounceRefused(why)) => Ok(MessageOutcome::Rejected(why.to_string())),
        Err(error) => Err(error).with_context(|| format!("{}", path.display())),
    }
}

impl MessageOutcome {
    /// The outcome after the file was moved into the folder for it.
    fn moved(self, (done, rejected): (&Path, &Path), path: &Path) -> Self {
        let folder = match self {
            Self::Bounced | Self::NotFinal => done,
            Self::Rejected(_) => rejected,
            Self::Early | Self::Unreadable(_) | Self::Gone => return self,
        };
        match move_to(folder, path) {
            Ok(()) => self,
            Err(error) if error.kind() == ErrorKind::NotFound => Self::Gone,
            Err(error) => Self::Unreadable(error),
        }
    }
}

/// Moves a file into a folder; it replaces none that has its name. A link is not made, since the
/// file may belong to another user.
fn move_to(folder: &Path, path: &Path) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default();
    let names = (0_u32..).map(|copy| {
        let mut name = name.to_owned();
        if copy > 0 {
            name.push(format!(".{copy}"));
        }
        folder.join(name)
    });
    for to in names {
        if !to.try_exists()? {
            return fs::rename(path, to);
        }
    }
    Ok(())
}

impl MessageCounts {
    /// Counts an outcome; returns what the operator has to know of it.
    fn add(&mut self, outcome: MessageOutcome) -> Option<String> {
        let (count, why) = match outcome {
            MessageOutcome::Bounced => (&mut self.bounced, None),
            MessageOutcome::NotFinal => (&mut self.not_final, None),
            MessageOutcome::Rejected(why) => (&mut self.rejected, Some(why)),
            MessageOutcome::Early => (&mut self.early, None),
            MessageOutcome::Unreadable(error) => (&mut self.unreadable, Some(error.to_string())),
            MessageOutcome::Gone => return None,
        };
        *count += 1;
        why
    }

    fn summary(&self) -> String {
        let Self { bounced, not_final, rejected, early, unreadable } = self;
        let all = bounced + not_final + rejected;
        let left = match early + unreadable {
            0 => String::new(),
            left => format!("; {left} left where they were, for the next run"),
        };
        format!(
            "{all} messages read: {bounced} report a mail that came back, {not_final} a delay or a \
             success, {rejected} rejected{left}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_file_replaces_no_other_one() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("done");
        fs::create_dir(&folder).unwrap();
        for text in ["a", "b", "c"] {
            let path = dir.path().join("1.eml");
            fs::write(&path, text).unwrap();
            move_to(&folder, &path).unwrap();
            assert!(!path.exists());
        }
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(["1.eml", "1.eml.1", "1.eml.2"].map(read), ["a", "b", "c"]);
    }

    #[test]
    fn only_plain_files_are_messages() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.eml", "a.eml", ".hidden"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        fs::create_dir(dir.path().join("done")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("a.eml"), dir.path().join("link")).unwrap();
        let names: Vec<_> = messages(dir.path()).unwrap();
        assert_eq!(names, ["a.eml", "b.eml"].map(|name| dir.path().join(name)));
    }
}
