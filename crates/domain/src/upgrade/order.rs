//! The order to the core bank: set an arrangement to a level, under a transaction id.

use crate::consequence::Consequence;
use crate::effect::{
    Effect, EffectId, EffectKey, EffectKind, EffectOrder, EffectStateName, Ordering, OrderingKey,
    UpstreamId,
};
use crate::field::{InvalidField, is_visible};
use crate::level::AccountLevel;
use crate::member::{Account, ArrangementId, MemberId, ProductName};
use crate::parsed_text::parsed_text;
use crate::payload::Payload;

use super::id::CaseId;

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
    /// The owner of the account.
    pub member: MemberId,
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

/// The version of the payload that is written now.
const VERSION: i32 = 1;

impl SetLevel {
    /// The text of the kind.
    pub const KIND_NAME: &'static str = "SetLevel";
    /// The kind of effect.
    pub const KIND: EffectKind = EffectKind::of(Self::KIND_NAME);

    /// The key of a case's effect: its id is the case's own.
    #[must_use]
    pub const fn key(case: CaseId) -> EffectKey {
        EffectKey { kind: Self::KIND, id: EffectId(case.as_uuid()) }
    }

    /// The order as data. Its ordering key is the arrangement: while an arrangement has one that is
    /// not settled, no second one is planned.
    #[must_use]
    pub fn to_order(&self) -> EffectOrder {
        let payload = Payload::new(
            VERSION,
            [
                ("memberId", self.member.expose()),
                ("productName", self.product.as_str()),
                ("level", self.level.as_str()),
                ("txnNo", self.txn_no.as_str()),
            ],
        );
        EffectOrder {
            key: Self::key(self.case),
            subject: self.case.subject(),
            ordering: Ordering::OneLive(OrderingKey::from_parsed(self.arrangement.expose())),
            upstream_id: UpstreamId::from_parsed(self.transaction_id.as_str()),
            payload,
        }
    }

    /// Whether a later version of this program wrote the order, in a format not known yet.
    #[must_use]
    pub const fn is_newer(order: &EffectOrder) -> bool {
        order.payload.version > VERSION
    }

    /// Parses an order of this kind.
    ///
    /// # Errors
    /// When it is of another kind or version, or one of its fields does not parse.
    pub fn parse(order: &EffectOrder) -> Result<Self, InvalidField> {
        if order.key.kind != Self::KIND || order.payload.version != VERSION {
            return Err(InvalidField::new("payload", "must be a SetLevel order of version 1"));
        }
        let payload = &order.payload;
        let arrangement = order.ordering.key().expose();
        let account = Account::parse(arrangement, Some(payload.get("productName")?))?;
        Ok(Self {
            case: order.key.id.0.into(),
            member: MemberId::parse(payload.get("memberId")?)?,
            arrangement: account.arrangement,
            product: account.product,
            level: AccountLevel::parse(payload.get("level")?)?,
            transaction_id: TransactionId::parse(order.upstream_id.as_str())?,
            txn_no: TxnNo::parse(payload.get("txnNo")?)?,
        })
    }

    /// What else becomes true with this transition: a confirmed level is the member's.
    ///
    /// # Errors
    /// When the order does not parse.
    pub fn consequence(after: &Effect) -> Result<Option<Consequence>, InvalidField> {
        if after.state.name() != EffectStateName::Confirmed {
            return Ok(None);
        }
        let Self { member, level, .. } = Self::parse(&after.order)?;
        Ok(Some(Consequence::LevelConfirmed { member, level, manually: false }))
    }
}
