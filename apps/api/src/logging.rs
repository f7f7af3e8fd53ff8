//! Writes JSON log lines to standard error without ever delaying or failing a request.

use std::io::Write;
use std::panic::PanicHookInfo;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

/// Maximum number of queued lines; further ones are dropped and counted.
const QUEUE_LINES: usize = 2048;
/// Timeout for the writer at exit, which itself gives up after about 1 s.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);
/// Timeout for the last error message at exit.
const REPORT_TIMEOUT: Duration = Duration::from_secs(1);

/// actix_http logs an error for each malformed request: any client could fill the log.
const NO_STREAM_ERRORS: &str = "actix_http=off";
const DEFAULT_FILTER: &str = "info,actix_server=error";

/// Number of lines that could not be written to standard error.
static FAILED_WRITES: AtomicU64 = AtomicU64::new(0);
/// Counts lines dropped because the queue was full.
static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// Log lines are written while this exists. Dropping it flushes the queue.
#[derive(Debug)]
pub(crate) struct Logging {
    worker: Option<WorkerGuard>,
}

/// Starts logging, including panics.
pub(crate) fn start() -> Logging {
    let queue = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(QUEUE_LINES);
    let (writer, worker) = queue.thread_name("log").finish(StandardError);
    DROPPED.get_or_init(|| writer.error_counter());
    let lines = fmt::layer().json().flatten_event(true).with_writer(writer);
    let filter = filter(std::env::var("RUST_LOG").ok().as_deref());
    tracing_subscriber::registry().with(filter).with(lines.log_internal_errors(false)).init();
    std::panic::set_hook(Box::new(log_panic));
    Logging { worker: Some(worker) }
}

/// Number of lines lost because standard error failed or the queue was full.
pub(crate) fn lines_lost() -> u64 {
    let dropped = DROPPED.get().map_or(0, |counter| counter.dropped_lines() as u64);
    dropped.saturating_add(FAILED_WRITES.load(Ordering::Relaxed))
}

/// Writes a command's last message to standard error, and gives up after one second.
pub fn report(error: &anyhow::Error) {
    let message = format!("madoguchi: {error:#}\n");
    wait_at_most(REPORT_TIMEOUT, move || {
        // If standard error is closed, there is nowhere to report it.
        let _ = std::io::stderr().write_all(message.as_bytes());
    });
}

impl Drop for Logging {
    fn drop(&mut self) {
        // The guard prints to standard output when the queue is full, which may block.
        let worker = self.worker.take();
        wait_at_most(FLUSH_TIMEOUT, move || drop(worker));
    }
}

/// Runs `work` on its own thread and stops waiting after `timeout`.
fn wait_at_most(timeout: Duration, work: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let started = std::thread::Builder::new().spawn(move || {
        work();
        let _ = done.send(());
    });
    if started.is_ok() {
        let _ = ended.recv_timeout(timeout);
    }
}

/// Applies `RUST_LOG`; a later directive replaces an earlier one with the same target.
fn filter(rust_log: Option<&str>) -> EnvFilter {
    let parse = |directives: &str| EnvFilter::try_new(format!("{NO_STREAM_ERRORS},{directives}"));
    let chosen = rust_log.map(str::trim).filter(|directives| !directives.is_empty());
    let chosen = chosen.and_then(|directives| parse(directives).ok());
    chosen.or_else(|| parse(DEFAULT_FILTER).ok()).unwrap_or_default()
}

/// The default hook writes to standard error directly and prints the payload, maybe a secret.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let at = panic.location().map(ToString::to_string);
    tracing::error!(at, thread = std::thread::current().name(), "panicked");
}

/// Standard error; write failures are counted and ignored.
struct StandardError;

impl Write for StandardError {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        if std::io::stderr().write_all(line).is_err() {
            FAILED_WRITES.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_keeps_actix_http_off_unless_it_is_named() {
        for (rust_log, directives) in [
            (None, "actix_http=off,actix_server=error,info"),
            (Some(" "), "actix_http=off,actix_server=error,info"),
            (Some("no=such=level"), "actix_http=off,actix_server=error,info"),
            (Some("debug"), "actix_http=off,debug"),
            (Some("warn,actix_http=trace"), "actix_http=trace,warn"),
        ] {
            let shown = filter(rust_log).to_string();
            let mut shown: Vec<_> = shown.split(',').collect();
            shown.sort_unstable();
            assert_eq!(shown.join(","), directives, "{rust_log:?}");
        }
    }

    #[test]
    fn a_panic_is_logged_by_its_place_without_its_payload() {
        let lines = tempfile::tempfile().unwrap();
        let writer = std::sync::Mutex::new(lines.try_clone().unwrap());
        let subscriber = tracing_subscriber::fmt().json().with_writer(writer).finish();
        std::panic::set_hook(Box::new(log_panic));
        tracing::subscriber::with_default(subscriber, || {
            std::panic::catch_unwind(|| panic!("canary")).unwrap_err();
        });
        drop(std::panic::take_hook());
        let log = read_back(lines);
        assert!(log.contains("panicked") && log.contains("logging.rs:"), "{log}");
        assert!(!log.contains("canary"), "{log}");
    }

    fn read_back(mut file: std::fs::File) -> String {
        use std::io::{Read, Seek};
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn work_without_an_end_is_left_behind() {
        let (_never, wait) = mpsc::channel::<()>();
        let began = std::time::Instant::now();
        wait_at_most(Duration::from_millis(10), move || {
            let _ = wait.recv();
        });
        assert!(began.elapsed() < Duration::from_secs(10), "it waited for the work");
    }
}
