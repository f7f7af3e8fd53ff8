//! Tests the rotation of key-encryption keys and of index keys, the examination of data keys, and
//! key reports.

mod harness;
mod indexing;
mod reporting;
mod rotating;
