//! Values of sealed personal data: stored bytes, their place, wrapped keys and blind indexes.

use std::fmt;

use uuid::Uuid;

use crate::parsed_text::parsed_text;
use crate::redacted;

redacted!(Sealed);

parsed_text! {
    /// The id of a key-encryption key or of an index key. It is no secret: rows, logs and errors
    /// hold it.
    #[derive(Debug, Hash, PartialOrd, Ord)]
    pub struct KeyId:
        "keyId",
        "must be 1 to 32 characters of a-z, 0-9 and -",
        |text| {
        (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    /// The id as text.
    as_str
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a data key, and so of the record that is sealed under it: a person, a contact with its
/// history. Made before the first row of the record is inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DataKeyId(pub Uuid);

/// The place of one sealed value. It is authenticated with the value, which opens nowhere else.
///
/// Table and column are the names under which values were first sealed: after a column is renamed,
/// its values are still sealed and opened under the old name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CellId {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The id of the row, made before the row is inserted.
    pub row: Uuid,
}

impl CellId {
    /// The bytes that an adapter authenticates: table and column, each after its length in bytes
    /// (4 bytes, big-endian), then the 16 bytes of the row. Stored values depend on this form.
    ///
    /// ```
    /// use madoguchi_domain::sealed::CellId;
    ///
    /// let cell = CellId { table: "person", column: "name", row: uuid::Uuid::from_u128(7) };
    /// assert_eq!(cell.to_bytes()[..14], *b"\0\0\0\x06person\0\0\0\x04");
    /// assert_eq!(cell.to_bytes().len(), 34);
    /// ```
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(24 + self.table.len() + self.column.len());
        for name in [self.table, self.column] {
            bytes.extend(u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend(name.as_bytes());
        }
        bytes.extend(self.row.as_bytes());
        bytes
    }
}

/// One sealed value, as it is stored. Its length shows the length of the text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Accepts any bytes: whether they open is the sealer's answer.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A data key, encrypted under a key-encryption key: a row of the table `data_key` without its id.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct WrappedKey {
    /// The key-encryption key.
    pub key: KeyId,
    /// The encrypted data key.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrappedKey").field("key", &self.key).finish_non_exhaustive()
    }
}

/// A keyed hash of a normalised value, for exact search without the value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BlindIndex {
    /// The index key.
    pub key: KeyId,
    /// The hash.
    pub digest: [u8; 32],
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlindIndex").field("key", &self.key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_is_short_plain_text() {
        for good in ["a", "kek-2026-11", &"x".repeat(32)] {
            assert_eq!(KeyId::parse(good).unwrap().to_string(), good);
        }
        for bad in ["", "Kek", "kek 1", "kek_1", "é", "kek\n", &"x".repeat(33)] {
            assert!(KeyId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_of_a_cell_do_not_run_into_each_other() {
        let cell = |table, column| CellId { table, column, row: Uuid::from_u128(1) }.to_bytes();
        assert_ne!(cell("ab", "c"), cell("a", "bc"));
        assert_ne!(cell("", "abc"), cell("abc", ""));
    }

    #[test]
    fn stored_bytes_are_not_printed() {
        let key = KeyId::parse("kek-1").unwrap();
        let wrapped = WrappedKey { key: key.clone(), bytes: vec![77; 40] };
        let index = BlindIndex { key, digest: [77; 32] };
        let printed = format!("{:?} {wrapped:?} {index:?}", Sealed::new([77; 40]));
        assert!(printed.contains("kek-1") && !printed.contains("77"), "{printed}");
    }
}
