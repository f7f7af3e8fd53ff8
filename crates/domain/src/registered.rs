//! The answer to a registration that may be repeated.

/// What a registration found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered<T> {
    /// It is new.
    New,
    /// It was registered before with the same data; here is its current state.
    Same(Box<T>),
    /// Something else with its id, or with another value that must be unique, is registered;
    /// nothing was changed.
    Different,
}

impl<T: Clone> Registered<T> {
    /// Compares a registration with what is stored under its unique values.
    pub(crate) fn among(known: &[T], is_same: impl Fn(&T) -> bool) -> Self {
        match known.iter().find(|one| is_same(one)) {
            Some(same) => Self::Same(Box::new(same.clone())),
            None if known.is_empty() => Self::New,
            None => Self::Different,
        }
    }
}
