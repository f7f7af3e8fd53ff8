//! What the core bank is told: set this arrangement to this level, under this id.

use crate::field::InvalidField;
use crate::level::AccountLevel;
use crate::member::{ArrangementId, ProductName};
use crate::upgrade::CaseId;

/// The id under which the core bank knows one act for ever (`amheader.TransactionID`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TransactionId(String);

impl TransactionId {
    /// Reads an id.
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

    /// An id of the scheme's own making: ASCII letters and digits, at most 51.
    pub(super) const fn derived(text: String) -> Self {
        Self(text)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The message's number (`ServiceHeader.TxnNo`), as constant as the transaction id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TxnNo(String);

impl TxnNo {
    /// Reads a number.
    ///
    /// # Errors
    /// When it is not 1 to 64 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        TransactionId::parse(text)
            .map(|id| Self(id.0))
            .map_err(|refused| InvalidField { field: "TxnNo", ..refused })
    }

    /// A number of the scheme's own making: ASCII letters and digits.
    pub(super) const fn derived(text: String) -> Self {
        Self(text)
    }

    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The order to set an account's level (DA21). It is absolute: obeyed twice, it is obeyed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetLevel {
    /// The case it is for.
    pub case: CaseId,
    /// The account.
    pub arrangement: ArrangementId,
    /// Its product.
    pub product: ProductName,
    /// The level to have.
    pub level: AccountLevel,
    /// The act's id.
    pub transaction_id: TransactionId,
    /// The message's number.
    pub txn_no: TxnNo,
}
