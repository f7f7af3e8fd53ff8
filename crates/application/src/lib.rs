//! Use cases over the domain's ports: the desk, the decision lane and the workers.
#![warn(missing_docs)]

mod stores;

pub use stores::Stores;
