//! Maps driver errors to port errors. Driver text is dropped, because it may hold personal data.

use diesel::result::{DatabaseErrorKind, Error};
use madoguchi_domain::port::{DownReason, StoreError};

use super::sqlite::driver_error::down_reason;

/// A database error, before it is mapped for the caller.
#[derive(Debug)]
pub(crate) enum Fault {
    /// An error of the driver.
    Driver(Error),
    /// Our own error, for example about a corrupt row.
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
    /// Whether a unique index rejected the write: another transaction was first.
    pub(crate) const fn is_taken(&self) -> bool {
        matches!(self, Self::Driver(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }

    /// Whether the session only reads.
    pub(crate) const fn is_read_only(&self) -> bool {
        matches!(
            self,
            Self::Driver(Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _))
        )
    }

    /// Whether another process held the lock of the SQLite file for too long.
    pub(crate) fn is_of_a_locked_file(&self) -> bool {
        matches!(self, Self::Driver(error) if down_reason(error) == DownReason::LockTimeout)
    }

    /// Whether an immediate retry may succeed, for example after a deadlock. Diesel reports both
    /// deadlocks and timeouts as `Unknown`, and their texts depend on the server's language. So the
    /// caller must also check how long the attempt took.
    pub(crate) const fn is_worth_repeating(&self) -> bool {
        matches!(
            self,
            Self::Driver(Error::DatabaseError(
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::Unknown,
                _
            ))
        )
    }

    /// Logs the kind of error, and returns the port error for the caller.
    pub(crate) fn report(self) -> StoreError {
        let error = match self {
            Self::Store(error) => return error,
            Self::Driver(error) => error,
        };
        if let Error::DatabaseError(kind, info) = &error {
            let constraint = info.constraint_name().unwrap_or_default();
            let reason = down_reason(&error).as_str();
            tracing::error!(?kind, reason, constraint, "the database refused a statement");
        }
        if matches!(error, Error::DeserializationError(_) | Error::SerializationError(_)) {
            return StoreError::Corrupt("a column's type");
        }
        if breaks_constraint(&error) {
            return StoreError::Corrupt("a row that breaks a constraint");
        }
        StoreError::Unavailable("the database did not answer as it should")
    }
}

/// Whether the same row would be refused again, whenever it is repeated. A foreign key is none of
/// these: what the row refers to was deleted a moment ago, and the next reading shows it.
const fn breaks_constraint(error: &Error) -> bool {
    use DatabaseErrorKind::{CheckViolation, NotNullViolation};
    matches!(error, Error::DatabaseError(CheckViolation | NotNullViolation, _))
}
