//! Stops a server when its test process ends, also if no destructor runs.
//!
//! A Rust static is never dropped, and nothing is dropped on `SIGKILL`. But the kernel always
//! closes the pipes of a process. So a small shell, the guardian, starts the server and reads a
//! pipe whose other end only the test process holds. When the pipe closes, the guardian stops the
//! server and removes its directory.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::programs::Account;

const SCRIPT: &str = include_str!("guardian.sh");

/// The shell that runs the server, with its input and output.
#[derive(Debug)]
pub(super) struct Guardian {
    dir: PathBuf,
    shell: Child,
    /// `None` only while being dropped.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Guardian {
    /// Creates a directory in `parent` with a cluster and starts the server with these `name=value`
    /// settings; returns when it accepts connections. It is a replica of the server whose socket is
    /// in `primary`, if any.
    pub(super) fn start(
        bin_dir: &Path,
        parent: &Path,
        primary: Option<&Path>,
        settings: &[&str],
    ) -> Self {
        let dir = tempfile::Builder::new().prefix("madoguchi-pg-").tempdir_in(parent);
        let dir = dir.expect("a directory for a cluster can be made");
        let mut command = Command::new("sh");
        command
            .args(["-c", SCRIPT, "guardian"])
            .args([bin_dir, dir.path(), primary.unwrap_or(Path::new(""))])
            .args(["listen_addresses=", "max_connections=200"])
            .arg(format!("unix_socket_directories={}", dir.path().display()))
            .args(settings)
            .current_dir(dir.path())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(account) = Account::to_step_down_to(dir.path()) {
            account.own(dir.path());
            command.uid(account.uid).gid(account.gid);
        }
        let mut shell = command.spawn().expect("sh runs");
        let orders = shell.stdin.take();
        let answers = BufReader::new(shell.stdout.take().expect("the shell's output is a pipe"));
        let mut guardian = Self { dir: dir.keep(), shell, orders, answers };
        guardian.expect_answer("start", "up");
        guardian
    }

    /// The directory of the server's data, log and socket.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Sends one command of the script, for example `stop`, and waits until it is done.
    pub(super) fn order(&mut self, order: &str) {
        let orders = self.orders.as_mut().expect("the guardian is alive until dropped");
        writeln!(orders, "{order}").expect("the guardian reads its orders");
        self.expect_answer(order, if ["stop", "crash"].contains(&order) { "down" } else { "up" });
    }

    fn expect_answer(&mut self, order: &str, expected: &str) {
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the guardian answers");
        if answer.trim_end() != expected {
            let log = std::fs::read_to_string(self.dir.join("log")).unwrap_or_default();
            panic!("PostgreSQL: `{order}` was answered {answer:?}; the log of the server:\n{log}");
        }
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.orders.take());
        // Ignore a failed wait: the shell's input is closed, so it cleans up by itself.
        let _ = self.shell.wait();
    }
}
