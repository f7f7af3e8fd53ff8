//! Who is calling: what the gateway's questions and the one question about both give.

mod counter;
mod gateway;
mod record;
mod sharing;
mod who;
