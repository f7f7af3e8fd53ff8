//! Reads delivery reports (RFC 3464): which mail of ours came back, and why.
//!
//! Only the report's own three parts are read, each by its headers: what nests in them is never
//! opened, so a message of any shape costs one pass. Addresses in it are not read at all.

use jiff::Timestamp;
use madoguchi_domain::delivery::{DeliveryReport, DeliveryStatus, ReportAction};
use madoguchi_domain::mail::MessageId;
use mail_parser::{HeaderName, Message, MessageParser, MimeHeaders};

/// Maximum number of parts of a report: explanation, status, returned mail, and what filters add.
const MOST_PARTS: usize = 16;

/// Maximum number of groups of fields in a status that are read: of the message, and of each
/// recipient. Our mails have one.
const MOST_GROUPS: usize = 64;

/// Why a message is no delivery report that we can use. It says nothing of what the message holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableReport {
    /// It is no message with headers.
    #[error("the message has no headers")]
    NoMessage,
    /// It is another message.
    #[error("the message must be multipart/report with report-type=delivery-status and a boundary")]
    NotReport,
    /// It has too many parts.
    #[error("the report must have at most 16 parts")]
    TooManyParts,
    /// Its status cannot be read.
    #[error(
        "the report must have a message/delivery-status part with the fields Action and Status of \
         RFC 3464 for a recipient"
    )]
    NoStatus,
    /// It does not say which message it is about.
    #[error("the report must return the message or its headers, with the Message-ID")]
    NoMessageId,
}

/// Parses a delivery report, as it came by mail.
///
/// ```
/// let report = madoguchi_mail::read_report(
///     b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
///       --b\r\n\r\nIt came back.\r\n\
///       --b\r\nContent-Type: message/delivery-status\r\n\r\n\
///       Reporting-MTA: dns; mx.example.net\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n\
///       --b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
///       Message-ID: <00000000000000000000000000000007@mail.example.com>\r\n\
///       --b--\r\n",
/// )?;
/// assert_eq!(report.status.as_str(), "5.1.1");
/// # Ok::<(), madoguchi_mail::UnreadableReport>(())
/// ```
///
/// # Errors
/// When it is another message, or says too little.
pub fn read_report(message: &[u8]) -> Result<DeliveryReport, UnreadableReport> {
    let headers = headers(message).ok_or(UnreadableReport::NoMessage)?;
    let content = headers.content_type().ok_or(UnreadableReport::NotReport)?;
    let is = |value: Option<&str>, expected: &str| {
        value.is_some_and(|value| value.eq_ignore_ascii_case(expected))
    };
    let is_report = is(Some(content.ctype()), "multipart")
        && is(content.subtype(), "report")
        && is(content.attribute("report-type"), "delivery-status");
    let boundary = content.attribute("boundary").filter(|it| is_report && !it.is_empty());
    let boundary = boundary.ok_or(UnreadableReport::NotReport)?;
    let (mut outcome, mut message_id) = (None, None);
    for part in parts(body(message), boundary)? {
        match kind(part).as_deref() {
            Some("message/delivery-status") if outcome.is_none() => outcome = self::outcome(part),
            Some(
                "message/rfc822"
                | "text/rfc822-headers"
                | "message/global"
                | "message/global-headers",
            ) if message_id.is_none() => message_id = self::message_id(part),
            Some(_) | None => {}
        }
    }
    let (action, status) = outcome.ok_or(UnreadableReport::NoStatus)?;
    Ok(DeliveryReport {
        message_id: message_id.ok_or(UnreadableReport::NoMessageId)?,
        action,
        status,
        reported_at: headers.date().and_then(|date| written_at(date.to_timestamp())),
    })
}

/// The headers at the start of these bytes. A line of blanks ends them, as in [`body`], so that no
/// line is parsed twice.
fn headers(bytes: &[u8]) -> Option<Message<'_>> {
    let end = bytes.len() - body(bytes).len();
    MessageParser::default().parse_headers(&bytes[..end])
}

/// What comes after the first empty line.
fn body(bytes: &[u8]) -> &[u8] {
    let mut start = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        start += line.len();
        if line.trim_ascii_end().is_empty() {
            return &bytes[start..];
        }
    }
    &[]
}

/// The parts between the lines of this boundary (RFC 2046 §5.1.1).
fn parts<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<&'a [u8]>, UnreadableReport> {
    let (mut parts, mut begin, mut at) = (Vec::new(), None, 0);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let rest = line.strip_prefix(b"--").and_then(|it| it.strip_prefix(boundary.as_bytes()));
        let rest = rest.map(<[u8]>::trim_ascii_end).filter(|it| matches!(*it, b"" | b"--"));
        if let Some(rest) = rest {
            parts.extend(begin.map(|begin: usize| &body[begin..at]));
            begin = rest.is_empty().then_some(at + line.len());
            if rest == b"--" {
                break;
            }
        }
        if parts.len() > MOST_PARTS {
            return Err(UnreadableReport::TooManyParts);
        }
        at += line.len();
    }
    // Without the last line of the boundary, the report was cut off: its last part counts.
    parts.extend(begin.map(|begin| &body[begin..]));
    if parts.len() > MOST_PARTS { Err(UnreadableReport::TooManyParts) } else { Ok(parts) }
}

/// The media type of a part, in lower case.
fn kind(part: &[u8]) -> Option<String> {
    let headers = headers(part)?;
    let content = headers.content_type()?;
    Some(format!("{}/{}", content.ctype(), content.subtype()?).to_ascii_lowercase())
}

/// The Message-ID of the message that a part returns.
fn message_id(part: &[u8]) -> Option<MessageId> {
    let headers = headers(body(part))?;
    MessageId::parse(&format!("<{}>", headers.message_id()?)).ok()
}

/// Action and status of a recipient: the first that failed, or the first. The fields of the message
/// come first, then those of each recipient after an empty line.
fn outcome(part: &[u8]) -> Option<(ReportAction, DeliveryStatus)> {
    let (mut rest, mut first) = (body(part), None);
    for _ in 0..MOST_GROUPS {
        let outcome = headers(rest).as_ref().and_then(outcome_of_recipient);
        if let Some(found) = outcome {
            if found.0 == ReportAction::Failed {
                return Some(found);
            }
            first = first.or(Some(found));
        }
        rest = body(rest);
    }
    first
}

fn outcome_of_recipient(fields: &Message<'_>) -> Option<(ReportAction, DeliveryStatus)> {
    let field = |name: &'static str| fields.header_raw(HeaderName::Other(name.into()));
    // A comment may follow either value (RFC 3464 §2.1.1).
    let word = |text: &str| text.split([' ', '\t', '(', '\r', '\n']).next().map(str::to_owned);
    let action = word(field("Action")?.trim())?.to_ascii_lowercase();
    let status = word(field("Status")?.trim())?;
    let (action, status) = (ReportAction::parse(&action)?, DeliveryStatus::parse(&status).ok()?);
    let is_contradictory = action == ReportAction::Failed && status.is_success();
    (!is_contradictory).then_some((action, status))
}

/// A time that the report gives, unless it cannot be.
fn written_at(seconds: i64) -> Option<Timestamp> {
    let last = Timestamp::MAX.as_second() - 366 * 86_400;
    (0..last).contains(&seconds).then(|| Timestamp::from_second(seconds).ok()).flatten()
}

#[cfg(test)]
mod tests;
