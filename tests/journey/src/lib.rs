//! The harness for end-to-end tests over the real programs.
#![doc = include_str!("../README.md")]

pub mod api;
pub mod audit_rows;
pub mod binaries;
pub mod bounces;
pub mod caller;
pub mod canaries;
pub mod contacts;
pub mod crowd;
pub mod customer;
pub mod database;
pub mod held;
pub mod installation;
pub mod key_folder;
pub mod kill_test;
pub mod log_test;
pub mod mails;
pub mod process;
pub mod replicated;
pub mod rotation_test;
pub mod sockets;
pub mod test_system;
pub mod tokens;
pub mod wire;
pub mod world;

use std::sync::LazyLock;

use tokio::runtime::Runtime;

/// One runtime for all journeys of a test process, since connections outlive a single test.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("a runtime can be started"));

/// Runs one journey; an error fails the test and prints its causes.
///
/// # Panics
/// When the journey fails.
pub fn walk(journey: impl Future<Output = anyhow::Result<()>>) {
    if let Err(error) = RUNTIME.block_on(journey) {
        panic!("{error:#}");
    }
}

/// Makes each journey a test on each database.
#[macro_export]
macro_rules! on_both_databases {
    ($($journey:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $journey() {
                $crate::walk(super::$journey($crate::database::Store::Sqlite));
            })+
        }
        mod postgres {
            $(#[test]
            fn $journey() {
                $crate::walk(super::$journey($crate::database::Store::Postgres));
            })+
        }
    };
}
