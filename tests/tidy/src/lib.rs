//! The rules of the house as a test: arrows, sizes, first sentences, banned names.
//!
//! The rules themselves, one sentence each, are in `tests/rules.rs`. Here are the readers that find
//! what breaks a rule; each has tests of its own with planted violations, because a check that
//! cannot fail is worse than none.

pub mod arrows;
pub mod boundary;
pub mod house;
pub mod pages;
pub mod size;
pub mod source;
pub mod violation;
pub mod voice;
