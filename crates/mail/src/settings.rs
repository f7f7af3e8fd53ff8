//! How to reach the mail server, validated before anything is sent.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

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
    /// The maximum duration of a conversation. What ends it before the final dot proves that
    /// nothing was accepted; a server that is slow to answer the final dot makes the mail
    /// uncertain, so it should be long.
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
    #[error("smtp_host must be a host name or an IP address")]
    Host,
    /// Use `starttls` or `implicit`.
    #[error("smtp_tls can be none only if smtp_host is this machine")]
    Plaintext,
    /// Correct the authorities' certificates.
    #[error("root_ca_file must hold certificates as PEM")]
    Roots,
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
        let is_name = |it: u8| it.is_ascii_alphanumeric() || b"-.:".contains(&it);
        if self.host.is_empty() || self.host.len() > 253 || !self.host.bytes().all(is_name) {
            return Err(InvalidSmtp::Host);
        }
        let is_here = self.host == "localhost"
            || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
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
        for host in ["", "a b", "mail.example.com\r\n", "smtp://mail", "例え.jp"] {
            assert_eq!(settings(host, SmtpTls::StartTls).check(), Err(InvalidSmtp::Host));
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
