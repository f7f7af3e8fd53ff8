//! Runs the suites of mailers on SMTP and on files.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use madoguchi_domain::secret::Credentials;
use madoguchi_mail::{FileMailer, SmtpMailer, SmtpSettings, SmtpTls};
use madoguchi_testkit::mailer_contract::{LONGEST_CALL, MailerUnderTest};
use madoguchi_testkit::smtp_stub::{ReceivedMail, SmtpStub};
use madoguchi_testkit::{mailer_contract, smtp_mailer_contract};

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
    let path = directory.path().join("mails");
    let mailer = Arc::new(FileMailer::new(path.clone(), writer()).unwrap());
    let arrived = move || {
        let files =
            fs::read_dir(&path).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        let mails = files.map(|content| ReceivedMail { content, ..ReceivedMail::default() });
        mails.map(|it| (it.header("Message-ID").unwrap(), it.header("To").unwrap())).collect()
    };
    MailerUnderTest { mailer, arrived: Box::new(arrived), guard: Box::new(directory) }
}

mailer_contract!(smtp: over_smtp().await, files: to_files());
smtp_mailer_contract!(smtp: open);
