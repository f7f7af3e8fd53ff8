//! What the simulated ESB guarantees.

/// How the simulated ESB treats a repeated (arrangement, level, transaction id).
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum EsbMode {
    /// Sets the level again, which is harmless; journaled as one more effect.
    AbsoluteSet,
    /// Answers with success, without a second effect.
    Dedupes,
}

impl EsbMode {
    /// The name in the configuration (`esb.guarantee`) and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AbsoluteSet => "absolute-set",
            Self::Dedupes => "dedupes",
        }
    }
}
