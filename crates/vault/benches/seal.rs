//! Measures one record: its data key is unwrapped, then five values of 40 bytes are sealed or
//! opened.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fs::{self, Permissions};
use std::hint::black_box;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::{Sealer, SealerError};
use madoguchi_domain::sealed::CellId;
use madoguchi_vault::Vault;
use uuid::Uuid;

const ROUNDS: u32 = 2_000;
const REPEATS: usize = 15;
const COLUMNS: [&str; 5] = ["name", "email", "phone", "subject", "body"];

fn main() -> Result<(), SealerError> {
    let folder = tempfile::tempdir().expect("a folder");
    let vault = Vault::open(&key_ring(folder.path())).expect("a key ring");
    let key = vault.new_data_key()?;
    let cell = |column| CellId { table: "contact", column, row: Uuid::from_u128(1) };
    let texts = COLUMNS.map(|column| (cell(column), Personal::new("x".repeat(40))));
    let sealed = vault.seal(&key, &texts)?.into_iter();
    let values: Vec<_> = COLUMNS.map(cell).into_iter().zip(sealed).collect();
    let indexed = texts.clone().map(|(_, text)| ("email", text));

    report("new data key", || vault.new_data_key());
    report("seal a record", || vault.seal(&key, &texts));
    report("open a record", || vault.open(&key, &values));
    report("re-wrap a data key", || vault.rewrap(&key));
    report("index 5 values", || vault.blind_indexes(&indexed));
    Ok(())
}

/// Prints the median and the longest of the repeats, in µs per call.
fn report<T>(what: &str, call: impl Fn() -> Result<T, SealerError>) {
    let repeat = || {
        let started = Instant::now();
        for _ in 0..ROUNDS {
            black_box(call().is_ok());
        }
        started.elapsed() / ROUNDS
    };
    let mut times: Vec<Duration> = (0..REPEATS).map(|_| repeat()).collect();
    times.sort();
    let micros = |at: usize| times[at].as_secs_f64() * 1e6;
    println!("{what:20} {:6.2} µs (at most {:.2})", micros(REPEATS / 2), micros(REPEATS - 1));
}

fn key_ring(folder: &Path) -> std::path::PathBuf {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("restricted");
        path
    };
    write("kek", &"ab".repeat(32));
    write("index", &"cd".repeat(32));
    let entry =
        |kind, file| format!("[[{kind}]]\nid = \"a\"\nstate = \"active\"\nfile = {file:?}\n");
    write("keys.toml", &(entry("key_encryption_key", "kek") + &entry("index_key", "index")))
}
