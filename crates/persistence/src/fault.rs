//! What a driver's error means to a caller. Driver text goes nowhere: it may hold values.

use diesel::result::{DatabaseErrorKind, Error};
use madoguchi_domain::port::StoreError;

/// A fault while talking to a database, before it is told to the caller.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The driver's own error.
    Driver(Error),
    /// Our own judgement about a row.
    Store(StoreError),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// Says whether a unique index refused: somebody else was first.
    pub(crate) const fn is_taken(&self) -> bool {
        matches!(self, Self::Driver(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }

    /// Says whether the same work may succeed at once, if it failed soon: the database chose a
    /// victim among equals. Diesel has no kind of its own for a deadlock or for a deadline that
    /// passed, and their texts depend on the server's language.
    pub(crate) const fn is_worth_repeating(&self) -> bool {
        matches!(
            self,
            Self::Driver(Error::DatabaseError(
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::Unknown,
                _
            ))
        )
    }

    /// Tells the log which kind it was and the caller what to do.
    pub(crate) fn tell(self) -> StoreError {
        let error = match self {
            Self::Store(error) => return error,
            Self::Driver(error) => error,
        };
        if let Error::DatabaseError(kind, info) = &error {
            let constraint = info.constraint_name().unwrap_or_default();
            tracing::error!(?kind, constraint, "the database refused a statement");
        }
        if matches!(error, Error::DeserializationError(_)) {
            return StoreError::Corrupt("a column's type");
        }
        StoreError::Unavailable("the database did not answer as it should")
    }
}
