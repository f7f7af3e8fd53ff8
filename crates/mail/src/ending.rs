//! How an error of a connection ended the conversation. Its text is dropped: it may repeat an
//! address.

use std::error::Error as StdError;
use std::io;
use std::iter;

use lettre::transport::smtp::Error;
use rustls::CertificateError;

use crate::stage::{SmtpReply, TlsFailure};
use crate::stream::UnaskedBytes;

/// How this error ended the conversation.
pub(crate) fn ended(error: Error) -> SmtpReply {
    let is_denied = || error.source().is_some_and(|text| text.to_string().starts_with("5.7."));
    match error.status() {
        Some(code) if is_denied() => SmtpReply::Denied(code.into()),
        Some(code) => SmtpReply::Code(code.into()),
        None if error.is_timeout() => SmtpReply::TimedOut,
        None if error.is_response() => SmtpReply::Unreadable,
        // The only thing that is asked of the library and not of the server is a login.
        None if error.is_client() => SmtpReply::NoLogin,
        None if inside::<UnaskedBytes>(&error).is_some() => SmtpReply::Unasked,
        None => inside(&error).map_or(SmtpReply::Lost, |error| SmtpReply::NoTls(failed(error))),
    }
}

/// The error that the stream or TLS reported as one of input and output.
fn inside<E: StdError + 'static>(error: &Error) -> Option<&E> {
    let chain = iter::successors(Some(error as &(dyn StdError + 'static)), |&it| it.source());
    chain
        .filter_map(|it| it.downcast_ref::<io::Error>())
        .find_map(|it| it.get_ref()?.downcast_ref())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library adds errors in any version")]
fn failed(error: &rustls::Error) -> TlsFailure {
    use CertificateError as Bad;
    match error {
        rustls::Error::InvalidCertificate(bad) => match bad {
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => TlsFailure::OtherName,
            Bad::Expired
            | Bad::ExpiredContext { .. }
            | Bad::NotValidYet
            | Bad::NotValidYetContext { .. } => TlsFailure::Expired,
            _ => TlsFailure::NotTrusted,
        },
        rustls::Error::InvalidMessage(_) => TlsFailure::PlainBytes,
        _ => TlsFailure::Handshake,
    }
}
