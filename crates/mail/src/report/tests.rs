//! Tests of the reader of delivery reports, with damaged and hostile messages.

use super::*;

const OURS: &str = "<00000000000000000000000000000007@mail.example.com>";

/// A report as Postfix writes it, with these fields of the recipient and this returned part.
fn report(recipient: &str, returned: &str) -> String {
    format!(
        "Return-Path: <>\r\nDate: Sun, 29 Nov 2026 10:00:00 +0900\r\n\
         From: MAILER-DAEMON@mx.example.net\r\nTo: bounces@mail.example.com\r\n\
         Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report;\r\n\
         \treport-type=delivery-status; boundary=\"4F.1/mx\"\r\n\r\n\
         This is a MIME-encapsulated message.\r\n\r\n\
         --4F.1/mx\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
         I'm sorry to have to inform you that your message could not be delivered.\r\n\r\n\
         --4F.1/mx\r\nContent-Description: Delivery report\r\n\
         Content-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mx.example.net\r\nX-Postfix-Queue-ID: 4F\r\n\r\n{recipient}\r\n\r\n\
         --4F.1/mx\r\n{returned}\r\n\r\n--4F.1/mx--\r\n"
    )
}

const FAILED: &str = "Final-Recipient: rfc822; canary@example.com\r\nAction: failed\r\n\
    Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 <canary@example.com>: unknown";

fn returned(id: &str) -> String {
    format!("Content-Type: message/rfc822\r\n\r\nFrom: a@b.jp\r\nMessage-ID: {id}\r\n\r\nText")
}

fn read(text: &str) -> Result<DeliveryReport, UnreadableReport> {
    read_report(text.as_bytes())
}

#[test]
fn a_report_names_the_mail_and_what_happened_to_it() {
    let expected = DeliveryReport {
        message_id: MessageId::parse(OURS).unwrap(),
        action: ReportAction::Failed,
        status: DeliveryStatus::parse("5.1.1").unwrap(),
        reported_at: Some("2026-11-29T01:00:00Z".parse().unwrap()),
    };
    let whole = report(FAILED, &returned(OURS));
    assert_eq!(read(&whole), Ok(expected.clone()));
    assert_eq!(read(&whole.replace("\r\n", "\n")), Ok(expected.clone()));
    let headers = format!("Content-Type: text/rfc822-headers\r\n\r\nMessage-Id: {OURS}");
    assert_eq!(read(&report(FAILED, &headers)), Ok(expected.clone()));
    let odd = FAILED.replace("failed", "FAILED (gave up)").replace("5.1.1\r", "5.1.1 (no)\r");
    assert_eq!(read(&report(&odd, &returned(OURS))), Ok(expected.clone()));
    let cut = whole.replace("\r\n--4F.1/mx--\r\n", "");
    assert_eq!(read(&cut), Ok(expected), "without its end");
}

#[test]
fn of_several_recipients_a_failure_counts() {
    let delivered = FAILED.replace("failed", "delivered").replace("5.1.1", "2.1.5");
    let delayed = FAILED.replace("failed", "delayed").replace("5.1.1", "4.4.1");
    for (recipients, action, status) in [
        (format!("{delivered}\r\n\r\n{FAILED}"), ReportAction::Failed, "5.1.1"),
        (format!("{FAILED}\r\n\r\n{delivered}"), ReportAction::Failed, "5.1.1"),
        (format!("{delayed}\r\n\r\n{delivered}"), ReportAction::Delayed, "4.4.1"),
        (delivered, ReportAction::Delivered, "2.1.5"),
    ] {
        let read = read(&report(&recipients, &returned(OURS))).unwrap();
        assert_eq!((read.action, read.status.as_str()), (action, status));
    }
}

