//! The folder with the key ring of an installation, as an operator keeps it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};

use crate::installation::Installation;

/// The list of keys, in the folder of the installation.
const LIST: &str = "keys.toml";

/// The variable that names the list.
#[must_use]
pub fn configured() -> (&'static str, String) {
    ("VAULT__KEY_RING", LIST.to_owned())
}

/// A key as the list names it.
#[derive(Debug, Clone)]
struct ListedKey {
    entry: String,
    id: String,
    is_active: bool,
}

/// The keys of one installation.
#[derive(Debug)]
pub struct KeyFolder<'a> {
    installation: &'a Installation,
    keys: Vec<ListedKey>,
}

impl<'a> KeyFolder<'a> {
    /// Creates the keys `kek-0` and `index-0`, both active.
    ///
    /// # Errors
    /// When a key cannot be created.
    pub fn create(installation: &'a Installation) -> anyhow::Result<Self> {
        let mut folder = Self { installation, keys: Vec::new() };
        folder.add("key-encryption", "kek-0")?;
        folder.add("index", "index-0")?;
        folder.keys.iter_mut().for_each(|key| key.is_active = true);
        folder.write()?;
        Ok(folder)
    }

    /// Creates a decrypt-only key, and adds it to the list.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn add(&mut self, kind: &str, id: &str) -> anyhow::Result<()> {
        let entry = self.run(&format!("keys new --kind {kind} --id {id}"))?;
        ensure!(entry.contains("state = \"decrypt_only\""), "{entry}");
        self.keys.push(ListedKey { entry, id: id.to_owned(), is_active: false });
        self.write()
    }

    /// Makes one key active and another decrypt-only.
    ///
    /// # Errors
    /// When the list cannot be written.
    pub fn activate(&mut self, id: &str, instead_of: &str) -> anyhow::Result<()> {
        for key in &mut self.keys {
            key.is_active = key.id == id || key.is_active && key.id != instead_of;
        }
        self.write()
    }

    /// Removes a key.
    ///
    /// # Errors
    /// When the list cannot be written.
    pub fn retire(&mut self, id: &str) -> anyhow::Result<()> {
        self.keys.retain(|key| key.id != id);
        self.write()
    }

    fn write(&self) -> anyhow::Result<()> {
        let entry = |key: &ListedKey| {
            let state = if key.is_active { "\"active\"" } else { "\"decrypt_only\"" };
            key.entry.replace("\"decrypt_only\"", state)
        };
        self.installation.replace(LIST, &self.keys.iter().map(entry).collect::<String>())
    }

    /// Runs a command that must succeed; returns what it printed.
    ///
    /// # Errors
    /// When it fails, with its message.
    pub fn run(&self, command: &str) -> anyhow::Result<String> {
        let output = self.installation.run(command)?;
        if !output.status.success() {
            bail!("{command}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Runs a command that must fail; returns its message.
    ///
    /// # Errors
    /// When it succeeds.
    pub fn refused(&self, command: &str) -> anyhow::Result<String> {
        let output = self.installation.run(command)?;
        ensure!(output.status.code() == Some(1), "{command} ended with {}", output.status);
        Ok(String::from_utf8(output.stderr)?)
    }

    /// The file of a key.
    ///
    /// # Errors
    /// When the configuration is in no folder.
    pub fn file(&self, id: &str) -> anyhow::Result<PathBuf> {
        let config = self.installation.config();
        Ok(config.parent().context("a folder")?.join(format!("{id}.hex")))
    }

    /// The digits of a key.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn digits(&self, id: &str) -> anyhow::Result<String> {
        Ok(fs::read_to_string(self.file(id)?)?)
    }
}
