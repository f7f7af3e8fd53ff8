//! Why a delivery report is refused.

/// Why a delivery report is refused. Nothing was changed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BounceRefusal {
    /// It names no mail of ours.
    #[error("the report names no mail of ours")]
    MailNotFound,
    /// The mail is planned or being sent: its report can be given again later.
    #[error("the mail is being sent; report it again later")]
    BeingSent,
    /// The mail was not sent, so that it cannot have come back.
    #[error("the mail was not sent")]
    NotSent,
}
