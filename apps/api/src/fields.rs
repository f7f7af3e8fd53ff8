//! A JSON body read strictly: one flat object, no key of ours twice, no value echoed.

mod object;

use madoguchi_domain::field::InvalidField;

use crate::problem::Problem;
use object::Given;

/// A body's type: which fields it takes and how they parse.
pub(crate) trait FromFields: Sized {
    /// Every key the body may have.
    const KEYS: &'static [&'static str];
    /// Whether keys beside these are passed over instead of refused.
    const PASSES_OVER_OTHERS: bool = false;

    /// Takes the fields.
    fn read(fields: &mut Fields) -> Result<Self, Problem>;
}

/// The fields of an object that the body's type knows, each key once.
pub(crate) struct Fields(Vec<(&'static str, Given)>);

/// Reads a body of `B`.
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

    /// Takes a text that must be there.
    pub(crate) fn text<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, InvalidField>,
    ) -> Result<T, Problem> {
        self.optional_text(key, parse)?.ok_or_else(|| missing(key))
    }

    /// Takes a text that may be absent or null.
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

    /// Takes a boolean that must be there.
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
