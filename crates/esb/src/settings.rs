//! What an operator says about the ESB: how it is reached, and how we introduce ourselves.

use madoguchi_upstream::{Charset, UpstreamSettings};

/// Where `CustInfo` lies in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// Under `ServiceBody`.
    #[default]
    Nested,
    /// Directly in `AcctInfoModRq`.
    Flat,
}

/// How the ESB is reached and how we introduce ourselves. [`EsbSettings::new`] gives the defaults.
#[derive(Debug, Clone)]
pub struct EsbSettings {
    /// The address that DA21 is posted to, and the limits of a call. Its connections must be
    /// fresh, and are made so: only then is a failure to connect a proof. Keep its `timeout` below
    /// the effects' lease. What declares no charset and is not UTF-8 is Big5 by default.
    pub upstream: UpstreamSettings,
    /// `amheader.ChannelID`; `BMD` by default.
    pub channel_id: String,
    /// `amheader.ConsumerID`; `TWBMD` by default.
    pub consumer_id: String,
    /// `Signon.Custid`; `ESBUSER` by default.
    pub user: String,
    /// Where `CustInfo` lies in the request; nested by default.
    pub layout: Layout,
}

impl EsbSettings {
    /// The documented defaults for this address.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            upstream: UpstreamSettings { charset: Charset::BIG5, ..UpstreamSettings::new(url) },
            channel_id: "BMD".into(),
            consumer_id: "TWBMD".into(),
            user: "ESBUSER".into(),
            layout: Layout::default(),
        }
    }
}
