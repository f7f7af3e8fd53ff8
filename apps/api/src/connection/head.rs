//! Reads a request head: its end, the framing of its body, and the rule it breaks, if any.

use actix_web::http::{Method, Uri};

use super::body::Body;
use super::malformed::Malformed;

/// Maximum size of a head, in bytes.
pub(crate) const MAX_HEAD: usize = 32 * 1024;
const MAX_HEADERS: usize = 96;

/// A complete head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its length in bytes, the empty line included.
    pub(crate) length: usize,
    /// The body that follows.
    pub(crate) body: Body,
    /// Whether the connection closes after the answer: `Connection: close`, or a tunnel.
    pub(crate) is_last: bool,
    /// Whether it is HTTP/1.0, whose clients do not pipeline.
    pub(crate) is_http_1_0: bool,
}

/// Reads the head at the start of `bytes`; `None` while it is incomplete.
///
/// An offer to upgrade the protocol is renamed in place, so that it has no effect. The HTTP server
/// would otherwise answer `Connection: upgrade` and close, although no protocol is offered.
pub(crate) fn read_head(bytes: &mut [u8]) -> Result<Option<Head>, Malformed> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length <= MAX_HEAD => length,
        Ok(httparse::Status::Partial) if bytes.len() < MAX_HEAD => return Ok(None),
        Ok(httparse::Status::Complete(_) | httparse::Status::Partial)
        | Err(httparse::Error::TooManyHeaders) => return Err(Malformed::TooLarge),
        Err(_) => return Err(Malformed::Syntax),
    };
    let target = request.path.ok_or(Malformed::Target)?;
    Uri::try_from(target).map_err(|_| Malformed::Target)?;
    let method = request.method.unwrap_or_default();
    Method::from_bytes(method.as_bytes()).map_err(|_| Malformed::Syntax)?;
    let is_http_1_0 = request.version == Some(0);
    let fields = Fields::read(request.headers, is_http_1_0)?;
    let is_tunnel = method == "CONNECT";
    let body = fields.body()?;
    if is_http_1_0 && method == "POST" && fields.length.is_none() {
        return Err(Malformed::ContentLength);
    }
    let head = Head {
        length,
        body: if is_tunnel { Body::None } else { body },
        is_last: fields.closes || is_tunnel,
        is_http_1_0,
    };
    let start = bytes.as_ptr().addr();
    let offers: Vec<usize> = fields.offers.iter().map(|at| at - start).collect();
    for at in offers {
        bytes[at..at + IGNORED.len()].copy_from_slice(IGNORED);
    }
    Ok(Some(head))
}

/// Replaces `upgrade` in place, so it has the same length.
const IGNORED: &[u8; 7] = b"ignored";

/// The header lines that decide the framing.
#[derive(Default)]
struct Fields<'a> {
    host: Option<&'a [u8]>,
    length: Option<&'a [u8]>,
    encoding: Option<&'a [u8]>,
    closes: bool,
    /// The offset of each `upgrade` that is a header name or an option of `Connection`.
    offers: Vec<usize>,
}

impl<'a> Fields<'a> {
    fn read(headers: &[httparse::Header<'a>], is_http_1_0: bool) -> Result<Self, Malformed> {
        let mut fields = Self::default();
        for header in headers {
            let (name, value) = (header.name, header.value.trim_ascii());
            if name.eq_ignore_ascii_case("host") {
                once(&mut fields.host, value, Malformed::Host)?;
            } else if name.eq_ignore_ascii_case("content-length") {
                once(&mut fields.length, value, Malformed::ContentLength)?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                once(&mut fields.encoding, value, Malformed::TransferEncoding)?;
            } else if name.eq_ignore_ascii_case("upgrade") {
                fields.offers.push(name.as_ptr().addr());
            } else if name.eq_ignore_ascii_case("connection") {
                fields.read_options(value)?;
            }
        }
        let is_host = |host| std::str::from_utf8(host).is_ok_and(names_a_host);
        if !fields.host.map_or(is_http_1_0, is_host) {
            return Err(Malformed::Host);
        }
        let is_chunked = |encoding: &[u8]| encoding.eq_ignore_ascii_case(b"chunked");
        let fits = fields.length.is_none() && !is_http_1_0;
        if fields.encoding.is_some_and(|encoding| !fits || !is_chunked(encoding)) {
            return Err(Malformed::TransferEncoding);
        }
        Ok(fields)
    }

    fn read_options(&mut self, value: &[u8]) -> Result<(), Malformed> {
        if !value.is_ascii() {
            return Err(Malformed::Syntax);
        }
        for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            self.closes |= option.eq_ignore_ascii_case(b"close");
            if option.eq_ignore_ascii_case(b"upgrade") {
                self.offers.push(option.as_ptr().addr());
            }
        }
        Ok(())
    }

