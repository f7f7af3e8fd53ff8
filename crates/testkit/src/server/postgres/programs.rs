//! Finds PostgreSQL's programs and an account to run them, so that tests need no configuration.

use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

const OLDEST: u32 = 14;
const NEEDED: [&str; 6] = ["initdb", "postgres", "createdb", "psql", "pg_basebackup", "pg_ctl"];

/// The directory with the newest complete set of programs, on `PATH` or in Debian's directories.
pub(super) fn bin_dir() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .flat_map(|dir| [resolved(&dir), dir])
        .chain(debian())
        .filter(|dir| NEEDED.iter().all(|program| dir.join(program).is_file()))
        .filter_map(|dir| Some((version(&dir)?, dir)))
        .filter(|(version, _)| *version >= OLDEST)
        .max_by_key(|(version, _)| *version)
        .map(|(_, dir)| dir)
        .unwrap_or_else(|| {
            panic!(
                "the tests need PostgreSQL {OLDEST} or newer: no directory on PATH and none under \
                 /usr/lib/postgresql has {}. On Debian or Ubuntu: `apt-get install postgresql`; \
                 `tests/run` does it for you",
                NEEDED.join(", ")
            )
        })
}

/// The real directory of a linked `initdb`: the other programs may not be linked beside it.
fn resolved(dir: &Path) -> PathBuf {
    let initdb = dir.join("initdb").canonicalize();
    initdb.ok().and_then(|file| file.parent().map(Path::to_path_buf)).unwrap_or_default()
}

fn debian() -> impl Iterator<Item = PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    versions.flatten().map(|version| version.path().join("bin"))
}

fn version(bin_dir: &Path) -> Option<u32> {
    let output = Command::new(bin_dir.join("postgres")).arg("--version").output().ok()?;
    major(&String::from_utf8_lossy(&output.stdout))
}

/// `15` of `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`; betas have `18beta1`.
fn major(line: &str) -> Option<u32> {
    let version = line.split_once("(PostgreSQL) ")?.1;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().ok()
}

/// An unprivileged system account: PostgreSQL refuses to run as root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// `None` when this process is not root. `ours` is a directory that this process has just
    /// created: its owner is the process's account.
    pub(super) fn to_step_down_to(ours: &Path) -> Option<Self> {
        let we_are = ours.metadata().expect("a directory just made can be looked at").uid();
        if we_are != 0 {
            return None;
        }
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let found = ["postgres", "nobody"].iter().find_map(|name| Self::named(name, &accounts));
        Some(found.expect("PostgreSQL does not run as root: /etc/passwd needs postgres or nobody"))
    }

    fn named(name: &str, accounts: &str) -> Option<Self> {
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next()? != name {
                return None;
            }
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            Some(Self { uid, gid })
        })
    }

    /// Changes the directory's owner to the account.
    pub(super) fn own(self, dir: &Path) {
        chown(dir, Some(self.uid), Some(self.gid)).expect("root may give its directory away");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_the_server_says() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major("something else 15"), None);
    }

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts = "postgresql:x:7:8::/:/bin/sh\npostgres:x:101:104:,,,:/var/lib:/bin/sh\n";
        assert_eq!(Account::named("postgres", accounts), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(Account::named("nobody", accounts), None);
    }
}
