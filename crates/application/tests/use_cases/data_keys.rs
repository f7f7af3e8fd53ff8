//! Tests the rotation of key-encryption keys, the examination of data keys, and key reports.

mod harness;
mod reporting;
mod rotating;
