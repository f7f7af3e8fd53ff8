//! Measures the disk's sync rate: the lower bound for a commit, to interpret the ratios.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

const PAGE: [u8; 4096] = [0x5a; 4096];
/// Pages in the file. It does not grow, because a sync of a growing file costs more.
const PAGES: u64 = 256;
const LASTING: Duration = Duration::from_secs(1);

/// Number of one-page syncs per second in this directory.
pub(crate) fn syncs_per_second(dir: &Path) -> anyhow::Result<f64> {
    let file = File::create(dir.join("pages"))?;
    for page in 0..PAGES {
        file.write_all_at(&PAGE, page * 4096)?;
    }
    file.sync_all()?;
    let (began, mut syncs) = (Instant::now(), 0_u32);
    while began.elapsed() < LASTING {
        file.write_all_at(&PAGE, u64::from(syncs) % PAGES * 4096)?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(f64::from(syncs) / began.elapsed().as_secs_f64())
}
