//! Copies a SQLite database while it is used, and puts a copy in its place.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use rustix::fs::{FlockOperation, fcntl_lock};

use super::driver_error::open_refusal;
use super::establish::{LOCK_TIMEOUT, MODE, establish, of_io, real_path};
use super::left_log::{self, Content};
use crate::database::open_error::{OpenError, OpenRefusal};

/// The endings of a database and its log.
const ENDINGS: [&str; 3] = ["", "-wal", "-shm"];

/// Names beside a database that SQLite or a restore deletes or takes for its own.
const RESERVED: [&str; 4] = ["-wal", "-shm", "-journal", INCOMING];

/// The ending of a copy that is not complete yet.
const INCOMING: &str = ".incoming";

/// Why a database was not copied or restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// A file cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file is there already.
    #[error("{0} is there already: move it away, or name another file")]
    IsThere(String),
    /// There is no such file.
    #[error("{0} is not there: check the path")]
    NotThere(String),
    /// The file is no database of this program.
    #[error("{0} holds no database of this program: give a file that `madoguchi backup` wrote")]
    NoBackup(String),
    /// The file is not complete without its log.
    #[error(
        "{0} has a -wal or -journal file beside it, without which it is not complete: give a file \
         that `madoguchi backup` wrote"
    )]
    HasLog(String),
    /// Both are the same file.
    #[error("{0} is the database itself: give a copy of it")]
    Same(String),
    /// SQLite uses this name.
    #[error("{0} is a name that the database itself uses: name another file")]
    Reserved(String),
    /// A process uses the database.
    #[error("{0} is in use: stop every process that has it open")]
    InUse(String),
}

/// Writes a copy to a new file, as of one moment. Other processes go on.
///
/// # Errors
/// See [`BackupError`]. What was written is removed.
pub fn backup_sqlite(database: &Path, copy: &Path) -> Result<(), BackupError> {
    let from = real_path(database)?;
    if !Path::new(&from).is_file() {
        return Err(BackupError::NotThere(from));
    }
    left_log::check(&from)?;
    // SQLite would take some relative names for its own.
    let copy = std::path::absolute(copy).map_err(|error| refusal(copy, &error))?;
    let name = copy.to_str().ok_or(OpenError::Path)?;
    if copy.exists() {
        return Err(BackupError::IsThere(name.to_owned()));
    }
    if RESERVED.iter().any(|ending| name == format!("{from}{ending}")) {
        return Err(BackupError::Reserved(name.to_owned()));
    }
    // Under its own name only when it is complete.
    let incoming = PathBuf::from(format!("{name}{INCOMING}"));
    let created = create(&incoming)?;
    let copied = write_copy(&from, &incoming).and_then(|()| {
        created.sync_all().map_err(|error| refusal(&incoming, &error))?;
        fs::rename(&incoming, &copy).map_err(|error| refusal(&copy, &error))?;
        sync_directory(&copy)
    });
    if copied.is_err() {
        let _ = fs::remove_file(&incoming);
    }
    copied
}

fn write_copy(from: &str, copy: &Path) -> Result<(), BackupError> {
    let to = copy.to_str().ok_or(OpenError::Path)?;
    let mut conn = establish(from, LOCK_TIMEOUT)?;
    let quoted = to.replace('\'', "''");
    let copied = conn.batch_execute(&format!("vacuum into '{quoted}'"));
    copied.map_err(|error| {
        let why = open_refusal(&error);
        // A file that cannot be read is the source.
        OpenError::refused(if why == OpenRefusal::Damaged { from } else { to }, why)
    })?;
    must_be_backup(to)
}

fn must_be_backup(path: &str) -> Result<(), BackupError> {
    match left_log::check_file(path).map_err(|why| OpenError::refused(path, why))? {
        Content::Madoguchi => Ok(()),
        Content::Other => Err(BackupError::NoBackup(path.to_owned())),
    }
}

