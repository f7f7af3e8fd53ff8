//! Why an act on a contact is refused.

use crate::approval::FourEyes;

/// Why an act on a contact is refused. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContactRefusal {
    /// It was changed since its author read it: read it again.
    #[error("the contact was changed since it was read")]
    Stale,
    /// It is answered, which is final: delete it and write another one.
    #[error("the contact is answered")]
    Answered,
    /// It is not valid: deleted, not approved, or not one that can be answered.
    #[error("the contact is not valid")]
    NotValid,
    /// Its approval is not open: it is approved or rejected already.
    #[error("the approval of the contact is closed")]
    ApprovalClosed,
    /// Another person must approve it.
    #[error(transparent)]
    FourEyes(#[from] FourEyes),
    /// Its content is not what the approver saw: read it again.
    #[error("the content was changed since the approver saw it")]
    ContentMoved,
}
