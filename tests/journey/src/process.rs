//! Runs a program, captures its output and guarantees that it ends with this process.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, PipeReader, Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// A shell script that blocks until this process ends, then kills the program.
const WATCH: &str = "read -r end || kill -KILL \"$1\" 2>/dev/null";

/// How the reader of a program's standard error fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StderrReader {
    /// It closes the pipe: each further write fails.
    Gone,
    /// It stops reading: once the pipe is full, each further write blocks.
    StuckEffect,
}

/// A running program. It is killed when this is dropped or when this process ends in any way.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    watchdog: Child,
    said: PathBuf,
    from: u64,
    /// Kept open but not read any more.
    stuck: Option<BufReader<PipeReader>>,
}

impl Process {
    /// Starts a program. Both outputs are appended to the file `said`, so that the program never
    /// blocks on them.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: Command, said: &Path) -> anyhow::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(said)?;
        Self::spawn(command, said, file.into())
    }

    /// Starts a program and reads its standard error only until `read` returns a value for a
    /// line.
    ///
    /// # Errors
    /// When it cannot be started, or ends without such a line.
    pub fn start_unread<T>(
        command: Command,
        said: &Path,
        reader: StderrReader,
        read: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<(Self, T)> {
        let (pipe, stderr) = std::io::pipe()?;
        let mut process = Self::spawn(command, said, stderr.into())?;
        let (mut lines, mut line) = (BufReader::new(pipe), String::new());
        let found = loop {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                bail!("{} ended without the line", process.name);
            }
            if let Some(found) = read(&line) {
                break found;
            }
        };
        process.stuck = (reader == StderrReader::StuckEffect).then_some(lines);
        Ok((process, found))
    }

    fn spawn(mut command: Command, said: &Path, stderr: Stdio) -> anyhow::Result<Self> {
        let name = Path::new(command.get_program()).file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let mut file = OpenOptions::new().create(true).append(true).open(said)?;
        let from = file.seek(SeekFrom::End(0))?;
        command.stdin(Stdio::null()).stdout(file).stderr(stderr);
        let child = command.spawn().with_context(|| format!("{name} cannot be started"))?;
        let watchdog = Command::new("sh")
            .args(["-c", WATCH, "watchdog", &child.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("sh cannot be started")?;
        Ok(Self { name, child, watchdog, said: said.to_owned(), from, stuck: None })
    }

    /// All output since this start.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn said(&self) -> anyhow::Result<String> {
        let mut file = File::open(&self.said)?;
        file.seek(SeekFrom::Start(self.from))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Waits for an output line for which `read` returns a value.
    ///
    /// # Errors
    /// When the program ends or times out before, with its output.
    pub fn hear<T>(
        &mut self,
        timeout: Duration,
        read: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        let deadline = Instant::now() + timeout;
        loop {
            let ended = self.child.try_wait()?;
            let said = self.said()?;
            let whole = said.rfind('\n').map_or("", |end| &said[..end]);
            if let Some(found) = whole.lines().find_map(&read) {
                return Ok(found);
            }
            if let Some(status) = ended {
                bail!("{} ended ({status}) and said: {said}", self.name);
            }
            if Instant::now() > deadline {
                bail!("{} did not say it in {timeout:?}; it said: {said}", self.name);
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it runs, or how it ended.
    pub fn condition(&mut self) -> String {
        match self.child.try_wait() {
            Ok(None) => format!("{} runs", self.name),
            Ok(Some(status)) => format!("{} has ended ({status})", self.name),
            Err(error) => format!("{} cannot be looked at: {error}", self.name),
        }
    }

    /// The memory that it uses now, in KiB.
    ///
    /// # Errors
    /// When it has ended.
    pub fn memory_kib(&self) -> anyhow::Result<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(&path).with_context(|| path)?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
        number.context("no VmRSS in the status")
    }

    /// Kills it: `SIGKILL`.
    ///
    /// # Errors
    /// When it had already ended.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} had ended by itself ({status}): {}", self.name, self.said()?);
        }
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Sends it a signal: `TERM`, `HUP`.
    ///
    /// # Errors
    /// When it has ended.
    pub fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status().context("kill")?;
        if !sent.success() {
            bail!("{} had ended before: {}", self.name, self.said()?);
        }
        Ok(())
    }

    /// Sends `SIGTERM` and waits for its end.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn terminate(&mut self, timeout: Duration) -> anyhow::Result<ExitStatus> {
        self.signal("TERM")?;
        self.wait(timeout)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn wait(&mut self, timeout: Duration) -> anyhow::Result<ExitStatus> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("{} did not end in {timeout:?}: {}", self.name, self.said()?);
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Failures here cannot be handled any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(mut leash) = self.watchdog.stdin.take() {
            let _ = leash.write_all(b"over\n");
        }
        let _ = self.watchdog.wait();
    }
}
