//! Tests TLS, with certificates of a test authority.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use madoguchi_domain::effect::{Doubt, Outcome, WhyNotSent};
use madoguchi_domain::port::CoreBank;
use madoguchi_domain::upgrade::{Answer, FinalCodes, classify};
use madoguchi_esb::{Esb, EsbSettings, InvalidUpstream, Pem, UpstreamSettings};
use madoguchi_testkit::contract::core_bank::order;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::bank;

const CA: &[u8] = include_bytes!("../fixtures/tls/ca.pem");
const CLIENT: &[u8] = include_bytes!("../fixtures/tls/client.pem");
const SERVER: &[u8] = include_bytes!("../fixtures/tls/server.pem");

/// A bank that accepts one connection; its thread returns whether an order arrived.
fn tls_bank(asks_who_calls: bool) -> (SocketAddr, JoinHandle<bool>) {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(CA).unwrap()).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(SERVER).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(SERVER).unwrap();
    let builder = ServerConfig::builder();
    let builder = if asks_who_calls {
        builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap(),
        )
    } else {
        builder.with_no_client_auth()
    };
    let config = Arc::new(builder.with_single_cert(chain, key).unwrap());

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = move || {
        let (socket, _) = listener.accept().unwrap();
        serve_one(StreamOwned::new(ServerConnection::new(config).unwrap(), socket))
    };
    (address, thread::spawn(serve))
}

fn serve_one(mut stream: StreamOwned<ServerConnection, TcpStream>) -> bool {
    let (mut read, mut chunk) = (Vec::new(), [0; 4096]);
    while !is_whole(&read) {
        match stream.read(&mut chunk) {
            Ok(0) => return false,
            Ok(count) => read.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
    let body = bank::applied().body;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), &body].concat()).is_ok()
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
    body.is_some_and(|body| serde_json::from_str::<serde_json::Value>(body).is_ok())
}

fn settings(address: SocketAddr) -> EsbSettings {
    let mut settings = EsbSettings::new(format!("https://{address}/da21"));
    settings.upstream.extra_roots = Some(Pem::new(CA.to_vec()));
    settings
}

async fn answer(settings: EsbSettings) -> Answer {
    bank::esb(settings).set_level(&order("T1222222"), &bank::correlation()).await
}

fn is_applied(answer: &Answer) -> bool {
    classify(&order("T1222222"), answer, &FinalCodes::default()) == Outcome::Applied
}

#[tokio::test]
async fn a_bank_with_a_certificate_of_the_given_authority_is_trusted() {
    let (address, bank) = tls_bank(false);
    assert!(is_applied(&answer(settings(address)).await));
    assert!(bank.join().unwrap());
}

#[tokio::test]
async fn a_bank_with_a_strangers_certificate_is_told_nothing() {
    let (address, bank) = tls_bank(false);
    // Any certificate except the one of the bank's authority.
    let mut settings = settings(address);
    settings.upstream.extra_roots = Some(Pem::new(CLIENT.to_vec()));
    let answer = answer(settings).await;
    assert_eq!(answer, Answer::NotSent(WhyNotSent::NoConnection));
    assert!(!bank.join().unwrap());
}

#[tokio::test]
async fn a_bank_that_asks_who_calls_is_told() {
    let (address, bank) = tls_bank(true);
    let mut settings = settings(address);
    settings.upstream.identity = Some(Pem::new(CLIENT.to_vec()));
    assert!(is_applied(&answer(settings).await));
    assert!(bank.join().unwrap());
}

/// In TLS 1.3 the server rejects our certificate after our handshake is complete, so the order may
/// already have been sent.
#[tokio::test]
async fn a_bank_that_turns_us_away_after_the_handshake_leaves_a_doubt() {
    let (address, bank) = tls_bank(true);
    assert_eq!(answer(settings(address)).await, Answer::Lost(Doubt::ConnectionLost));
    assert!(!bank.join().unwrap());
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_not_sent() {
    let bank = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut hasty = settings(bank.local_addr().unwrap());
    hasty.upstream.connect_timeout = Duration::from_millis(100);
    assert_eq!(answer(hasty).await, Answer::NotSent(WhyNotSent::NoConnection));
    bank.set_nonblocking(true).unwrap();
    let (mut connection, mut sent) = (bank.accept().unwrap().0, Vec::new());
    connection.read_to_end(&mut sent).unwrap();
    assert_eq!(sent.first(), Some(&22), "a TLS handshake was begun");
    assert_eq!(bank.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "one connection");
}

#[test]
fn pem_that_is_none_is_refused_without_being_shown() {
    let bad = |bytes: &[u8]| Some(Pem::new(bytes.to_vec()));
    let usual = || UpstreamSettings::new("https://bank.example/");
    for settings in [
        UpstreamSettings { extra_roots: bad(b"canary"), ..usual() },
        UpstreamSettings { identity: bad(b"canary"), ..usual() },
        UpstreamSettings { identity: bad(CA), ..usual() },
    ] {
        let settings = EsbSettings { upstream: settings, ..EsbSettings::new("") };
        let refused = Esb::new(settings, bank::clock(), bank::ids()).unwrap_err();
        assert!(matches!(refused, InvalidUpstream::Pem(..)), "{refused:?}");
        assert!(!format!("{refused:?} {refused}").contains("canary"));
    }
}
