//! What the end of an SMTP conversation proves, by the stage that it had reached.

use std::fmt;

use madoguchi_domain::effect::{Doubt, Outcome, UpstreamCode, WhyNotSent};

/// The stages of a conversation, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SmtpStage {
    /// Resolve the name and connect.
    Connect,
    /// The server's greeting, and `EHLO`.
    Greeting,
    /// `STARTTLS`, the handshake, and `EHLO` again.
    Tls,
    /// `AUTH`.
    Login,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`.
    Data,
    /// The content, up to the final dot.
    Content,
    /// The final dot was written, perhaps.
    End,
}

impl SmtpStage {
    /// All stages, in order.
    pub const ALL: [Self; 9] = [
        Self::Connect,
        Self::Greeting,
        Self::Tls,
        Self::Login,
        Self::Sender,
        Self::Recipient,
        Self::Data,
        Self::Content,
        Self::End,
    ];
}

/// How a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpReply {
    /// With this code of the server.
    Code(u16),
    /// With this code from 500 and an enhanced one of the class `x.7.x` (RFC 3463 §3.8): a rule of
    /// the server about its clients, for example that it does not relay for us.
    Denied(u16),
    /// The connection could not be made or used, or it broke.
    Lost,
    /// There was no reply in time.
    TimedOut,
    /// The reply is not one of SMTP.
    Unreadable,
    /// The server replied before we wrote the command: it did not read it, and nothing more was
    /// written.
    Unasked,
    /// The server offers no login that we know.
    NoLogin,
    /// The connection is not encrypted.
    NoTls(TlsFailure),
}

/// Why a connection is not encrypted, in words of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlsFailure {
    /// Use `implicit`, or another port.
    #[error("the server does not offer STARTTLS")]
    NotOffered,
    /// Add its authority to `root_ca_file`.
    #[error("the server's certificate is not trusted: see root_ca_file")]
    NotTrusted,
    /// Correct `smtp_host`, or the server's certificate.
    #[error("the server's certificate is for another name than smtp_host")]
    OtherName,
    /// Renew the server's certificate, or correct the clock of this machine.
    #[error("the server's certificate has expired or is not valid yet")]
    Expired,
    /// Compare `smtp_tls` and `smtp_port`; otherwise somebody on the way adds replies.
    #[error("the server sends plain bytes where TLS begins")]
    PlainBytes,
    /// Look at the server's log.
    #[error("the TLS handshake failed")]
    Handshake,
}

/// For the log: nothing that the server wrote.
impl fmt::Display for SmtpReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "{code}"),
            Self::Denied(code) => write!(f, "{code} 5.7"),
            Self::Lost => f.write_str("no connection, or it broke"),
            Self::TimedOut => f.write_str("no reply in time"),
            Self::Unreadable => f.write_str("a reply that is not SMTP"),
            Self::Unasked => f.write_str("a reply before its command"),
            Self::NoLogin => f.write_str("the server offers neither AUTH PLAIN nor LOGIN"),
            Self::NoTls(why) => why.fmt(f),
        }
    }
}

/// What the end of a conversation proves. Only the reply to the final dot accepts a mail, and only
/// its absence is a doubt. Before that a mail is not accepted; replies to its recipient and its
/// content decide whether it ever will be. What the server says about us is no verdict on a mail.
#[must_use]
pub fn classify(stage: SmtpStage, reply: SmtpReply) -> Outcome {
    use {SmtpReply as Reply, SmtpStage as At};
    match (stage, reply) {
        (At::End, Reply::Code(200..=299)) => Outcome::Applied,
        // About our login (RFC 4954 §6): that is our configuration, not this mail.
        (At::Sender | At::Recipient | At::Data | At::End, Reply::Code(530 | 534 | 535 | 538)) => {
            Outcome::NotSent(WhyNotSent::NoConnection)
        }
        // The dot was not written completely.
        (At::End, Reply::Unasked) => Outcome::NotSent(WhyNotSent::NoConnection),
        (At::Recipient | At::Data | At::End, Reply::Code(code @ 500..=599)) => refused(code),
        (At::Sender | At::Recipient | At::Data | At::End, Reply::Code(400..=499)) => {
            Outcome::NotSent(WhyNotSent::Deferred)
        }
        // It did not accept the mail, and may when the configuration is right.
        (At::Sender | At::Recipient | At::Data | At::End, Reply::Denied(_)) => {
            Outcome::NotSent(WhyNotSent::Deferred)
        }
        (At::End, Reply::Code(_)) => Outcome::Unknown(Doubt::Status),
        (At::End, Reply::Lost | Reply::NoLogin | Reply::NoTls(_)) => {
            Outcome::Unknown(Doubt::ConnectionLost)
        }
        (At::End, Reply::TimedOut) => Outcome::Unknown(Doubt::TimedOut),
        (At::End, Reply::Unreadable) => Outcome::Unknown(Doubt::Unreadable),
        (
            At::Connect
            | At::Greeting
            | At::Tls
            | At::Login
            | At::Sender
            | At::Recipient
            | At::Data
            | At::Content,
            _,
        ) => Outcome::NotSent(WhyNotSent::NoConnection),
    }
}

/// The server's final refusal; its text is dropped, because it may repeat the address.
fn refused(code: u16) -> Outcome {
    let parsed = UpstreamCode::parse(&format!("SMTP_{code}"));
    parsed.map_or(Outcome::Unknown(Doubt::UnlistedCode), Outcome::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table_is_this() {
        let replies = [
            Reply::Code(250),
            Reply::Code(354),
            Reply::Code(451),
            Reply::Code(530),
            Reply::Code(535),
            Reply::Code(550),
            Reply::Denied(554),
            Reply::Code(700),
            Reply::Lost,
            Reply::TimedOut,
            Reply::Unreadable,
            Reply::Unasked,
            Reply::NoLogin,
            // After the dot: a record that cannot be decrypted.
            Reply::NoTls(TlsFailure::Handshake),
        ];
        use SmtpReply as Reply;
        let row = |stage| {
            let outcomes = replies.map(|reply| match classify(stage, reply) {
                Outcome::Applied => "sent",
                Outcome::Shown(proof) => proof.as_str(),
                Outcome::Refused(_) => "refused",
                Outcome::NotSent(WhyNotSent::Deferred) => "later",
                Outcome::NotSent(_) => "-",
                Outcome::Unknown(_) => "?",
                Outcome::NotDue(_) | Outcome::Withdrawn(_) => "withdrawn",
            });
            format!("{stage:?}: {}", outcomes.join(" "))
        };
        let expected = [
            "Connect: - - - - - - - - - - - - - -",
            "Greeting: - - - - - - - - - - - - - -",
            "Tls: - - - - - - - - - - - - - -",
            "Login: - - - - - - - - - - - - - -",
            "Sender: - - later - - - later - - - - - - -",
            "Recipient: - - later - - refused later - - - - - - -",
            "Data: - - later - - refused later - - - - - - -",
            "Content: - - - - - - - - - - - - - -",
            "End: sent ? later - - refused later ? ? ? ? - ? ?",
        ];
        assert_eq!(SmtpStage::ALL.map(row), expected);
        let code = UpstreamCode::parse("SMTP_550").unwrap();
        let refused = classify(SmtpStage::Recipient, SmtpReply::Code(550));
        assert_eq!(refused, Outcome::Refused(code));
    }
}
