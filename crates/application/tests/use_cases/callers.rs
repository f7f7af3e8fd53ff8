//! Who is calling: what the gateway's questions and the one question about both give.

mod gateway;
mod harness;
mod record;
mod sharing;
mod who;
