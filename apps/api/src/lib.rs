//! The thin server: configuration, wiring, routes and subcommands.
