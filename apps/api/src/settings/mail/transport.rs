//! Where mails go to: a mail server, or a directory.

use std::path::PathBuf;
use std::time::Duration;

use madoguchi_domain::secret::Credentials;
use madoguchi_files::{read_public, read_secret};
use madoguchi_mail::{SmtpSettings, SmtpTls, TrustedRoots};

use crate::settings::reader::{Given, Section, value};

/// Where mails go to.
#[derive(Debug, Clone)]
pub enum MailTransport {
    /// To a mail server.
    Smtp(SmtpSettings),
    /// To files in this directory, for development.
    Directory(PathBuf),
}

/// The keys that a mail server alone has.
const OF_A_SERVER: [&str; 5] =
    ["smtp_port", "smtp_tls", "smtp_user", "smtp_password_file", "root_ca_file"];

impl MailTransport {
    /// Reads either the mail server or the directory.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let (to_server, to_files) = (section.has("smtp_host"), section.has("directory"));
        let is_mixed = to_files && (to_server || OF_A_SERVER.iter().any(|key| section.has(key)));
        let directory = section.optional("directory", directory);
        let smtp = read_smtp(section);
        if is_mixed {
            let what = "needs either directory, or the keys of a mail server, not both";
            section.mistake_as_a_whole(what);
        } else if !to_server && !to_files {
            section.mistake_as_a_whole("needs smtp_host, or directory for development");
        }
        if to_files { directory.map(Self::Directory) } else { smtp.map(Self::Smtp) }
    }
}

fn read_smtp(section: &mut Section<'_>) -> Option<SmtpSettings> {
    let host = section.optional("smtp_host", value::text);
    let port = section.optional("smtp_port", value::whole(1, 65_535));
    let tls = section.or("smtp_tls", SmtpTls::StartTls, |given| {
        let tls = given.into_text().and_then(|text| SmtpTls::parse(&text));
        tls.ok_or_else(|| "must be starttls, implicit or none".to_owned())
    });
    let credentials = read_credentials(section);
    let extra_roots = section.optional("root_ca_file", |given| {
        let read = read_public(&value::path(given)?).map(TrustedRoots::new);
        read.map_err(|error| error.to_string())
    });
    let standard = Duration::from_secs(120);
    let timeout = section.or("timeout_ms", standard, value::millis(100, 600_000));
    let usual = if tls == SmtpTls::Implicit { 465 } else { 587 };
    let port = port.and_then(|port| u16::try_from(port).ok()).unwrap_or(usual);
    // Without a host the other keys are checked as for this machine, which hides none of theirs.
    let is_known = host.is_some();
    let host = host.unwrap_or_else(|| "localhost".to_owned());
    let smtp = SmtpSettings { host, port, tls, extra_roots, credentials, timeout };
    for error in smtp.check().err().into_iter().flatten() {
        section.mistake(error.setting(), error.rule());
    }
    is_known.then_some(smtp)
}

fn read_credentials(section: &mut Section<'_>) -> Option<Credentials> {
    let has = (section.has("smtp_user"), section.has("smtp_password_file"));
    let user = section.optional("smtp_user", |given| on_one_line(value::text(given)?));
    let password = section.optional("smtp_password_file", |given| {
        let bytes = read_secret(&value::path(given)?).map_err(|error| error.to_string())?;
        let text = String::from_utf8(bytes).map_err(|_| "must hold UTF-8".to_owned())?;
        let text = text.trim_end_matches(['\r', '\n']).to_owned();
        if text.is_empty() { Err("must not be empty".to_owned()) } else { on_one_line(text) }
    });
    match has {
        (true, false) => {
            section.mistake("smtp_password_file", "is missing: smtp_user needs a password");
        }
        (false, true) => {
            section.mistake("smtp_user", "is missing: smtp_password_file needs a user");
        }
        (true, true) | (false, false) => {}
    }
    Some(Credentials::new(user?, password?))
}

fn on_one_line(text: String) -> Result<String, String> {
    let has_control = text.chars().any(char::is_control);
    if has_control { Err("must be one line without control characters".into()) } else { Ok(text) }
}

fn directory(given: Given) -> Result<PathBuf, String> {
    let path = value::path(given)?;
    if path.is_dir() {
        Ok(path)
    } else {
        Err(format!("must be a directory that is there: mkdir -m 700 {}", path.display()))
    }
}