/// Puts a copy in the place of the database. The database before is kept beside it as
/// `<name>.replaced<number>`, with its log; returns its name.
///
/// It needs a process of its own: to close any handle of a file ends all locks that the process has
/// on it.
///
/// # Errors
/// See [`BackupError`]. The database is as it was, or the copy is in its place beside the old log,
/// which refuses to start: repeat the restore.
pub fn restore_sqlite(copy: &Path, database: &Path) -> Result<Option<PathBuf>, BackupError> {
    let (from, to) = (real_path(copy)?, real_path(database)?);
    if !Path::new(&from).is_file() {
        return Err(BackupError::NotThere(from));
    }
    if from == to {
        return Err(BackupError::Same(from));
    }
    let has = |ending| fs::metadata(format!("{from}{ending}")).is_ok_and(|log| log.len() > 0);
    if has("-wal") || has("-journal") {
        return Err(BackupError::HasLog(from));
    }
    must_be_backup(&from)?;
    // To the end: a server that is started meanwhile finds the database locked.
    let locked = Path::new(&to).exists().then(|| locked(&to)).transpose()?;
    let incoming = PathBuf::from(format!("{to}{INCOMING}"));
    let _ = fs::remove_file(&incoming);
    let restored = copied(&from, &incoming).and_then(|()| put_in_place(&incoming, &to));
    if restored.is_err() {
        let _ = fs::remove_file(&incoming);
    }
    drop(locked);
    restored
}

/// Keeps the database with its log under another name, then puts the file in its place. The log
/// goes last: a kill in the middle never leaves the old file without it.
fn put_in_place(incoming: &Path, database: &str) -> Result<Option<PathBuf>, BackupError> {
    let path = Path::new(database);
    let owners = (fs::metadata(path), fs::metadata(incoming));
    if let (Ok(old), Ok(new)) = owners
        && old.uid() != new.uid()
    {
        // Root restores what a service owns.
        let given = chown(incoming, Some(old.uid()), Some(old.gid()));
        given.map_err(|error| refusal(incoming, &error))?;
    }
    let kept = keep(database)?;
    fs::rename(incoming, path).map_err(|error| refusal(path, &error))?;
    sync_directory(path)?;
    for ending in ["-wal", "-shm"] {
        match fs::remove_file(format!("{database}{ending}")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(refusal(path, &error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    sync_directory(path)?;
    Ok(kept)
}

fn copied(from: &str, to: &Path) -> Result<(), BackupError> {
    let mut created = create(to)?;
    let copied = File::open(from).and_then(|mut source| io::copy(&mut source, &mut created));
    copied.map_err(|error| refusal(to, &error))?;
    synced(&created, to)
}

/// Gives the database and its log a second name each; returns the first of them.
fn keep(database: &str) -> Result<Option<PathBuf>, BackupError> {
    let file = |name: &str, ending: &str| PathBuf::from(format!("{name}{ending}"));
    let is_free = |name: &String| ENDINGS.iter().all(|ending| !file(name, ending).exists());
    let mut names = (1..).map(|number: u32| format!("{database}.replaced{number}"));
    let name = names.find(is_free).unwrap_or_default();
    let mut kept = None;
    for ending in ENDINGS {
        let (from, to) = (file(database, ending), file(&name, ending));
        match fs::hard_link(&from, &to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => {
                done.map_err(|error| refusal(&from, &error))?;
                kept.get_or_insert(to);
            }
        }
    }
    Ok(kept)
}

/// Locks the file for as long as the answer is kept. Every connection that is open has a lock on
/// it.
fn locked(database: &str) -> Result<File, BackupError> {
    let path = Path::new(database);
    let opened = OpenOptions::new().read(true).write(true).open(path);
    let file = opened.map_err(|error| refusal(path, &error))?;
    match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(_) => Err(BackupError::InUse(database.to_owned())),
    }
}

/// Creates an empty file that only this user can read, before anything is in it.
fn create(path: &Path) -> Result<File, BackupError> {
    let created = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path);
    created.map_err(|error| refusal(path, &error))
}

fn synced(file: &File, path: &Path) -> Result<(), BackupError> {
    file.sync_all().map_err(|error| refusal(path, &error))?;
    sync_directory(path)
}

/// Makes the names in the directory of a file durable.
fn sync_directory(path: &Path) -> Result<(), BackupError> {
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty());
    let directory = File::open(parent.unwrap_or(Path::new("."))).and_then(|it| it.sync_all());
    directory.map_err(|error| refusal(path, &error))
}

fn refusal(path: &Path, error: &io::Error) -> BackupError {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return BackupError::IsThere(path.display().to_string());
    }
    OpenError::refused(path.display(), of_io(error)).into()
}
