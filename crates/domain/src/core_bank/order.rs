//! The order to the core bank: set an arrangement to a level, under a transaction id.

use crate::field::is_visible;
use crate::level::AccountLevel;
use crate::member::{ArrangementId, ProductName};
use crate::parsed_text::parsed_text;
use crate::upgrade::CaseId;

parsed_text! {
    /// The permanent id of one order at the core bank (`amheader.TransactionID`).
    #[derive(Debug)]
    #[derive(Hash)]
    pub struct TransactionId:
        "TransactionID",
        "must be 1 to 64 visible ASCII characters",
        |text| is_visible(text, 64);
    /// The id as text.
    as_str
}

impl TransactionId {
    /// An id derived by the scheme: ASCII letters and digits, at most 51.
    pub(super) const fn derived(text: String) -> Self {
        Self(text)
    }
}

parsed_text! {
    /// The message's number (`ServiceHeader.TxnNo`), constant like the transaction id.
    #[derive(Debug)]
    #[derive(Hash)]
    pub struct TxnNo:
        "TxnNo",
        "must be 1 to 64 visible ASCII characters",
        |text| is_visible(text, 64);
    /// The number as text.
    as_str
}

impl TxnNo {
    /// A number derived by the scheme: ASCII letters and digits.
    pub(super) const fn derived(text: String) -> Self {
        Self(text)
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
