//! The rows of wrapped data keys, of blind indexes and of key reports.

use std::borrow::Cow;

use madoguchi_domain::Timestamp;
use madoguchi_domain::key_ring::{HeldKey, KeyKind, KeyReport, KeyState, NodeId};
use madoguchi_domain::port::StoreError;
use madoguchi_domain::sealed::{DataKeyId, KeyId, WrappedKey};
use uuid::Uuid;

use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::parse::{moment, parsed_or_corrupt};
use crate::database::schema::{blind_index, data_key, key_report};
use crate::database::statement::row;

row! {
    pub(crate) struct DataKeyRow in data_key {
        data_key_id: Key,
        key_id: String,
        wrapped: Vec<u8>,
    }
}

row! {
    pub(crate) struct IndexRow<'a> in blind_index {
        purpose: Cow<'a, str>,
        digest: Vec<u8>,
        data_key_id: Key,
        key_id: String,
    }
}

impl IndexRow<'_> {
    /// What distinguishes it from the other indexes of its record.
    pub(crate) fn identity(self) -> (String, Vec<u8>, String) {
        (self.purpose.into_owned(), self.digest, self.key_id)
    }
}

impl From<(DataKeyId, &WrappedKey)> for DataKeyRow {
    fn from((id, wrapped): (DataKeyId, &WrappedKey)) -> Self {
        Self {
            data_key_id: Key(id.0),
            key_id: wrapped.key.as_str().to_owned(),
            wrapped: wrapped.bytes.clone(),
        }
    }
}

impl DataKeyRow {
    pub(crate) fn parse(self) -> Result<(DataKeyId, WrappedKey), StoreError> {
        let wrapped =
            WrappedKey { key: key_id(&self.key_id, "data_key.key_id")?, bytes: self.wrapped };
        Ok((readable(self.data_key_id)?, wrapped))
    }
}

/// The least id after this one; `None` after the last.
pub(crate) fn first_after(after: Option<DataKeyId>) -> Option<Key> {
    let first = after.map_or(Some(0), |id| id.0.as_u128().checked_add(1))?;
    Some(Key(Uuid::from_u128(first)))
}

/// The id, unless its bytes are none.
pub(crate) fn readable(id: Key) -> Result<DataKeyId, StoreError> {
    parsed_or_corrupt((id.0 != Key::UNREADABLE).then_some(DataKeyId(id.0)), "data_key_id of a row")
}

/// The id of a key in `place`.
pub(crate) fn key_id(text: &str, place: &'static str) -> Result<KeyId, StoreError> {
    parsed_or_corrupt(KeyId::parse(text).ok(), place)
}

/// The numbers of rows under each key, whose ids are in `place`.
pub(crate) fn counts(
    rows: Vec<(String, i64)>,
    place: &'static str,
) -> Result<Vec<(KeyId, u64)>, Fault> {
    let counts = rows.iter().map(|(id, count)| Ok((key_id(id, place)?, count.unsigned_abs())));
    counts.collect()
}

row! {
    pub(crate) struct KeyReportRow in key_report {
        node: String,
        kind: String,
        key_id: String,
        state: String,
        at: At,
    }
}

impl KeyReportRow {
    pub(crate) fn new(node: &NodeId, key: &HeldKey, at: Timestamp) -> Self {
        Self {
            node: node.as_str().to_owned(),
            kind: key.kind.as_str().to_owned(),
            key_id: key.id.as_str().to_owned(),
            state: key.state.as_str().to_owned(),
            at: at.into(),
        }
    }

    pub(crate) fn parse(self) -> Result<KeyReport, StoreError> {
        let key = HeldKey {
            kind: parsed_or_corrupt(KeyKind::parse(&self.kind), "key_report.kind")?,
            id: key_id(&self.key_id, "key_report.key_id")?,
            state: parsed_or_corrupt(KeyState::parse(&self.state), "key_report.state")?,
        };
        Ok(KeyReport {
            node: parsed_or_corrupt(NodeId::parse(&self.node).ok(), "key_report.node")?,
            key,
            at: moment(self.at, "key_report.at")?,
        })
    }
}
