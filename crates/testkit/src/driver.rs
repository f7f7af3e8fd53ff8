//! Drive the stores of a system as the application does.

pub mod announcements;
pub mod contacts;
pub mod delivery;
mod persons;
pub mod upgrade;
