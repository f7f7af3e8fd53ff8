//! Whole lives over the real binaries.
