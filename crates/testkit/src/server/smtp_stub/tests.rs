//! Tests the scripted SMTP server with a client that writes lines.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

/// A whole conversation in one write, and everything that came back.
async fn talk(stub: &SmtpStub, text: &str) -> String {
    let mut stream = TcpStream::connect(stub.address()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    // A reset is an end, too.
    _ = stream.read_to_end(&mut said).await;
    String::from_utf8(said).unwrap()
}

const MAIL: &str = "EHLO me\r\nMAIL FROM:<a@b.jp>\r\nRCPT TO:<c@d.jp>\r\nDATA\r\n\
    Subject: one\r\n two\r\n\r\n..dot\r\n.\r\nQUIT\r\n";

#[tokio::test]
async fn a_mail_is_accepted_as_it_was_before_dots_were_added() {
    let stub = SmtpStub::start().await.unwrap();
    let said = talk(&stub, MAIL).await;
    assert!(said.ends_with("250 accepted\r\n221 bye\r\n"), "{said}");
    let [mail] = <[ReceivedMail; 1]>::try_from(stub.accepted()).unwrap();
    assert_eq!((mail.from.as_str(), mail.to), ("a@b.jp", vec!["c@d.jp".to_owned()]));
    assert!(mail.content.ends_with(b"\r\n\r\n.dot\r\n"));
    assert_eq!(stub.connections(), 1);
}

#[tokio::test]
async fn headers_are_unfolded() {
    let stub = SmtpStub::start().await.unwrap();
    talk(&stub, MAIL).await;
    assert_eq!(stub.accepted()[0].header("subject").as_deref(), Some("one two"));
    assert_eq!(stub.accepted()[0].header("other"), None);
}

#[tokio::test]
async fn each_fault_is_for_one_connection_and_its_step() {
    let stub = SmtpStub::start().await.unwrap();
    stub.next(SmtpStep::Recipient, SmtpBehaviour::Reply("550 no".into()));
    stub.next(SmtpStep::Content, SmtpBehaviour::Reset);
    stub.accept_then(SmtpBehaviour::Close);
    let said = talk(&stub, MAIL).await;
    assert!(said.contains("550 no\r\n503 "), "no mail without a recipient: {said}");
    talk(&stub, MAIL).await;
    assert!(stub.accepted().is_empty());
    let said = talk(&stub, MAIL).await;
    assert!(said.ends_with("354 go ahead\r\n"), "{said}");
    assert_eq!(stub.accepted().len(), 1);
    stub.from_now_on(SmtpStep::Greeting, SmtpBehaviour::Raw(b"\x00\xff\r\n".to_vec()));
    stub.stop().await;
    assert!(TcpStream::connect(stub.address()).await.is_err());
}
