//! Personal values that are sent on purpose, and must then be in clear nowhere.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, ensure};
use madoguchi_testkit::server::postgres::Cluster;

use crate::audit_rows::AuditRows;
use crate::caller::HttpAnswer;
use crate::database::{TestDatabase, psql};
use crate::test_system::TestSystem;

/// Parts of every personal value that a journey sends.
#[derive(Debug, Clone, Copy)]
pub struct Canaries(pub &'static [&'static str]);

impl Canaries {
    /// Checks that none is in these answers, nor in metrics, audit rows, logs and database files,
    /// which hold `known`. Stops the server, which must log everything.
    ///
    /// # Errors
    /// With the place of the first one that is found.
    pub async fn are_nowhere(
        self,
        system: &TestSystem,
        database: &TestDatabase,
        answers: &[HttpAnswer],
        known: &str,
    ) -> anyhow::Result<()> {
        for answer in answers {
            self.are_not_in("an answer", answer.body.as_bytes())?;
        }
        self.are_not_in("the metrics", system.metrics().await?.as_bytes())?;
        let audit = AuditRows::read(database)?;
        for canary in self.0 {
            ensure!(!audit.tells(canary), "{canary} is in the audit log");
        }
        let running = raw_files(database)?;
        ensure!(running.iter().any(|(name, _)| is_write_ahead_log(name)), "no write-ahead log");
        system.stop()?;
        let log = system.log()?;
        ensure!(log.contains("\"TRACE\""), "the log has every detail");
        self.are_not_in("the log", log.as_bytes())?;
        let stopped = raw_files(database)?;
        for files in [running, stopped] {
            ensure!(files.iter().any(|(_, bytes)| holds(bytes, known)), "ids are in clear");
            for (name, bytes) in &files {
                self.are_not_in(name, bytes)?;
            }
        }
        Ok(())
    }

    fn are_not_in(self, place: &str, bytes: &[u8]) -> anyhow::Result<()> {
        match self.0.iter().find(|canary| holds(bytes, canary)) {
            None => Ok(()),
            Some(canary) => anyhow::bail!("{canary} is in {place}"),
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

/// Every file of the database with its name, the write-ahead log included.
fn raw_files(database: &TestDatabase) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    match database {
        TestDatabase::Sqlite(path) => read_all(path.parent().context("a folder")?, &mut files)?,
        TestDatabase::Postgres(database) => {
            let ask = |statement| psql(Cluster::shared(), database.url(), statement);
            ask("checkpoint")?;
            read_all(Path::new(&ask("show data_directory")?), &mut files)?;
        }
    }
    Ok(files)
}

fn is_write_ahead_log(name: &str) -> bool {
    name.contains("pg_wal/") || name.ends_with("-wal")
}

fn read_all(folder: &Path, files: &mut Vec<(String, Vec<u8>)>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            read_all(&path, files)?;
        } else if path.is_file() {
            let bytes = match fs::read(&path) {
                // PostgreSQL may remove a temporary file meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                bytes => bytes.with_context(|| path.display().to_string())?,
            };
            files.push((path.display().to_string(), bytes));
        }
    }
    Ok(())
}
