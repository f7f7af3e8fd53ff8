//! The outside world, played over real sockets.
