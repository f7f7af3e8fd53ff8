//! Parses a JSON body strictly: one flat object, no known key twice, no value in an error.

mod object;

use madoguchi_domain::field::InvalidField;

use crate::problem::Problem;
use object::Given;

/// A body type: its fields and how they parse.
pub(crate) trait FromFields: Sized {
    /// Every known key.
    const KEYS: &'static [&'static str];
    /// Whether unknown keys are ignored instead of refused.
    const PASSES_OVER_OTHERS: bool = false;

    /// Parses the fields.
    fn read(fields: &mut Fields) -> Result<Self, Problem>;
}

/// The known fields of an object, each key once.
pub(crate) struct Fields(Vec<(&'static str, Given)>);

/// Parses a body of type `B`.
pub(crate) fn read<B: FromFields>(bytes: &[u8]) -> Result<B, Problem> {
    let object = object::read(bytes, B::KEYS)?;
    if object.has_others && !B::PASSES_OVER_OTHERS {
        let known = B::KEYS.join(", ");
        return Err(Problem::invalid(format!("the body has a key that is not one of: {known}")));
    }
    B::read(&mut Fields(object.known))
}

impl Fields {
    fn take(&mut self, key: &'static str) -> Option<Given> {
        let at = self.0.iter().position(|(name, _)| *name == key)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Takes a required string.
    pub(crate) fn text<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, InvalidField>,
    ) -> Result<T, Problem> {
        self.optional_text(key, parse)?.ok_or_else(|| missing(key))
    }

    /// Takes a string that may be absent or null.
    pub(crate) fn optional_text<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, InvalidField>,
    ) -> Result<Option<T>, Problem> {
        match self.take(key) {
            None | Some(Given::Null) => Ok(None),
            Some(Given::Text(text)) => {
                let named = |refused: InvalidField| InvalidField { field: key, ..refused };
                parse(&text).map(Some).map_err(|refused| named(refused).into())
            }
            Some(Given::LoneSurrogate) => {
                Err(InvalidField::new(key, "must not contain a lone surrogate").into())
            }
            Some(Given::Boolean(_) | Given::Other) => {
                Err(InvalidField::new(key, "must be text").into())
            }
        }
    }

    /// Takes a required boolean.
    pub(crate) fn boolean(&mut self, key: &'static str) -> Result<bool, Problem> {
        match self.take(key) {
            None => Err(missing(key)),
            Some(Given::Boolean(value)) => Ok(value),
            Some(Given::Null | Given::Text(_) | Given::LoneSurrogate | Given::Other) => {
                Err(InvalidField::new(key, "must be true or false").into())
            }
        }
    }
}

fn missing(key: &'static str) -> Problem {
    InvalidField::new(key, "is missing").into()
}

#[cfg(test)]
mod tests;
