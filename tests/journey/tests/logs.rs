//! A log that is not read, or that a client tries to fill, does not affect requests.
#![expect(clippy::print_stdout, reason = "a failed test shows what was measured")]

use std::io::Write;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use madoguchi_journey::binaries;
use madoguchi_journey::database::Store;
use madoguchi_journey::log_test::{LogReport, LogTest};
use madoguchi_journey::process::StderrReader;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::walk;
use madoguchi_journey::wire::exchange;

const UNTIL_ENDED: Duration = Duration::from_secs(10);

fn nothing_is_lost_with(reader: StderrReader) {
    walk(async move {
        let system = Arc::new(TestSystem::own(Store::Sqlite, Vec::new()).await?);
        let lasting = Duration::from_secs(60);
        let test = LogTest { reader, clients: 8, cases: 400, lasting };
        let report = test.run(&system).await?;
        println!("{}\n{report}", LogReport::HEAD);
        ensure!(report.holds() && report.verdicts() == 400, "{report}");
        Ok(())
    });
}

#[test]
fn a_reader_that_goes_away_costs_no_request() {
    nothing_is_lost_with(StderrReader::Gone);
}

#[test]
fn a_pipe_that_nobody_reads_costs_no_request() {
    nothing_is_lost_with(StderrReader::StuckEffect);
}

#[test]
fn malformed_http_logs_no_error() {
    walk(async {
        for rust_log in [None, Some(("RUST_LOG", "info".to_owned()))] {
            let system = TestSystem::own(Store::Sqlite, rust_log.into_iter().collect()).await?;
            for request in [&b"no HTTP\r\n\r\n"[..], b"\x16\x03\x01\x02\x00\x01\r\n\r\n"] {
                let answer = exchange(system.caller.addr(), request).await?;
                ensure!(answer.status == 400, "{answer:?}");
            }
            system.stop()?;
            let log = system.log()?;
            ensure!(log.contains("\"stopped\"") && !log.contains("ERROR"), "{log}");
        }
        Ok(())
    });
}

#[test]
fn no_lost_line_is_shown_as_0() {
    walk(async {
        let system = TestSystem::own(Store::Sqlite, Vec::new()).await?;
        let metrics = system.metrics().await?;
        ensure!(metrics.contains("\nmadoguchi_log_lines_lost_total 0\n"), "{metrics}");
        system.stop()
    });
}

/// The child's exit code; a child that does not end in time is killed.
fn exit_code(mut child: Child) -> anyhow::Result<Option<i32>> {
    let deadline = Instant::now() + UNTIL_ENDED;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            bail!("it did not end in {UNTIL_ENDED:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_unread_error_message_ends_with_exit_1() {
    walk(async {
        for command in ["serve", "migrate"] {
            let mut refused = Command::new(binaries::madoguchi());
            refused.args([command, "--config", "no-such-file"]);
            let (reader, stderr) = std::io::pipe()?;
            drop(reader);
            let gone = exit_code(refused.stderr(stderr).spawn()?)?;
            let (_reader, stderr) = std::io::pipe()?;
            let mut filling = stderr.try_clone()?;
            // Blocks as soon as the pipe is full, until the test ends.
            std::thread::spawn(move || filling.write_all(&[b' '; 1 << 20]));
            std::thread::sleep(Duration::from_millis(200));
            let stuck = exit_code(refused.stderr(stderr).spawn()?)?;
            assert_eq!((gone, stuck), (Some(1), Some(1)), "{command}");
        }
        Ok(())
    });
}
