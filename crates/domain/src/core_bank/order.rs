//! The order to the core bank: set an arrangement to a level, under a transaction id.

use crate::field::InvalidField;
use crate::level::AccountLevel;
use crate::member::{ArrangementId, ProductName};
use crate::upgrade::CaseId;

/// The permanent id of one order at the core bank (`amheader.TransactionID`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TransactionId(String);

impl TransactionId {
    /// Parses an id.
    ///
    /// # Errors
    /// When it is not 1 to 64 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        if text.is_empty() || text.len() > 64 || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(InvalidField::new(
                "TransactionID",
                "must be 1 to 64 visible ASCII characters",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// An id derived by the scheme: ASCII letters and digits, at most 51.
    pub(super) const fn derived(text: String) -> Self {
        Self(text)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The message's number (`ServiceHeader.TxnNo`), constant like the transaction id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TxnNo(String);

impl TxnNo {
    /// Parses a number.
    ///
    /// # Errors
    /// When it is not 1 to 64 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        TransactionId::parse(text)
            .map(|id| Self(id.0))
            .map_err(|refused| InvalidField { field: "TxnNo", ..refused })
    }

    /// A number derived by the scheme: ASCII letters and digits.
    pub(super) const fn derived(text: String) -> Self {
        Self(text)
    }

    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The order to set an account's level (DA21). It is absolute: applying it twice has the effect
/// of applying it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetLevel {
    /// The case it is for.
    pub case: CaseId,
    /// The account.
    pub arrangement: ArrangementId,
    /// Its product.
    pub product: ProductName,
    /// The level to set.
    pub level: AccountLevel,
    /// The transaction id.
    pub transaction_id: TransactionId,
    /// The message's number.
    pub txn_no: TxnNo,
}
