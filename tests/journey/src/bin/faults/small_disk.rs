//! A small file system in memory, which can be filled.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use tempfile::TempDir;

/// A mounted tmpfs; it is unmounted with this.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    at: TempDir,
}

const BLOCK: usize = 64 * 1024;

impl SmallDisk {
    /// Mounts one of so many MiB in a new directory.
    pub(crate) fn mount(mib: u32) -> anyhow::Result<Self> {
        let at = tempfile::Builder::new().prefix("madoguchi-disk-").tempdir_in("/tmp")?;
        let options = format!("size={mib}m,mode=0777");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(at.path())
            .status()
            .context("mount cannot be started")?;
        ensure!(mounted.success(), "no tmpfs could be mounted: run this as root");
        fs::set_permissions(at.path(), fs::Permissions::from_mode(0o777))?;
        Ok(Self { at })
    }

    pub(crate) fn path(&self) -> &Path {
        self.at.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Writes until nothing more fits.
    pub(crate) fn fill(&self) -> anyhow::Result<()> {
        let (mut file, block) = (File::create(self.filler())?, vec![1; BLOCK]);
        while file.write_all(&block).is_ok() {}
        ensure!(file.metadata()?.len() > 0, "the disk was full before");
        Ok(())
    }

    /// Makes room again.
    pub(crate) fn free(&self) -> anyhow::Result<()> {
        Ok(fs::remove_file(self.filler())?)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that is still ending may have files open.
        let _ = Command::new("umount").arg("--lazy").arg(self.at.path()).status();
    }
}
