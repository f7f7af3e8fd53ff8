//! Tests caller lookups: the gateway's two lookups and the combined one.

mod gateway;
mod harness;
mod record;
mod sharing;
mod who;
