//! Another session that holds what a statement locks.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Cluster, Database};

const SCRIPT: &str = include_str!("lock_holder.sh");

/// A session that holds a lock until this is dropped.
#[derive(Debug)]
pub struct LockHolder {
    shell: Child,
}

impl Cluster {
    /// Runs `lock`, for example `lock table members`, in a transaction that stays open; returns
    /// when it holds what it locks.
    ///
    /// # Panics
    ///
    /// When it does not get the lock in 10 s.
    #[must_use]
    pub fn hold(&self, database: &Database, lock: &str) -> LockHolder {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("lock holder {}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "lock_holder"])
            .arg(self.bin_dir().join("psql"))
            .args([database.url(), &name, lock])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh runs");
        let said = shell.stdout.take().expect("the shell's output is a pipe");
        let mut answer = String::new();
        BufReader::new(said).read_line(&mut answer).expect("the shell answers");
        assert_eq!(answer.trim_end(), "locked", "{lock}");
        LockHolder { shell }
    }
}

/// The end of the shell's input ends the session.
impl Drop for LockHolder {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
