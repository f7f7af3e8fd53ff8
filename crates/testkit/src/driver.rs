//! Drive the stores of a system as the application does.

pub mod contacts;
mod persons;
pub mod upgrade;
