//! Connections of clients: how many there are, how long each may wait, what reaches the routes.

mod address;
mod answered;
mod body;
mod head;
mod open;
mod pacer;
mod refusal;
mod serve;
mod stream;
mod table;

pub(crate) use address::parse_network;
pub(crate) use answered::finish_answer;
pub use open::ConnectionTimeouts;
pub(crate) use serve::{HttpListener, MAX_CLOSING};
pub use table::ConnectionLimits;
