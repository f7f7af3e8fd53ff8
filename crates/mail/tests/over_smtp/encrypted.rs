//! Tests that mail is sent encrypted or not at all, with certificates of a test authority.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use madoguchi_domain::effect::{Outcome, WhyNotSent};
use madoguchi_domain::port::Mailer;
use madoguchi_domain::secret::Credentials;
use madoguchi_mail::{SmtpMailer, SmtpSettings, SmtpTls, TrustedRoots};
use madoguchi_testkit::samples;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::smtp;

const CA: &[u8] = include_bytes!("tls/ca.pem");
const SERVER: &[u8] = include_bytes!("tls/server.pem");
/// A certificate that is no authority of the server's.
const STRANGER: &[u8] = include_bytes!("tls/client.pem");

/// How a server handles `STARTTLS`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offer {
    /// It encrypts.
    Encrypts,
    /// It does not offer it.
    Nothing,
    /// Somebody adds replies in clear behind its consent, for the client to read as encrypted.
    Injects,
    /// It encrypts from the first byte.
    Implicit,
    /// It consents, and goes on in clear.
    Plain,
}

/// Everything that the client said in clear, and encrypted.
#[derive(Debug, Default)]
struct Heard {
    clear: String,
    encrypted: String,
}

/// A mail server for one connection.
fn server(offer: Offer) -> (SocketAddr, JoinHandle<Heard>) {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let address = listener.local_addr().unwrap();
    (address, thread::spawn(move || serve(listener.accept().unwrap().0, offer)))
}