    fn body(&self) -> Result<Body, Malformed> {
        let Some(length) = self.length else {
            return Ok(if self.encoding.is_some() { Body::chunked() } else { Body::None });
        };
        let is_number = !length.is_empty() && length.iter().all(u8::is_ascii_digit);
        let digits = std::str::from_utf8(length).ok().filter(|_| is_number);
        let length = digits.and_then(|digits| digits.parse().ok());
        length.map(Body::sized).ok_or(Malformed::ContentLength)
    }
}

fn once<'a>(
    field: &mut Option<&'a [u8]>,
    value: &'a [u8],
    twice: Malformed,
) -> Result<(), Malformed> {
    if field.replace(value).is_some() { Err(twice) } else { Ok(()) }
}

/// RFC 9110 section 7.2: a host as in a URI, with an optional port. Empty means no host.
fn names_a_host(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, "")) => (host, ""),
            Some((host, port)) if port.starts_with(':') => (host, &port[1..]),
            Some(_) | None => return false,
        },
        None => text.split_once(':').unwrap_or((text, "")),
    };
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit())
        && (port.is_empty() || port.parse::<u16>().is_ok());
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte);
    let is_literal = |host: &str| host.parse::<std::net::Ipv6Addr>().is_ok();
    let is_host = if text.starts_with('[') { is_literal(host) } else { host.bytes().all(is_name) };
    is_host && is_port
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Head>, Malformed> {
        read_head(&mut text.as_bytes().to_vec())
    }

    #[test]
    fn a_head_says_how_its_body_is_framed() {
        for (lines, body) in [
            ("", Body::None),
            ("Content-Length: 0\r\n", Body::None),
            ("content-length:\t7 \r\n", Body::sized(7)),
            ("Transfer-Encoding: Chunked\r\n", Body::chunked()),
        ] {
            let text = format!("POST /x HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
            let head = read(&text).unwrap().unwrap();
            assert_eq!((head.length, head.body), (text.len(), body), "{text}");
            for end in 0..text.len() {
                assert_eq!(read(&text[..end]), Ok(None), "{text}");
            }
        }
    }

    #[test]
    fn ambiguous_framing_is_refused() {
        for (lines, rule) in [
            ("Content-Length: 5\r\nContent-Length: 5\r\n", Malformed::ContentLength),
            ("Content-Length: 5, 5\r\n", Malformed::ContentLength),
            ("Content-Length: +5\r\n", Malformed::ContentLength),
            ("Content-Length: \r\n", Malformed::ContentLength),
            ("Content-Length: 99999999999999999999\r\n", Malformed::ContentLength),
            ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", Malformed::TransferEncoding),
            ("Transfer-Encoding: gzip, chunked\r\n", Malformed::TransferEncoding),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", Malformed::TransferEncoding),
            ("A : b\r\n", Malformed::Syntax),
            ("A: b\r\n folded\r\n", Malformed::Syntax),
            ("Host: b\r\n", Malformed::Host),
        ] {
            let text = format!("POST /x HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
            assert_eq!(read(&text), Err(rule), "{text}");
        }
        let old = "POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(read(old), Err(Malformed::TransferEncoding));
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_a_port() {
        for host in ["", "a", "bank.example:8080", "a:", "127.0.0.1", "[::1]", "[2001:db8::1]:80"] {
            assert!(names_a_host(host), "{host}");
        }
        for host in ["a b", "user@a", "a/b", "a:b", "a:99999", "[::1", "[x]", "[::1]80", "a?b"] {
            assert!(!names_a_host(host), "{host}");
        }
        assert_eq!(read("GET / HTTP/1.1\r\n\r\n"), Err(Malformed::Host));
        assert!(read("GET / HTTP/1.0\r\n\r\n").unwrap().unwrap().is_http_1_0);
    }

    #[test]
    fn an_offer_to_upgrade_is_renamed() {
        let mut bytes = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n\
            Upgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n"
            .to_vec();
        let head = read_head(&mut bytes).unwrap().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(!head.is_last && head.length == text.len());
        assert!(text.contains("Connection: ignored, HTTP2-Settings\r\nignored: h2c"), "{text}");
    }

    #[test]
    fn a_head_is_bounded() {
        let long = format!("GET / HTTP/1.1\r\nHost: a\r\nA: {}", "x".repeat(MAX_HEAD));
        assert_eq!(read(&long), Err(Malformed::TooLarge));
        let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "A: b\r\n".repeat(96));
        assert_eq!(read(&many), Err(Malformed::TooLarge));
    }
}
