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

/// What the simulated ESB can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args)]
pub struct EsbOptions {
    /// How the simulated ESB treats an order that it has already executed
    #[arg(long = "esb", value_name = "MODE", value_enum, default_value_t = EsbMode::AbsoluteSet)]
    pub mode: EsbMode,
    /// Answer inquiries for levels too, a message that the bank's documents do not have
    #[arg(long = "esb-inquiry")]
    pub inquiry: bool,
}

impl From<EsbMode> for EsbOptions {
    /// Without inquiries.
    fn from(mode: EsbMode) -> Self {
        Self { mode, inquiry: false }
    }
}
