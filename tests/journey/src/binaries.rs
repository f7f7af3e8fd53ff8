//! Finds the programs under test next to the test program, from the same build.

use std::path::PathBuf;

/// The path of the production program.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn madoguchi() -> PathBuf {
    beside("madoguchi")
}

/// The path of the program that simulates the outside world.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn sandbox() -> PathBuf {
    beside("madoguchi-sandbox")
}

fn beside(name: &str) -> PathBuf {
    let this = std::env::current_exe().expect("a program knows where it is");
    let mut folder = this.parent().expect("a program is in a folder");
    // Test binaries are one directory deeper than programs.
    if folder.ends_with("deps") {
        folder = folder.parent().expect("deps is in the profile's folder");
    }
    let program = folder.join(name);
    assert!(
        program.is_file(),
        "{} is missing: build it with `cargo build --workspace --all-targets --all-features`, \
         or `cargo build --release --workspace --bins` for a release",
        program.display()
    );
    program
}
