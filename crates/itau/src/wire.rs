//! The messages as they travel. Every field of a reply is optional and read leniently: a field of
//! another kind than documented is one that is not there. What is not listed here is not lost,
//! since an answer is kept whole beside what is read of it.

mod codigo;
mod contextos;
mod lenient;

pub(crate) use codigo::{CodigoReply, CodigoRequest, Email, Manager, Owner, Phone};
pub(crate) use contextos::{ContextosReply, ContextosRequest, Payload};
pub(crate) use lenient::{Listed, Text};

use serde::Deserialize;

/// What both interfaces say when they fail.
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
