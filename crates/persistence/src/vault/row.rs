//! The rows of wrapped data keys and of blind indexes.

use std::borrow::Cow;

use madoguchi_domain::port::StoreError;
use madoguchi_domain::sealed::{DataKeyId, KeyId, WrappedKey};

use crate::database::column::Key;
use crate::database::parse::parsed_or_corrupt;
use crate::database::schema::{blind_index, data_key};
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
        let key = parsed_or_corrupt(KeyId::parse(&self.key_id).ok(), "data_key.key_id")?;
        Ok((DataKeyId(self.data_key_id.0), WrappedKey { key, bytes: self.wrapped }))
    }
}
