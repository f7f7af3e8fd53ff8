//! The use cases over fakes: what callers are told, and what is true afterwards.

mod callers;
mod counter;
mod desk;
mod interposed;
mod lane;
mod pursuit;
mod simulator;
