//! Tests the values: parsed texts, ids, names of closed sets, what lists show and what debug output
//! hides.
#![expect(clippy::unwrap_used, reason = "a sample that does not parse has failed its test")]

mod effects;
mod forms;
mod ids;
mod lists;
mod names;
mod people;
mod personal;
mod retention;
mod texts;
