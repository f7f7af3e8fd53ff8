//! The wire format of the messages. Every field of a reply is optional: a field of another type
//! than documented counts as absent. Unlisted fields are not lost: the complete reply is kept.

mod codigo;
mod contextos;
mod lenient;

pub(crate) use codigo::{CodigoReply, CodigoRequest, Email, Manager, Owner, Phone};
pub(crate) use contextos::{ContextosReply, ContextosRequest, Payload};
pub(crate) use lenient::{Listed, Text};

use serde::Deserialize;

/// How both interfaces report a failure.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Verdict {
    /// `0` success, `1` failure.
    pub(crate) code: Text,
}

impl Verdict {
    pub(crate) fn is_failure(&self) -> bool {
        self.code.as_str() == Some("1")
    }
}
