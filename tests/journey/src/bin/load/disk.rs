//! The disk alone: what one commit costs at least, so that a ratio can be understood.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

const PAGE: [u8; 4096] = [0x5a; 4096];
/// The file has this many pages and does not grow: that would be another kind of sync.
const PAGES: u64 = 256;
const LASTING: Duration = Duration::from_secs(1);

/// How often a second one page can be made durable in this directory.
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
