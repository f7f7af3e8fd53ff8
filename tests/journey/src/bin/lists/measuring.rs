//! Measures pages and an export, one request after the other.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::ensure;
use madoguchi_journey::contacts::CONTACTS;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::tokens;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case(&'static str);

/// Each filter, and the documented pairs.
pub(crate) const CASES: [Case; 17] = [
    Case(""),
    Case("personId=PER-0000007"),
    Case("policyNumber=P-000051"),
    Case("type=NOTICE"),
    Case("type=ACTION_REQUEST"),
    Case("answerStatus=UNANSWERED"),
    Case("answerStatus=ANSWERED"),
    Case("approval=DRAFT"),
    Case("approval=APPROVED"),
    Case("approval=REJECTED"),
    Case("createdFrom=2020-01-01T00:00:00Z"),
    Case("createdBefore=2099-01-01T00:00:00Z"),
    Case("waiting=ALL"),
    Case("notActedOn=true"),
    Case("personId=PER-0000007&answerStatus=UNANSWERED"),
    Case("type=ACTION_REQUEST&answerStatus=UNANSWERED"),
    Case("approval=APPROVED&createdFrom=2020-01-01T00:00:00Z"),
];

impl Case {
    pub(crate) const fn name(&self) -> &'static str {
        if self.0.is_empty() { "no filter" } else { self.0 }
    }

    pub(crate) fn query(&self) -> String {
        self.0.to_owned()
    }
}

/// The times of one list.
#[derive(Debug)]
pub(crate) struct Measured {
    times: Vec<Duration>,
    /// Contacts on the page.
    pub(crate) rows: usize,
}

impl Measured {
    /// The 99th percentile, in milliseconds.
    pub(crate) fn p99_ms(&self) -> f64 {
        let at = (self.times.len() * 99 / 100).min(self.times.len().saturating_sub(1));
        self.times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }
}

/// Requests this page again and again.
pub(crate) async fn page(
    system: &TestSystem,
    query: &str,
    requests: usize,
) -> anyhow::Result<Measured> {
    let path = format!("{CONTACTS}?{query}");
    let mut times = Vec::with_capacity(requests);
    let mut rows = 0;
    for _ in 0..requests {
        let began = Instant::now();
        let answer = system.caller.get(&path, tokens::CONTACT_READ).await?;
        times.push(began.elapsed());
        ensure!(answer.status == 200, "{answer:?}");
        rows = answer.data()?.as_array().map_or(0, Vec::len);
    }
    times.sort_unstable();
    Ok(Measured { times, rows })
}

/// The page after this many contacts; none if the list is shorter.
pub(crate) async fn deep_page(
    system: &TestSystem,
    case: &Case,
    deep: usize,
    requests: usize,
) -> anyhow::Result<Option<Measured>> {
    let and = if case.0.is_empty() { "" } else { "&" };
    let query = format!("{}{and}", case.0);
    let (mut cursor, mut passed) = (String::new(), 0);
    while passed < deep {
        let path = format!("{CONTACTS}?{query}limit=200{cursor}");
        let answer = system.caller.get(&path, tokens::CONTACT_READ).await?;
        ensure!(answer.status == 200, "{answer:?}");
        let Some(next) = answer.next() else {
            return Ok(None);
        };
        cursor = format!("&cursor={next}");
        passed += 200;
    }
    let query = format!("{query}limit=50{cursor}");
    page(system, &query, requests).await.map(Some)
}

/// An export of all contacts.
#[derive(Debug)]
pub(crate) struct Exported {
    pub(crate) lines: usize,
    bytes: usize,
    took: Duration,
    /// The server's memory before, and the most during it, in KiB.
    pub(crate) before_kib: u64,
    pub(crate) after_kib: u64,
}

impl fmt::Display for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, bytes, took, before_kib, after_kib } = self;
        write!(
            f,
            "CSV of {lines} lines, {} MiB in {:.0} s; memory {} MiB before, at most {} MiB during",
            bytes >> 20,
            took.as_secs_f64(),
            before_kib >> 10,
            after_kib >> 10
        )
    }
}

/// Exports all contacts, and reads the answer as fast as it comes.
pub(crate) async fn export(system: &TestSystem) -> anyhow::Result<Exported> {
    let (began, before_kib) = (Instant::now(), system.memory_kib()?);
    let mut stream = TcpStream::connect(system.caller.addr()).await?;
    let request = format!(
        "GET {CONTACTS} HTTP/1.1\r\nHost: a\r\nAcstkn: {}\r\nAccept: text/csv\r\n\
         Connection: close\r\n\r\n",
        tokens::CONTACT_READ
    );
    stream.write_all(request.as_bytes()).await?;
    let (mut chunk, mut bytes, mut after_kib, mut looked) = (vec![0; 1 << 16], 0, before_kib, 0);
    let (mut commas, mut tail) = (0, Vec::new());
    loop {
        let length = stream.read(&mut chunk).await?;
        if length == 0 {
            break;
        }
        // The head of the answer has none, but in its date.
        commas += chunk[..length].iter().filter(|byte| **byte == b',').count();
        tail.extend_from_slice(&chunk[..length]);
        tail.drain(..tail.len().saturating_sub(LAST_CHUNK.len()));
        bytes += length;
        if bytes - looked > 1 << 20 {
            (looked, after_kib) = (bytes, after_kib.max(system.memory_kib()?));
        }
    }
    ensure!(tail == LAST_CHUNK, "the export broke off");
    let (lines, took) = (commas / COMMAS, began.elapsed());
    Ok(Exported { lines, bytes, took, before_kib, after_kib })
}

/// How a chunked answer ends.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
/// Commas of each line: no cell here has one.
const COMMAS: usize = 17;
