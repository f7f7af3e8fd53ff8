//! Keeps the stored data keys and the key rings of the nodes in agreement.

mod examination;
mod reindexing;
mod reporter;
mod rotation;

pub use examination::{KeyExamination, KeyFindings, data_keys_without_key, indexes_without_key};
pub use reindexing::{IndexCounts, IndexRotation};
pub use reporter::KeyReporter;
pub use rotation::{KeyRotation, RotationCounts, RotationError, RotationSettings};
