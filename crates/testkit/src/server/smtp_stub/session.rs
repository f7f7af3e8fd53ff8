//! Serves one SMTP conversation, and breaks it where its script says so.

use std::future;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time;

/// The largest mail, and the longest line, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;

/// The steps at which a server decides what to do, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpStep {
    /// A connection was accepted.
    Greeting,
    /// `EHLO` arrived.
    Hello,
    /// `AUTH` arrived.
    Login,
    /// `MAIL FROM` arrived.
    Sender,
    /// `RCPT TO` arrived.
    Recipient,
    /// `DATA` arrived.
    Data,
    /// The go-ahead was sent, and nothing of the content is read. A server that replies now reads
    /// the content and does not accept it.
    Content,
    /// The final dot arrived. A server that continues has accepted the mail.
    End,
    /// `QUIT` arrived.
    Quit,
}

impl SmtpStep {
    /// All steps, in order.
    pub const ALL: [Self; 9] = [
        Self::Greeting,
        Self::Hello,
        Self::Login,
        Self::Sender,
        Self::Recipient,
        Self::Data,
        Self::Content,
        Self::End,
        Self::Quit,
    ];

    /// The reply of a server that goes on.
    const fn usual(self) -> &'static str {
        match self {
            Self::Greeting => "220 scripted ESMTP",
            Self::Hello => "250-scripted\r\n250-8BITMIME\r\n250 AUTH PLAIN",
            Self::Login => "235 welcome",
            Self::Data => "354 go ahead",
            Self::Sender | Self::Recipient => "250 ok",
            Self::Content => "",
            Self::End => "250 accepted",
            Self::Quit => "221 bye",
        }
    }
}

/// What a server does at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmtpBehaviour {
    /// It goes on as usual.
    Continue,
    /// It goes on as usual after a pause.
    Pause(Duration),
    /// It replies with this line.
    Reply(String),
    /// It sends these bytes, SMTP or not, and goes on.
    Raw(Vec<u8>),
    /// It closes the connection.
    Close,
    /// It resets the connection (RST instead of FIN).
    Reset,
    /// It never replies and never closes.
    Hang,
}

/// A mail as far as it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReceivedMail {
    /// The argument of `AUTH`.
    pub login: Option<String>,
    /// The sender's address, without brackets.
    pub from: String,
    /// The recipients' addresses, without brackets.
    pub to: Vec<String>,
    /// The content, without the dots that SMTP adds.
    pub content: Vec<u8>,
}

impl ReceivedMail {
    /// The value of the first header of this name, unfolded and as it was sent.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.content);
        let head = text.split("\r\n\r\n").next().unwrap_or_default();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let of_line = |line: &str| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        unfolded.split("\r\n").find_map(of_line)
    }
}

/// Decides what a server does at each step of a conversation.
pub trait SmtpScript: Send {
    /// What it does at this step, with the mail as it arrived so far.
    fn at(
        &mut self,
        step: SmtpStep,
        mail: &ReceivedMail,
    ) -> impl Future<Output = SmtpBehaviour> + Send;
}

/// Serves a conversation until it ends. One connection may carry several mails.
pub async fn serve<S: SmtpScript>(stream: TcpStream, script: S) {
    let mut session =
        Session { stream: BufReader::new(stream), script, mail: ReceivedMail::default() };
    // A client that disconnects ends only its own connection.
    _ = session.run().await;
}

struct Session<S> {
    stream: BufReader<TcpStream>,
    script: S,
    mail: ReceivedMail,
}

impl<S: SmtpScript> Session<S> {
    async fn run(&mut self) -> io::Result<()> {
        self.step(SmtpStep::Greeting).await?;
        loop {
            let line = self.line().await?;
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            let (verb, argument) = text.split_once(' ').unwrap_or((&text, ""));
            let step = match verb.to_ascii_uppercase().as_str() {
                "EHLO" | "HELO" => SmtpStep::Hello,
                "AUTH" => {
                    self.mail.login = Some(argument.to_owned());
                    SmtpStep::Login
                }
                "MAIL" => {
                    self.begin();
                    self.mail.from = address(argument);
                    SmtpStep::Sender
                }
                "RCPT" => {
                    self.mail.to.push(address(argument));
                    SmtpStep::Recipient
                }
                "DATA" if !self.mail.to.is_empty() => SmtpStep::Data,
                "QUIT" => SmtpStep::Quit,
                _ => {
                    self.write(b"503 not now, or not known here\r\n").await?;
                    continue;
                }
            };
            let goes_on = self.step(step).await?;
            if step == SmtpStep::Quit {
                return Ok(());
            } else if step == SmtpStep::Recipient && !goes_on {
                self.mail.to.pop();
            } else if step == SmtpStep::Data && goes_on {
                self.content().await?;
            }
        }
    }

    /// Forgets the mail before, but not the login.
    fn begin(&mut self) {
        let login = self.mail.login.take();
        self.mail = ReceivedMail { login, ..ReceivedMail::default() };
    }

    async fn content(&mut self) -> io::Result<()> {
        let accepts = self.step(SmtpStep::Content).await?;
        loop {
            let line = self.line().await?;
            if line == b".\r\n" {
                break;
            }
            self.mail.content.extend(line.strip_prefix(b".").unwrap_or(&line));
            if self.mail.content.len() > LARGEST {
                return Err(io::Error::other("the mail is too large"));
            }
        }
        if accepts {
            self.step(SmtpStep::End).await?;
        }
        self.begin();
        Ok(())
    }

    /// True if the server goes on as usual.
    async fn step(&mut self, step: SmtpStep) -> io::Result<bool> {
        let behaviour = self.script.at(step, &self.mail).await;
        let usual = step.usual();
        match behaviour {
            SmtpBehaviour::Continue if usual.is_empty() => {}
            SmtpBehaviour::Continue => self.write(format!("{usual}\r\n").as_bytes()).await?,
            SmtpBehaviour::Pause(wait) => {
                time::sleep(wait).await;
                self.write(format!("{usual}\r\n").as_bytes()).await?;
            }
            SmtpBehaviour::Reply(line) => {
                self.write(format!("{line}\r\n").as_bytes()).await?;
                return Ok(false);
            }
            SmtpBehaviour::Raw(bytes) => {
                self.write(&bytes).await?;
                return Ok(false);
            }
            SmtpBehaviour::Close => return Err(io::Error::other("the script closes")),
            SmtpBehaviour::Reset => {
                self.stream.get_ref().set_zero_linger()?;
                return Err(io::Error::other("the script resets"));
            }
            SmtpBehaviour::Hang => future::pending().await,
        }
        Ok(true)
    }

    async fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let most = LARGEST as u64;
        (&mut self.stream).take(most).read_until(b'\n', &mut line).await?;
        if line.last() == Some(&b'\n') {
            Ok(line)
        } else {
            Err(io::Error::other("the connection ended within a line"))
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes).await
    }
}

/// The address between the brackets of `FROM:<…>` or `TO:<…>`.
fn address(argument: &str) -> String {
    let inner = argument.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or(argument, |(address, _)| address).to_owned()
}
