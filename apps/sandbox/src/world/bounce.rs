//! Delivery reports (RFC 3464), as mail servers write them about mails that they accepted.

use madoguchi_testkit::server::http_stub::StubResponse;

use super::channels;
use super::reply;
use super::store::Store;

const DOMAIN: &str = "mx.example.net";

/// `GET /world/bounce?to=hanako@example.com`: the report that the newest mail to this address could
/// not be delivered.
pub(super) fn newest(store: &Store, query: &str) -> StubResponse {
    let Some(to) = query.strip_prefix("to=").filter(|to| !to.is_empty() && !to.contains('&'))
    else {
        return reply::refusal(400, "to: is missing; ask ?to=hanako@example.com");
    };
    let to = to.replace("%40", "@");
    let found = channels::find("smtp").map(|channel| store.memory(channel));
    let mails = found.map(|memory| memory.effects).unwrap_or_default();
    let newest = mails.iter().rev().find(|mail| mail.what["to"] == *to);
    match newest.and_then(|mail| mail.what["messageId"].as_str()) {
        Some(id) => {
            let report = delivery_report(id, "failed", "5.1.1", &to);
            StubResponse::new(200, report).with_header("content-type", "message/rfc822")
        }
        None => reply::refusal(404, "no mail to this address was accepted"),
    }
}

/// A report about the mail with this `Message-ID`: action and status of this recipient.
#[must_use]
pub fn delivery_report(message_id: &str, action: &str, status: &str, recipient: &str) -> String {
    format!(
        "Return-Path: <>\r\nDate: Sun, 29 Nov 2026 10:00:00 +0900\r\n\
         From: MAILER-DAEMON@{DOMAIN} (Mail Delivery System)\r\n\
         To: noreply@mail.example.com\r\nSubject: Delivery report\r\n\
         Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"4Fx/mx\"\r\n\
         \r\nThis is a MIME-encapsulated message.\r\n\r\n\
         --4Fx/mx\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         <{recipient}>: host {DOMAIN} said: 550 no such user\r\n\r\n\
         --4Fx/mx\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; {DOMAIN}\r\n\r\n\
         Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; 550 <{recipient}>: no such user\r\n\r\n\
         --4Fx/mx\r\nContent-Type: message/rfc822\r\n\r\n\
         From: noreply@mail.example.com\r\nTo: {recipient}\r\nMessage-ID: {message_id}\r\n\
         Subject: x\r\n\r\nx\r\n\r\n--4Fx/mx--\r\n"
    )
}
