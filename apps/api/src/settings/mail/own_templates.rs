//! Reads the directory of a bank's own templates.

use std::fs;
use std::path::{Path, PathBuf};

use madoguchi_files::read_public;
use madoguchi_mail::OwnTemplates;

/// Every file of every folder. What cannot be read is recorded with its reason.
///
/// # Errors
/// When the directory itself cannot be read.
pub(super) fn read(directory: &Path) -> Result<OwnTemplates, String> {
    let mut own = OwnTemplates::default();
    let unreadable = |why| format!("{} {why}: name a directory", directory.display());
    for (name, path) in entries(directory).map_err(unreadable)? {
        if !path.is_dir() {
            own.add_file(&name, Ok(String::new()));
            continue;
        }
        own.add_folder(&name);
        match entries(&path) {
            Ok(files) => {
                for (file, path) in files {
                    own.add_file(&format!("{name}/{file}"), text(&path));
                }
            }
            Err(what) => own.add_file(&name, Err(what)),
        }
    }
    Ok(own)
}

fn text(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read ({})", error.kind());
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err("must be a file".into());
    }
    let bytes = read_public(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "must be UTF-8".into())
}

/// Names and paths, in order. Hidden files and the backups of editors are left out.
fn entries(path: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read ({})", error.kind());
    let mut all = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && !name.ends_with('~') {
            all.push((name, entry.path()));
        }
    }
    all.sort_unstable();
    Ok(all)
}
