//! Reads the configuration that a command line names.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(super) struct Configured {
    /// The configuration file (docs/operations.md lists its keys).
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

impl Configured {
    pub(super) fn read(&self) -> anyhow::Result<Settings> {
        let text = self.config.as_deref().map_or(Ok(String::new()), read_file)?;
        // Names and values that are not Unicode cannot be configuration keys.
        let env = std::env::vars_os();
        let env = env.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Ok(Settings::parse(&text, env)?)
    }
}

fn read_file(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read: give --config FILE", path.display()))
}
