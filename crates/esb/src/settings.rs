//! The settings of the ESB: its address, and the identifiers that we send.

use madoguchi_upstream::{Charset, UpstreamSettings};

/// Where `CustInfo` is in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// Under `ServiceBody`.
    #[default]
    Nested,
    /// Directly in the request's root.
    Flat,
}

/// The ESB's address and the identifiers that we send. [`EsbSettings::new`] sets the defaults.
#[derive(Debug, Clone)]
pub struct EsbSettings {
    /// The URL that messages are posted to, and the limits of a call. `connections` is always set
    /// to `Fresh`: only then does a connect error prove that nothing was sent. Keep `timeout` below
    /// the lease of effects. A reply that is not UTF-8 and declares no charset is Big5 by default.
    pub upstream: UpstreamSettings,
    /// `amheader.ChannelID`; `BMD` by default.
    pub channel_id: String,
    /// `amheader.ConsumerID`; `TWBMD` by default.
    pub consumer_id: String,
    /// `Signon.Custid`; `ESBUSER` by default.
    pub user: String,
    /// Where `CustInfo` is in the request; nested by default.
    pub layout: Layout,
    /// Whether levels are asked for by `AcctInfoInq`, a message of our own design; off by default.
    pub inquiry: bool,
}

impl EsbSettings {
    /// The documented defaults for this URL.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            upstream: UpstreamSettings { charset: Charset::BIG5, ..UpstreamSettings::new(url) },
            channel_id: "BMD".into(),
            consumer_id: "TWBMD".into(),
            user: "ESBUSER".into(),
            layout: Layout::default(),
            inquiry: false,
        }
    }
}
