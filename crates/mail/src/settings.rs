//! How to reach the mail server, validated before anything is sent.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::client::Certificate;
use madoguchi_domain::redacted;
use madoguchi_domain::secret::Credentials;

redacted!(TrustedRoots);

/// When the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// After `STARTTLS`, which the server must offer (RFC 3207).
    StartTls,
    /// From the first byte (RFC 8314).
    Implicit,
    /// Never: only for a server on this machine.
    None,
}

impl SmtpTls {
    /// Parses the text in the configuration.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "starttls" => Some(Self::StartTls),
            "implicit" => Some(Self::Implicit),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

/// How a certificate begins (RFC 7468 §5).
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// Certificates of authorities, as PEM text.
#[derive(Clone)]
pub struct TrustedRoots(Vec<u8>);

impl TrustedRoots {
    /// Wraps the bytes of a PEM file; [`SmtpMailer::new`](crate::SmtpMailer::new) parses them.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }

    /// A file without any is accepted by the TLS library.
    fn has_certificates(&self) -> bool {
        let parsed = Certificate::from_pem(&self.0).is_ok();
        parsed && self.0.windows(BEGIN.len()).any(|part| part == BEGIN)
    }
}

/// How to reach the mail server.
#[derive(Clone)]
pub struct SmtpSettings {
    /// Its host name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// When the connection is encrypted.
    pub tls: SmtpTls,
    /// Certificates (PEM) of authorities that are trusted besides the system's.
    pub extra_roots: Option<TrustedRoots>,
    /// User and password in UTF-8, if the server wants a login.
    pub credentials: Option<Credentials>,
    /// The maximum duration of a conversation. It should be long: a server that is too slow to
    /// answer the final dot makes the mail uncertain.
    pub timeout: Duration,
}

/// The host and the user are not printed.
impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSettings")
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("extra_roots", &self.extra_roots)
            .field("credentials", &self.credentials)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Invalid settings. Each error names the setting, never its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} {}", self.setting(), self.rule())]
pub enum InvalidSmtp {
    /// Correct the host.
    Host,
    /// Remove the brackets around the IP address.
    BracketedHost,
    /// Use `starttls` or `implicit`.
    Plaintext,
    /// Correct the authorities' certificates.
    Roots,
    /// Remove the authorities' certificates, or encrypt.
    UnusedRoots,
    /// Check this machine: its trusted certificates cannot be loaded.
    Tls,
}

impl InvalidSmtp {
    /// The setting that is invalid.
    #[must_use]
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Host | Self::BracketedHost => "smtp_host",
            Self::Plaintext | Self::Tls => "smtp_tls",
            Self::Roots | Self::UnusedRoots => "root_ca_file",
        }
    }

    /// The rule that it breaks.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Host => "must be a host name or an IP address; the port goes to smtp_port",
            Self::BracketedHost => "must be the IP address without brackets",
            Self::Plaintext => {
                "must be starttls or implicit: none is only for a server on this machine"
            }
            Self::Roots => "must hold certificates of authorities as PEM",
            Self::UnusedRoots => "is not used with smtp_tls none: remove it",
            Self::Tls => "needs this machine's trusted certificates, which cannot be loaded",
        }
    }
}

/// The longest wait for the answer to `QUIT`, which proves nothing.
pub(crate) const FAREWELL: Duration = Duration::from_secs(1);

impl SmtpSettings {
    /// The maximum duration of sending one mail.
    #[must_use]
    pub const fn longest_call(&self) -> Duration {
        self.timeout.saturating_add(FAREWELL)
    }

    /// Checks that nothing personal would cross a network in clear, and that the settings fit
    /// together.
    ///
    /// # Errors
    /// With all mistakes.
    pub fn check(&self) -> Result<(), Vec<InvalidSmtp>> {
        let mut mistakes = Vec::new();
        let address = self.host.parse::<IpAddr>().ok();
        let is_name = |it: u8| it.is_ascii_alphanumeric() || b"-.".contains(&it);
        let is_host = (1..=253).contains(&self.host.len()) && self.host.bytes().all(is_name);
        let is_encrypted = self.tls != SmtpTls::None;
        let is_here =
            self.host == "localhost" || address.is_some_and(|address| address.is_loopback());
        if self.host.starts_with('[') {
            mistakes.push(InvalidSmtp::BracketedHost);
        } else if address.is_none() && !is_host {
            mistakes.push(InvalidSmtp::Host);
        } else if !is_encrypted && !is_here {
            mistakes.push(InvalidSmtp::Plaintext);
        }
        match &self.extra_roots {
            Some(_) if !is_encrypted => mistakes.push(InvalidSmtp::UnusedRoots),
            Some(roots) if !roots.has_certificates() => mistakes.push(InvalidSmtp::Roots),
            Some(_) | None => {}
        }
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }

