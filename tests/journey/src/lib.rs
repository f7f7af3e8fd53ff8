//! Whole lives over the real binaries: what a caller, an operator and the core bank see of them.
//!
//! Nothing of the server is linked in here. `madoguchi` and `madoguchi-sandbox` run as processes
//! of their own and are met over HTTP, signals, exit codes and log lines, as in production. Build
//! them first: `cargo build --workspace --all-targets --all-features`.

pub mod api;
pub mod audit_rows;
pub mod binaries;
pub mod caller;
pub mod chance;
pub mod crowd;
pub mod customer;
pub mod database;
pub mod held;
pub mod installation;
pub mod kill_test;
pub mod log_test;
pub mod process;
pub mod sockets;
pub mod test_system;
pub mod tokens;
pub mod wire;
pub mod world;

use std::sync::LazyLock;

use tokio::runtime::Runtime;

/// One runtime for every journey of a test process: connections outlive the test they began in.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("a runtime can be started"));

/// Runs one journey to its end; whatever stopped it fails the test, with its causes.
///
/// # Panics
/// When the journey fails.
pub fn walk(journey: impl Future<Output = anyhow::Result<()>>) {
    if let Err(error) = RUNTIME.block_on(journey) {
        panic!("{error:#}");
    }
}

/// Makes each journey a test on each kind of database: one added to the list reaches both.
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
