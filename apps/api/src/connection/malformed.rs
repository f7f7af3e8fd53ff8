//! Why a request is refused before routing.

use actix_web::http::StatusCode;

/// Why a request is refused before routing (RFC 9112, RFC 9110 section 7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// The request line or a header line does not parse.
    Syntax,
    /// The head has too many bytes or too many header lines.
    TooLarge,
    /// The head did not arrive in time.
    Late,
    /// The request target is not a URI.
    Target,
    /// `Host` is missing, repeated, or not a host.
    Host,
    /// `Content-Length` is repeated, or not a number.
    ContentLength,
    /// `Transfer-Encoding` is not exactly `chunked`, or the request is not HTTP/1.1.
    TransferEncoding,
    /// A chunk of the body has malformed framing.
    Chunk,
}

impl Malformed {
    /// The HTTP status.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Late => StatusCode::REQUEST_TIMEOUT,
            Self::Syntax
            | Self::Target
            | Self::Host
            | Self::ContentLength
            | Self::TransferEncoding
            | Self::Chunk => StatusCode::BAD_REQUEST,
        }
    }

    /// What the client can correct.
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::Syntax => "the request line or a header line is not HTTP/1.1",
            Self::TooLarge => "the head must be at most 32 KiB in at most 96 header lines",
            Self::Late => "the head did not arrive in time",
            Self::Target => "the request target must be a path or a URI",
            Self::Host => "Host must be given once and be a host with an optional port",
            Self::ContentLength => {
                "Content-Length must be given once at most, as digits, and with a POST in HTTP/1.0"
            }
            Self::TransferEncoding => {
                "Transfer-Encoding must be chunked, once, in HTTP/1.1, without Content-Length"
            }
            Self::Chunk => "a chunk of the body is not framed as one",
        }
    }

    /// Its name in a metric.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::TooLarge => "too_large",
            Self::Late => "head_timeout",
            Self::Target => "target",
            Self::Host => "host",
            Self::ContentLength => "content_length",
            Self::TransferEncoding => "transfer_encoding",
            Self::Chunk => "chunk",
        }
    }
}
