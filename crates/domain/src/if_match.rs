//! The precondition of a change: which version its author has seen.

/// The versions on which a change may be made (`If-Match`, RFC 9110 §13.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// Any version.
    Any,
    /// One of these.
    OneOf(Vec<u32>),
}

impl IfMatch {
    /// Whether a change may be made on this version.
    #[must_use]
    pub fn allows(&self, version: u32) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&version),
        }
    }
}
