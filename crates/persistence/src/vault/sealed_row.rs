//! The sealed columns of one row: the only place where values are sealed and opened.

use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::{Sealer, SealerError, StoreError};
use madoguchi_domain::sealed::{CellId, Sealed, WrappedKey};
use uuid::Uuid;

/// A row whose sealed columns are under one data key.
#[derive(Clone, Copy)]
pub(crate) struct SealedRow<'a> {
    pub(crate) sealer: &'a dyn Sealer,
    pub(crate) key: &'a WrappedKey,
    pub(crate) table: &'static str,
    pub(crate) row: Uuid,
}

impl SealedRow<'_> {
    /// Seals the value of each column that has one.
    pub(crate) fn seal<const N: usize>(
        &self,
        columns: [(&'static str, Option<&str>); N],
    ) -> Result<[Option<Vec<u8>>; N], StoreError> {
        let present = columns.iter().filter_map(|(column, text)| {
            let text = (*text)?;
            Some((self.cell(column), Personal::new(text)))
        });
        let present: Vec<_> = present.collect();
        let sealed = self.sealer.seal(self.key, &present);
        let sealed = sealed.map_err(|why| store_error(why, "data_key.wrapped"))?;
        let mut sealed = same_length(sealed, present.len())?;
        let values = columns.map(|(_, text)| text.and_then(|_| sealed.next()));
        Ok(values.map(|value| value.map(|value| value.as_bytes().to_vec())))
    }

    /// Opens the value of each column that has one. `place` names them in an error.
    pub(crate) fn open<const N: usize>(
        &self,
        columns: [(&'static str, Option<Vec<u8>>); N],
        place: &'static str,
    ) -> Result<[Option<Personal>; N], StoreError> {
        let is_present = columns.each_ref().map(|(_, value)| value.is_some());
        let present = columns.into_iter().filter_map(|(column, value)| {
            let value = value?;
            Some((self.cell(column), Sealed::new(value)))
        });
        let present: Vec<_> = present.collect();
        // A data key that does not open is not reported at a column that has no value.
        if present.is_empty() {
            return Ok([const { None }; N]);
        }
        let opened = self.sealer.open(self.key, &present).map_err(|why| store_error(why, place))?;
        let mut opened = same_length(opened, present.len())?;
        Ok(is_present.map(|is_present| is_present.then(|| opened.next()).flatten()))
    }

    const fn cell(&self, column: &'static str) -> CellId {
        CellId { table: self.table, column, row: self.row }
    }
}

/// A sealer that answers with less must not make values disappear.
fn same_length<T>(answer: Vec<T>, asked: usize) -> Result<std::vec::IntoIter<T>, StoreError> {
    let is_complete = answer.len() == asked;
    let wrong = StoreError::Unavailable("the sealer answered with another number of values");
    if is_complete { Ok(answer.into_iter()) } else { Err(wrong) }
}

/// The error of a store whose sealer failed at `place`.
pub(crate) fn store_error(error: SealerError, place: &'static str) -> StoreError {
    match error {
        SealerError::UnknownKey(key) => {
            tracing::error!(%key, "the key ring does not have a key that rows need");
            StoreError::Unavailable("a key of personal data is not in the key ring")
        }
        SealerError::DoesNotOpen => StoreError::Corrupt(place),
        SealerError::Unavailable => StoreError::Unavailable("nothing can be sealed or opened now"),
    }
}
