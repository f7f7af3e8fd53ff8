//! Delivery reports about mails of ours.

pub use madoguchi_sandbox::delivery_report as report;

/// The `Message-ID` of a mail of ours, by its id with or without hyphens.
#[must_use]
pub fn message_id(mail: &str) -> String {
    format!("<{}@mail.example.com>", mail.replace('-', ""))
}

/// A report that the mail with this `Message-ID` could not be delivered.
#[must_use]
pub fn failure_report(message_id: &str) -> String {
    report(message_id, "failed", "5.1.1", "somebody@example.com")
}
