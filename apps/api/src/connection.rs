//! Client connections: how many are open, how long each may wait, and which requests reach a route.

mod address;
mod answered;
mod body;
mod head;
mod malformed;
mod open;
mod pacer;
mod refusal;
mod serve;
mod stream;
mod table;

pub(crate) use address::parse_network;
pub(crate) use answered::finish_answer;
pub(crate) use malformed::Malformed;
pub use open::ConnectionTimeouts;
pub(crate) use serve::{HttpListener, MAX_CLOSING};
pub use table::ConnectionLimits;
