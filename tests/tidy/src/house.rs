//! Reads every text file of the project once, for all rules.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::source::Source;
use crate::text_file::TextFile;
use crate::violation::Violation;

/// Hidden directories that belong to the project; others belong to local tools.
const OURS_THOUGH_HIDDEN: [&str; 3] = [".cargo", ".ci", ".github"];

/// All files of the project.
#[derive(Debug)]
pub struct House {
    root: PathBuf,
    files: Vec<TextFile>,
}

impl House {
    /// Reads the workspace of this crate.
    pub fn open() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        let ignored = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
        let ignored: Vec<_> = ignored.lines().map(|line| line.trim_matches('/')).collect();
        let mut files = Vec::new();
        walk(&root, "", &ignored, &mut files)?;
        let itself = files.iter().any(|file| file.path == "tests/tidy/src/house.rs");
        ensure!(itself, "the walk through {} did not meet this very file", root.display());
        Ok(Self { root, files })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn files(&self) -> &[TextFile] {
        &self.files
    }

    /// The Rust files that can be parsed; the others are [`House::unreadable`].
    pub fn sources(&self) -> impl Iterator<Item = Source> {
        self.rust().filter_map(|file| Source::parse(file).ok())
    }

    pub fn unreadable(&self) -> impl Iterator<Item = Violation> {
        self.rust().filter_map(|file| Source::parse(file).err())
    }

    fn rust(&self) -> impl Iterator<Item = &TextFile> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }
}

/// `ignored` holds the entries of the root's `.gitignore`, which are plain names at the root.
fn walk(dir: &Path, path: &str, ignored: &[&str], files: &mut Vec<TextFile>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("reading {}", dir.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        let kind = entry.file_type()?;
        let hidden = name.starts_with('.') && !OURS_THOUGH_HIDDEN.contains(&name.as_str());
        if kind.is_dir() {
            if !hidden && !ignored.contains(&path.as_str()) {
                walk(&entry.path(), &path, ignored, files)?;
            }
        } else if kind.is_file()
            && name != ".git" // A git worktree has a file of this name.
            && let Ok(text) = String::from_utf8(fs::read(entry.path())?)
        {
            files.push(TextFile { path, text });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_meets_the_sources_and_not_what_is_built_from_them() {
        let house = House::open().unwrap();
        assert!(house.sources().any(|source| source.path() == "crates/domain/src/lib.rs"));
        assert!(house.files().iter().any(|file| file.path == "README.md"));
        assert!(house.files().iter().all(|file| !file.path.starts_with("target/")));
        assert!(house.files().iter().all(|file| !file.path.starts_with(".git/")));
    }
}