    /// Whether servers at this port usually encrypt in another way: then no mail goes out.
    #[must_use]
    pub const fn has_unusual_port(&self) -> bool {
        matches!((self.tls, self.port), (SmtpTls::StartTls, 465) | (SmtpTls::Implicit, 25 | 587))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(host: &str, tls: SmtpTls) -> SmtpSettings {
        SmtpSettings {
            host: host.to_owned(),
            port: 25,
            tls,
            extra_roots: None,
            credentials: None,
            timeout: Duration::from_secs(1),
        }
    }

    #[test]
    fn mail_leaves_this_machine_encrypted_only() {
        for host in ["127.0.0.1", "::1", "localhost"] {
            assert_eq!(settings(host, SmtpTls::None).check(), Ok(()), "{host}");
        }
        for host in ["mail.example.com", "10.0.0.1", "localhost.example.com"] {
            let checked = |tls| settings(host, tls).check();
            assert_eq!(checked(SmtpTls::None), Err(vec![InvalidSmtp::Plaintext]), "{host}");
            assert_eq!(checked(SmtpTls::StartTls), Ok(()), "{host}");
            assert_eq!(checked(SmtpTls::Implicit), Ok(()), "{host}");
        }
        for host in ["", "a b", "mail.example.com\r\n", "smtp://mail", "例え.jp", "mail:25"] {
            let refused = Err(vec![InvalidSmtp::Host]);
            assert_eq!(settings(host, SmtpTls::StartTls).check(), refused, "{host}");
        }
    }

    #[test]
    fn a_file_of_authorities_holds_certificates_that_are_used() {
        let with = |roots: &[u8], tls| {
            let extra_roots = Some(TrustedRoots::new(roots.to_vec()));
            SmtpSettings { extra_roots, ..settings("127.0.0.1", tls) }.check()
        };
        let good = include_bytes!("../tests/over_smtp/tls/ca.pem");
        assert_eq!(with(good, SmtpTls::StartTls), Ok(()));
        assert_eq!(with(good, SmtpTls::None), Err(vec![InvalidSmtp::UnusedRoots]));
        for bad in [&b""[..], b"text", b"-----BEGIN CERTIFICATE-----\nno\n"] {
            assert_eq!(with(bad, SmtpTls::StartTls), Err(vec![InvalidSmtp::Roots]));
        }
    }

    #[test]
    fn all_mistakes_are_found_and_name_their_setting() {
        let extra_roots = Some(TrustedRoots::new(b"text".to_vec()));
        let both = SmtpSettings { extra_roots, ..settings("[::1]", SmtpTls::Implicit) };
        let mistakes = both.check().unwrap_err();
        assert_eq!(mistakes, [InvalidSmtp::BracketedHost, InvalidSmtp::Roots]);
        let text = "smtp_host must be the IP address without brackets";
        assert_eq!(mistakes[0].to_string(), text);
    }

    #[test]
    fn a_port_that_encrypts_in_another_way_is_unusual() {
        for (tls, port, is_unusual) in [
            (SmtpTls::StartTls, 465, true),
            (SmtpTls::Implicit, 25, true),
            (SmtpTls::Implicit, 587, true),
            (SmtpTls::StartTls, 25, false),
            (SmtpTls::StartTls, 587, false),
            (SmtpTls::Implicit, 465, false),
            (SmtpTls::None, 465, false),
        ] {
            let settings = SmtpSettings { port, ..settings("a.example", tls) };
            assert_eq!(settings.has_unusual_port(), is_unusual, "{tls:?} {port}");
        }
    }

    #[test]
    fn settings_print_no_credentials() {
        let settings = SmtpSettings {
            credentials: Some(Credentials::new("canary-user", "canary-password")),
            ..settings("canary-host", SmtpTls::StartTls)
        };
        assert!(!format!("{settings:?}").contains("canary"));
    }
}
