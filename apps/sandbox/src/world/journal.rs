//! The file that keeps the world's state over a restart: one JSON record per line, append-only
//! until a reset.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::ledger::Record;

/// The name of the file in the data directory.
pub(super) const FILE: &str = "world.jsonl";

/// The open file, locked so that a second world cannot use it.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    length: u64,
    line: Vec<u8>,
}

impl Journal {
    /// Opens the file in this directory and passes each record to `each`, oldest first. A torn last
    /// line, left by a kill during a write, is removed: its request was never answered.
    ///
    /// # Errors
    /// When another world has it open, or when a line other than the last cannot be parsed.
    pub(super) fn open(data: &Path, mut each: impl FnMut(Record)) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data)
            .with_context(|| format!("{} cannot be made; give another --data", data.display()))?;
        let path = data.join(FILE);
        let file = lock(&path)?;
        let mut length = 0;
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = reader
                .read_until(b'\n', &mut line)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            if line.last() != Some(&b'\n') {
                break;
            }
            let record = serde_json::from_slice(&line).with_context(|| {
                let path = path.display();
                format!("line {number} of {path} is no record; move the file away to start anew")
            })?;
            each(record);
            length += read as u64;
        }
        file.set_len(length).with_context(|| format!("{} cannot be cut", path.display()))?;
        Ok(Self { file, length, line })
    }

    /// Appends a record. After this returns, killing the process does not lose it.
    ///
    /// # Errors
    /// When it cannot be written; the file is then as it was before.
    pub(super) fn append(&mut self, record: &Record) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, record)?;
        self.line.push(b'\n');
        if let Err(error) = self.file.write_all(&self.line).and_then(|()| self.file.flush()) {
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += self.line.len() as u64;
        Ok(())
    }

    /// Deletes all records atomically: after a kill, either all or none are left.
    ///
    /// # Errors
    /// When the file cannot be truncated; it is then as it was before.
    pub(super) fn empty(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.length = 0;
        Ok(())
    }
}

fn lock(path: &PathBuf) -> anyhow::Result<File> {
    let shown = path.display();
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)
        .with_context(|| format!("{shown} cannot be opened; give another --data"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("{shown} is used by another world; stop that one or give another --data")
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{shown} cannot be locked"))
        }
    }
}

#[cfg(test)]
mod tests;
