//! Sends mails over SMTP, stage by stage.

use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use lettre::transport::smtp::authentication::{Credentials as Login, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Response, Severity};
use madoguchi_domain::effect::Outcome;
use madoguchi_domain::mail::{Mail, MessageIdDomain};
use madoguchi_domain::port::Mailer;
use madoguchi_domain::redacted;
use tokio::time::{Instant, timeout, timeout_at};

use crate::ending::ended;
use crate::message::{MailWriter, Written, not_encodable};
use crate::settings::{FAREWELL, InvalidSmtp, SmtpSettings, SmtpTls};
use crate::stage::{SmtpReply, SmtpStage, TlsFailure, classify};
use crate::stream::LimitedStream;

redacted!(SmtpMailer);

/// Sends each mail on a connection of its own, to one recipient.
pub struct SmtpMailer {
    settings: SmtpSettings,
    writer: MailWriter,
    hello: ClientId,
    tls: Option<TlsParameters>,
    login: Option<Login>,
}

/// The stage that a conversation has reached, also if it is cut off in time.
#[derive(Default)]
struct Progress(AtomicUsize);

impl Progress {
    fn reach(&self, stage: SmtpStage) {
        self.0.store(stage as usize, Ordering::Relaxed);
    }

    fn stage(&self) -> SmtpStage {
        SmtpStage::ALL.get(self.0.load(Ordering::Relaxed)).copied().unwrap_or(SmtpStage::End)
    }
}

impl SmtpMailer {
    /// A mailer that says `EHLO` with the name `hello`.
    ///
    /// # Errors
    /// See [`InvalidSmtp`].
    pub fn new(
        settings: SmtpSettings,
        writer: MailWriter,
        hello: &MessageIdDomain,
    ) -> Result<Self, InvalidSmtp> {
        settings.check().map_err(|mistakes| mistakes[0])?;
        let tls = match settings.tls {
            SmtpTls::None => None,
            SmtpTls::StartTls | SmtpTls::Implicit => Some(tls(&settings)?),
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let login = settings.credentials.as_ref();
        let login = login.map(|it| Login::new(text(it.user()), text(it.password())));
        let hello = ClientId::Domain(hello.as_str().to_owned());
        Ok(Self { settings, writer, hello, tls, login })
    }

    /// Hands the mail over, up to the reply to the final dot.
    async fn hand_over(
        &self,
        connection: &mut AsyncSmtpConnection,
        written: &Written,
        progress: &Progress,
    ) -> Result<SmtpReply, SmtpReply> {
        if let Some(login) = &self.login {
            progress.reach(SmtpStage::Login);
            let answered = connection.auth(&[Mechanism::Plain, Mechanism::Login], login).await;
            completed(answered.map_err(ended)?)?;
        }
        progress.reach(SmtpStage::Sender);
        let from = MailFrom::new(written.envelope.from().cloned(), Vec::new());
        completed(connection.command(from).await.map_err(ended)?)?;
        progress.reach(SmtpStage::Recipient);
        for to in written.envelope.to() {
            let to = Rcpt::new(to.clone(), Vec::new());
            completed(connection.command(to).await.map_err(ended)?)?;
        }
        progress.reach(SmtpStage::Data);
        let go_ahead = connection.command(Data).await.map_err(ended)?;
        if !go_ahead.has_code(354) {
            return Err(SmtpReply::Code(go_ahead.code().into()));
        }
        progress.reach(SmtpStage::Content);
        // The connection asks for the next part when it has written one, then writes the dot.
        let dot = iter::from_fn(|| {
            progress.reach(SmtpStage::End);
            None::<&[u8]>
        });
        let parts = iter::once(&*written.content).chain(dot);
        let reply = connection.message_iter(parts).await.map_err(ended)?;
        Ok(SmtpReply::Code(reply.code().into()))
    }

    /// The whole conversation, and how it ended.
    async fn converse(&self, written: &Written, progress: &Progress) -> SmtpReply {
        let deadline = Instant::now() + self.settings.timeout;
        let connected = timeout_at(deadline, self.connect(progress)).await;
        let mut connection = match connected {
            Ok(Ok(connection)) => connection,
            Ok(Err(reply)) => return reply,
            Err(_) => return SmtpReply::TimedOut,
        };
        let handed_over = self.hand_over(&mut connection, written, progress);
        let reply = match timeout_at(deadline, handed_over).await {
            Ok(Ok(reply) | Err(reply)) => reply,
            Err(_) => return SmtpReply::TimedOut,
        };
        if matches!(reply, SmtpReply::Code(_) | SmtpReply::Denied(_)) {
            drop(timeout(FAREWELL, connection.quit()).await);
        }
        reply
    }

    /// Connects, encrypted if that is configured. Nothing of a mail is sent in clear then.
    async fn connect(&self, progress: &Progress) -> Result<AsyncSmtpConnection, SmtpReply> {
        let SmtpSettings { host, port, .. } = &self.settings;
        let server = (host.as_str(), *port);
        progress.reach(SmtpStage::Connect);
        if self.settings.tls == SmtpTls::Implicit {
            let tls = self.tls.clone();
            let made = AsyncSmtpConnection::connect_tokio1(server, None, &self.hello, tls, None);
            return made.await.map_err(ended).inspect_err(|reply| {
                if matches!(reply, SmtpReply::NoTls(_)) {
                    progress.reach(SmtpStage::Tls);
                }
            });
        }
        let stream = LimitedStream::connect(server).await.map_err(|_| SmtpReply::Lost)?;
        progress.reach(SmtpStage::Greeting);
        let made = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello);
        let mut connection = made.await.map_err(ended)?;
        if let Some(tls) = &self.tls {
            progress.reach(SmtpStage::Tls);
            if !connection.can_starttls() {
                return Err(SmtpReply::NoTls(TlsFailure::NotOffered));
            }
            let begun = connection.starttls(tls.clone(), &self.hello).await;
            begun.map_err(ended).map_err(|reply| {
                let is_plain = reply == SmtpReply::Unasked;
                if is_plain { SmtpReply::NoTls(TlsFailure::PlainBytes) } else { reply }
            })?;
        }
        Ok(connection)
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Outcome {
        let Some(written) = self.writer.write(mail) else {
            return not_encodable();
        };
        let progress = Progress::default();
        let reply = self.converse(&written, &progress).await;
        let stage = progress.stage();
        let outcome = classify(stage, reply);
        // What fails before the recipient is about the server or our configuration.
        if outcome != Outcome::Applied && stage <= SmtpStage::Sender {
            tracing::warn!(?stage, %reply, "the mail server takes no mail");
        } else {
            tracing::debug!(?stage, %reply, "an SMTP conversation ended");
        }
        outcome
    }
}

/// The server did what was asked.
fn completed(response: Response) -> Result<(), SmtpReply> {
    match response.code().severity {
        Severity::PositiveCompletion => Ok(()),
        Severity::PositiveIntermediate
        | Severity::TransientNegativeCompletion
        | Severity::PermanentNegativeCompletion => Err(SmtpReply::Code(response.code().into())),
    }
}

fn tls(settings: &SmtpSettings) -> Result<TlsParameters, InvalidSmtp> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(roots) = &settings.extra_roots {
        let roots = Certificate::from_pem(roots.expose()).map_err(|_| InvalidSmtp::Roots)?;
        builder = builder.add_root_certificate(roots);
    }
    builder.build_rustls().map_err(|_| InvalidSmtp::Tls)
}