#[test]
fn what_is_no_report_is_refused() {
    let whole = report(FAILED, &returned(OURS));
    for (text, why) in [
        ("", UnreadableReport::NoMessage),
        ("Subject: I am on holiday\r\n\r\nBack on Monday.", UnreadableReport::NotReport),
        (
            &whole.replace("delivery-status;", "disposition-notification;"),
            UnreadableReport::NotReport,
        ),
        (&whole.replace("boundary=\"4F.1/mx\"", "x=y"), UnreadableReport::NotReport),
        (&whole.replace("multipart/report", "multipart/mixed"), UnreadableReport::NotReport),
        (&whole.replace("Action:", "Acting:"), UnreadableReport::NoStatus),
        (&whole.replace("5.1.1", "9.9.9"), UnreadableReport::NoStatus),
        (&whole.replace("5.1.1", "2.1.5"), UnreadableReport::NoStatus),
        (&whole.replace("Action: failed", "Action: exploded"), UnreadableReport::NoStatus),
        (&whole.replace("Message-ID", "Message-Name"), UnreadableReport::NoMessageId),
        (
            &report(FAILED, "Content-Type: text/plain\r\n\r\nMessage-ID: <a@b>"),
            UnreadableReport::NoMessageId,
        ),
    ] {
        assert_eq!(read(text).unwrap_err(), why, "{text}");
    }
}

#[test]
fn a_message_of_any_shape_costs_one_pass() {
    let parts = "--4F.1/mx\r\nContent-Type: text/plain\r\n\r\nx\r\n".repeat(1000);
    let wide = report(FAILED, &returned(OURS)).replacen(
        "--4F.1/mx\r\n",
        &format!("{parts}--4F.1/mx\r\n"),
        1,
    );
    assert_eq!(read(&wide).unwrap_err(), UnreadableReport::TooManyParts);
    // What nests is not opened: neither 1,000 multiparts nor 30,000 messages.
    let nested: String = (0..1000)
        .map(|at| format!("Content-Type: multipart/mixed; boundary=n{at}\r\n\r\n--n{at}\r\n"))
        .collect();
    let deep = report(FAILED, &format!("{}\r\n{nested}", returned(OURS)));
    assert_eq!(read(&deep).unwrap().message_id.as_str(), OURS);
    let messages = "Content-Type: message/rfc822\r\n\r\n".repeat(30_000);
    let deeper = report(FAILED, &format!("{messages}Message-ID: {OURS}"));
    assert_eq!(read(&deeper).unwrap_err(), UnreadableReport::NoMessageId);
    let only = format!(
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n{}",
        "--b\r\nContent-Type: multipart/report; boundary=b\r\n\r\n".repeat(1000)
    );
    assert_eq!(read(&only).unwrap_err(), UnreadableReport::TooManyParts);
}

/// A line of blanks ends a group of fields for both who look for it.
#[test]
fn a_line_of_blanks_ends_the_fields_of_a_recipient() {
    let fields = format!("Reporting-MTA: dns; mx\r\n \t\r\n{FAILED}");
    let found = read(&report(&fields, &returned(OURS))).unwrap();
    assert_eq!(found.status.as_str(), "5.1.1");
    let blank = format!("Reporting-MTA: dns; mx\r\n{}", "A: b\r\n \r\n".repeat(60));
    let found = read(&report(&format!("{blank}{FAILED}"), &returned(OURS))).unwrap();
    assert_eq!(found.status.as_str(), "5.1.1");
}

#[test]
fn no_bytes_break_the_reader() {
    let whole = report(FAILED, &returned(OURS));
    for end in 0..whole.len() {
        let _ = read(&whole[..end]);
    }
    for (at, byte) in
        (0..whole.len()).zip([0x00, 0xff, 0x80, b'\n', b'"', b';', b'('].into_iter().cycle())
    {
        let mut damaged = whole.clone().into_bytes();
        damaged[at] = byte;
        let _ = read_report(&damaged);
    }
    let garbage = report(FAILED, &returned(OURS))
        .replace("charset=us-ascii", "charset=\"=?x-none?B?////?=\"");
    let mut garbage = garbage.into_bytes();
    garbage.extend((0..=255).cycle().take(10_000));
    assert!(read_report(&garbage).is_ok());
}

#[test]
fn a_refusal_shows_nothing_of_the_message() {
    let text = report(&FAILED.replace("Status", "canary"), &returned(OURS));
    let refused = read(&text).unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("canary"));
    let dated = |date: &str| {
        let text = report(FAILED, &returned(OURS));
        read(&text.replace("29 Nov 2026", date)).unwrap().reported_at
    };
    assert_eq!((dated("29 Nov 1901"), dated("32 Foo 99999")), (None, None));
}
