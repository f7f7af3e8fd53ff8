//! Drive the stores of a system as the application does.

pub mod upgrade;
