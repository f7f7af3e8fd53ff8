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
pub enum InvalidSmtp {
    /// Correct the host.
    #[error("smtp_host must be a host name or an IP address; the port goes to smtp_port")]
    Host,
    /// Use `starttls` or `implicit`.
    #[error("smtp_tls can be none only if smtp_host is this machine")]
    Plaintext,
    /// Correct the authorities' certificates.
    #[error("root_ca_file must hold certificates as PEM")]
    Roots,
    /// Remove the authorities' certificates, or encrypt.
    #[error("root_ca_file is not used with smtp_tls none")]
    UnusedRoots,
    /// Check this machine: its trusted certificates cannot be loaded.
    #[error("TLS cannot be set up on this machine")]
    Tls,
}

/// The longest wait for the answer to `QUIT`, which proves nothing.
pub(crate) const FAREWELL: Duration = Duration::from_secs(1);

impl SmtpSettings {
    /// The maximum duration of sending one mail.
    #[must_use]
    pub const fn longest_call(&self) -> Duration {
        self.timeout.saturating_add(FAREWELL)
    }

    /// Checks that nothing personal would cross a network in clear.
    ///
    /// # Errors
    /// See [`InvalidSmtp`].
    pub fn check(&self) -> Result<(), InvalidSmtp> {
        let address = self.host.parse::<IpAddr>().ok();
        let is_name = |it: u8| it.is_ascii_alphanumeric() || b"-.".contains(&it);
        let is_host = (1..=253).contains(&self.host.len()) && self.host.bytes().all(is_name);
        if address.is_none() && !is_host {
            return Err(InvalidSmtp::Host);
        }
        if self.extra_roots.as_ref().is_some_and(|roots| !roots.has_certificates()) {
            return Err(InvalidSmtp::Roots);
        }
        if self.extra_roots.is_some() && self.tls == SmtpTls::None {
            return Err(InvalidSmtp::UnusedRoots);
        }
        let is_here =
            self.host == "localhost" || address.is_some_and(|address| address.is_loopback());
        if self.tls == SmtpTls::None && !is_here {
            return Err(InvalidSmtp::Plaintext);
        }
        Ok(())
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
            assert_eq!(checked(SmtpTls::None), Err(InvalidSmtp::Plaintext), "{host}");
            assert_eq!(checked(SmtpTls::StartTls), Ok(()), "{host}");
            assert_eq!(checked(SmtpTls::Implicit), Ok(()), "{host}");
        }
        for host in ["", "a b", "mail.example.com\r\n", "smtp://mail", "例え.jp", "mail:25"] {
            assert_eq!(settings(host, SmtpTls::StartTls).check(), Err(InvalidSmtp::Host));
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
        assert_eq!(with(good, SmtpTls::None), Err(InvalidSmtp::UnusedRoots));
        for bad in [&b""[..], b"text", b"-----BEGIN CERTIFICATE-----\nno\n"] {
            assert_eq!(with(bad, SmtpTls::StartTls), Err(InvalidSmtp::Roots));
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
