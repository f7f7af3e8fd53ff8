//! Serves SMTP: the mails of the channel `smtp`.

use madoguchi_testkit::server::smtp_stub;

use super::channels::Conversation;
use super::listener::Listener;

/// The listener for SMTP.
pub(super) const LISTENER: Listener = Listener {
    name: "smtp",
    option: "--smtp",
    addr: |addresses| &mut addresses.smtp,
    serve: |stream, store| Box::pin(smtp_stub::serve(stream, Conversation(store))),
};