fn serve(socket: TcpStream, offer: Offer) -> Heard {
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut heard = Heard::default();
    if offer != Offer::Implicit {
        let mut stream = BufReader::new(socket.try_clone().unwrap());
        let answer = |line: &str| match line {
            _ if line.starts_with("EHLO") && offer == Offer::Nothing => "250 plain\r\n",
            _ if line.starts_with("EHLO") => "250-here\r\n250 STARTTLS\r\n",
            _ if line.starts_with("STARTTLS") && offer == Offer::Injects => {
                "220 go\r\n250-injected\r\n250 AUTH PLAIN\r\n235 in\r\n250 a\r\n250 b\r\n"
            }
            _ if line.starts_with("STARTTLS") => "220 go\r\n",
            _ => "250 ok\r\n",
        };
        (&socket).write_all(b"220 plain\r\n").unwrap();
        converse(&mut stream, &socket, answer, &mut heard.clear, "STARTTLS");
        if offer == Offer::Plain {
            // The client begins to encrypt first.
            _ = socket.peek(&mut [0]);
            (&socket).write_all(b"250 ok\r\n").unwrap();
        }
        if matches!(offer, Offer::Nothing | Offer::Plain) {
            return heard;
        }
    }
    let chain = vec![CertificateDer::from_pem_slice(SERVER).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(SERVER).unwrap();
    let config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let tls = ServerConnection::new(Arc::new(config)).unwrap();
    let mut stream = BufReader::new(StreamOwned::new(tls, socket));
    if offer == Offer::Implicit && stream.get_mut().write_all(b"220 encrypted\r\n").is_err() {
        return heard;
    }
    encrypted(&mut stream, &mut heard.encrypted);
    heard
}

/// Answers lines until one begins with `last`, or the client is gone.
fn converse(
    stream: &mut impl BufRead,
    mut to: impl Write,
    answer: impl Fn(&str) -> &'static str,
    heard: &mut String,
    last: &str,
) {
    let mut line = String::new();
    while stream.read_line(&mut line).is_ok_and(|count| count > 0) {
        heard.push_str(&line);
        if to.write_all(answer(&line).as_bytes()).is_err() || line.starts_with(last) {
            return;
        }
        line.clear();
    }
}

fn encrypted(stream: &mut BufReader<StreamOwned<ServerConnection, TcpStream>>, heard: &mut String) {
    let (mut line, mut in_content) = (String::new(), false);
    while stream.read_line(&mut line).is_ok_and(|count| count > 0) {
        heard.push_str(&line);
        let reply: &[u8] = match &*line {
            ".\r\n" => {
                in_content = false;
                b"250 accepted\r\n"
            }
            _ if in_content => b"",
            _ if line.starts_with("DATA") => {
                in_content = true;
                b"354 go\r\n"
            }
            _ if line.starts_with("EHLO") => b"250-here\r\n250 AUTH PLAIN\r\n",
            _ if line.starts_with("AUTH") => b"235 in\r\n",
            _ => b"250 ok\r\n",
        };
        if stream.get_mut().write_all(reply).is_err() || line.starts_with("QUIT") {
            return;
        }
        line.clear();
    }
}

fn mailer(host: &str, address: SocketAddr, tls: SmtpTls, roots: &[u8]) -> SmtpMailer {
    smtp(SmtpSettings {
        host: host.into(),
        port: address.port(),
        tls,
        extra_roots: Some(TrustedRoots::new(roots.to_vec())),
        credentials: Some(Credentials::new("user", "canary-password")),
        timeout: Duration::from_secs(5),
    })
}

const NOT_SENT: Outcome = Outcome::NotSent(WhyNotSent::NoConnection);

/// What the server said and heard, and the outcome.
async fn sent(offer: Offer, tls: SmtpTls, roots: &[u8]) -> (Outcome, Heard) {
    let (address, server) = server(offer);
    let outcome = mailer("localhost", address, tls, roots).send(&samples::mail(1)).await;
    (outcome, server.join().unwrap())
}

#[tokio::test]
async fn a_trusted_server_gets_the_mail_encrypted() {
    for (offer, tls) in [(Offer::Encrypts, SmtpTls::StartTls), (Offer::Implicit, SmtpTls::Implicit)]
    {
        let (outcome, heard) = sent(offer, tls, CA).await;
        assert_eq!(outcome, Outcome::Applied);
        assert!(heard.encrypted.contains("AUTH PLAIN") && heard.encrypted.contains("RCPT TO:"));
        assert!(!heard.clear.contains("AUTH") && !heard.clear.contains("MAIL"), "{heard:?}");
    }
}

#[tokio::test]
async fn a_server_that_offers_no_encryption_gets_nothing() {
    let (outcome, heard) = sent(Offer::Nothing, SmtpTls::StartTls, CA).await;
    assert_eq!(outcome, NOT_SENT);
    assert!(!heard.clear.contains("AUTH") && !heard.clear.contains("MAIL"), "{heard:?}");
}

#[tokio::test]
async fn a_server_with_a_strangers_certificate_gets_nothing() {
    for (offer, tls) in [(Offer::Encrypts, SmtpTls::StartTls), (Offer::Implicit, SmtpTls::Implicit)]
    {
        let (outcome, heard) = sent(offer, tls, STRANGER).await;
        assert_eq!(outcome, NOT_SENT);
        assert!(!format!("{heard:?}").contains("MAIL"), "{heard:?}");
    }
}

/// Otherwise somebody on the way could accept mails in the server's name.
#[tokio::test]
async fn replies_that_were_added_in_clear_are_not_read_as_encrypted() {
    let (outcome, heard) = sent(Offer::Injects, SmtpTls::StartTls, CA).await;
    assert_eq!(outcome, NOT_SENT);
    assert!(!format!("{heard:?}").contains("MAIL"), "{heard:?}");
}

/// An operator reads in the log which of them it is.
#[tokio::test]
async fn the_log_says_why_there_is_no_encryption() {
    for (offer, tls, host, roots, why) in [
        (Offer::Nothing, SmtpTls::StartTls, "localhost", CA, "does not offer STARTTLS"),
        (Offer::Encrypts, SmtpTls::StartTls, "localhost", STRANGER, "is not trusted"),
        (Offer::Implicit, SmtpTls::Implicit, "localhost", STRANGER, "is not trusted"),
        (Offer::Encrypts, SmtpTls::StartTls, "127.0.0.2", CA, "is for another name"),
        (Offer::Implicit, SmtpTls::Implicit, "127.0.0.2", CA, "is for another name"),
        (Offer::Injects, SmtpTls::StartTls, "localhost", CA, "plain bytes where TLS begins"),
        (Offer::Plain, SmtpTls::StartTls, "localhost", CA, "plain bytes where TLS begins"),
        (Offer::Encrypts, SmtpTls::Implicit, "localhost", CA, "plain bytes where TLS begins"),
    ] {
        let log = Log::default();
        let sink = log.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || sink.clone()).finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let (address, server) = server(offer);
        let outcome = mailer(host, address, tls, roots).send(&samples::mail(1)).await;
        drop(guard);
        let written = log.text();
        assert_eq!(outcome, NOT_SENT);
        assert!(written.contains(why) && written.contains("stage=Tls"), "{why}: {written}");
        drop(server);
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
