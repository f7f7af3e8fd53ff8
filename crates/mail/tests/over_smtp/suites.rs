//! Runs the suites of mailers on SMTP and on files.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use madoguchi_domain::effect::Outcome;
use madoguchi_domain::port::Mailer;
use madoguchi_domain::secret::Credentials;
use madoguchi_mail::{FileMailer, SmtpMailer, SmtpSettings, SmtpTls};
use madoguchi_testkit::contract::mailer::{LONGEST_CALL, MailerUnderTest};
use madoguchi_testkit::server::smtp_stub::{ReceivedMail, SmtpStub};
use madoguchi_testkit::{mailer_contract, samples, smtp_mailer_contract};

use crate::{smtp, writer};

fn open(address: SocketAddr) -> SmtpMailer {
    let settings = SmtpSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: SmtpTls::None,
        extra_roots: None,
        credentials: Some(Credentials::new("user", "password")),
        timeout: LONGEST_CALL,
    };
    smtp(settings)
}

fn name(mail: &ReceivedMail) -> (String, String) {
    (mail.header("Message-ID").unwrap(), mail.to[0].clone())
}

async fn over_smtp() -> MailerUnderTest {
    let stub = Arc::new(SmtpStub::start().await.unwrap());
    let mailer = Arc::new(open(stub.address()));
    let arrived = Box::new(move || stub.accepted().iter().map(name).collect());
    MailerUnderTest { mailer, arrived, guard: Box::new(()) }
}

fn to_files() -> MailerUnderTest {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    let mailer = Arc::new(FileMailer::new(path.clone(), writer()).unwrap());
    let arrived = move || {
        let files =
            fs::read_dir(&path).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        let mails = files.map(|content| ReceivedMail { content, ..ReceivedMail::default() });
        mails.map(|it| (it.header("Message-ID").unwrap(), it.header("To").unwrap())).collect()
    };
    MailerUnderTest { mailer, arrived: Box::new(arrived), guard: Box::new(directory) }
}

#[tokio::test]
async fn a_file_is_for_its_owner_alone_in_a_directory_that_is_there() {
    let directory = tempfile::tempdir().unwrap();
    assert!(FileMailer::new(directory.path().join("mails"), writer()).is_err());
    let mailer = FileMailer::new(directory.path().to_owned(), writer()).unwrap();
    let mail = samples::mail(1);
    let id = mail.message_id.as_str().trim_start_matches('<').split('@').next().unwrap();
    // Left by an attempt that broke off.
    fs::write(directory.path().join(format!("{id}.part")), "x").unwrap();
    assert_eq!(mailer.send(&mail).await, Outcome::Applied);
    let files: Vec<_> = fs::read_dir(directory.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

mailer_contract!(smtp: over_smtp(), files: async { to_files() });
smtp_mailer_contract!(smtp: async { open });
