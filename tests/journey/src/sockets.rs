//! Raw-socket cases: the bytes sent, the expected answers, and whether the connection stays open.

mod bodies;
mod case;
mod heads;
mod offers;
mod pipelines;
mod targets;
mod timing;

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

pub use case::{SocketCase, Step, Then};

/// The timeouts that the cases assume, as configuration keys and values.
pub const TIMEOUTS: [(&str, &str); 4] = [
    ("SERVER__KEEP_ALIVE_TIMEOUT_MS", "2500"),
    ("SERVER__HEAD_TIMEOUT_MS", "1500"),
    ("SERVER__BODY_TIMEOUT_MS", "1500"),
    ("SERVER__WRITE_TIMEOUT_MS", "1500"),
];

/// More than two of the timeouts above take together on a busy machine.
const UNTIL_CLOSED: Duration = Duration::from_secs(9);
/// After this time without a byte, a connection counts as open.
const QUIET: Duration = Duration::from_millis(400);

/// All cases.
#[must_use]
pub fn cases() -> Vec<SocketCase> {
    let groups = [
        bodies::cases(),
        heads::cases(),
        targets::cases(),
        offers::cases(),
        pipelines::cases(),
        timing::cases(),
    ];
    groups.concat()
}

/// The table of `docs/sockets.md`.
#[must_use]
pub fn table() -> String {
    let mut text = String::from("| | about | case | answers | then |\n|---|---|---|---|---|\n");
    for (number, case) in (1..).zip(cases()) {
        let statuses: Vec<String> = case.statuses.iter().map(u16::to_string).collect();
        let statuses = if statuses.len() > 4 {
            format!("{} × {}", statuses.len(), statuses[0])
        } else {
            statuses.join(", ")
        };
        let then = if case.then == Then::Open { "open" } else { "closed" };
        let SocketCase { group, name, .. } = case;
        let _ = writeln!(text, "| {number} | {group} | {name} | {statuses} | {then} |");
    }
    text
}

impl SocketCase {
    /// Runs the case against a server with [`TIMEOUTS`].
    ///
    /// # Errors
    /// When the result differs from the expected one.
    pub async fn run(&self, addr: SocketAddr) -> anyhow::Result<()> {
        let (group, name) = (self.group, self.name);
        let seen = timeout(UNTIL_CLOSED, self.see(addr)).await;
        let (bytes, then) = seen.with_context(|| format!("{group}, {name}: no end"))??;
        let text = String::from_utf8_lossy(&bytes);
        let answers = answers(&bytes, &self.methods());
        let answers = answers.with_context(|| format!("{group}, {name}: {text}"))?;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        ensure!(
            statuses == self.statuses && then == self.then,
            "{group}, {name}: {statuses:?} {then:?} instead of {:?} {:?}: {text}",
            self.statuses,
            self.then
        );
        for answer in answers.iter().filter(|answer| answer.status != 100) {
            ensure!(answer.is_sound(), "{group}, {name}: {text}");
        }
        Ok(())
    }

    /// All received bytes, and the state of the connection.
    async fn see(&self, addr: SocketAddr) -> anyhow::Result<(Vec<u8>, Then)> {
        let (mut reader, mut writer) = TcpStream::connect(addr).await?.into_split();
        let steps = self.steps.clone();
        let sending = tokio::spawn(async move {
            for step in steps {
                // The server may have answered and closed already: only its answer counts.
                let _ = match step {
                    Step::Send(bytes) => writer.write_all(&bytes).await,
                    Step::Trickle(bytes, pause) => trickle(&mut writer, &bytes, pause).await,
                    Step::Pause(pause) => {
                        tokio::time::sleep(pause).await;
                        Ok(())
                    }
                    Step::End => writer.shutdown().await,
                };
            }
            writer
        });
        let mut bytes = Vec::new();
        let (mut last, mut was_sent) = (Instant::now(), false);
        loop {
            let read = timeout(Duration::from_millis(50), reader.read_buf(&mut bytes)).await;
            match read {
                Ok(Ok(0)) | Ok(Err(_)) => return Ok((bytes, Then::Closed)),
                Ok(Ok(_)) => last = Instant::now(),
                Err(_) => {}
            }
            if !was_sent && sending.is_finished() {
                (was_sent, last) = (true, Instant::now());
            }
            let is_done = was_sent && self.then == Then::Open;
            if is_done && last.elapsed() >= QUIET && !bytes.is_empty() {
                return Ok((bytes, Then::Open));
            }
        }
    }

    /// For each request whether it is `HEAD`, whose answer has no body.
    fn methods(&self) -> Vec<bool> {
        let sent = self.steps.iter().flat_map(|step| match step {
            Step::Send(bytes) | Step::Trickle(bytes, _) => bytes.clone(),
            Step::Pause(_) | Step::End => Vec::new(),
        });
        let sent: Vec<u8> = sent.collect();
        let text = String::from_utf8_lossy(&sent);
        let lines = text.lines().filter(|line| line.contains(" HTTP/"));
        lines.map(|line| line.starts_with("HEAD ")).collect()
    }
}

async fn trickle(
    writer: &mut tokio::net::tcp::OwnedWriteHalf,
    bytes: &[u8],
    pause: Duration,
) -> std::io::Result<()> {
    for byte in bytes {
        tokio::time::sleep(pause).await;
        writer.write_all(&[*byte]).await?;
    }
    Ok(())
}

/// One answer on a connection.
struct Seen {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Seen {
    /// Checks every answer: not cacheable, no protocol upgrade, and the envelope if it has a body.
    fn is_sound(&self) -> bool {
        let ours = self.body.is_empty() || self.body.starts_with(b"{");
        let head = self.head.to_ascii_lowercase();
        ours && head.contains("\r\ncache-control: no-store") && !head.contains("upgrade")
    }
}

/// Parses the answers; remaining bytes are an error, since no client could parse them.
fn answers(mut bytes: &[u8], are_heads: &[bool]) -> anyhow::Result<Vec<Seen>> {
    let mut all: Vec<Seen> = Vec::new();
    let mut requests = are_heads.iter();
    while !bytes.is_empty() {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.context("an answer without an end of its head")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status: u16 = head.get(9..12).context("no status")?.parse()?;
        bytes = &bytes[end + 4..];
        let mut body = Vec::new();
        if status != 100 {
            let is_head = requests.next().copied().unwrap_or_default();
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            let length = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length = length.map(|(_, value)| value.parse::<usize>()).next();
            let length = if is_head { 0 } else { length.context("no length")?? };
            ensure!(bytes.len() >= length, "an answer is cut off");
            body = bytes[..length].to_vec();
            bytes = &bytes[length..];
        }
        all.push(Seen { status, head, body });
    }
    Ok(all)
}
