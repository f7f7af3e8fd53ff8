//! The row of a key of the server.

use madoguchi_domain::port::StoreError;
use madoguchi_domain::server_key::{FingerprintedKey, KeyFingerprint, ServerKey};

use crate::database::parse::parsed_or_corrupt;
use crate::database::schema::server_key;
use crate::database::statement::row;

row! {
    pub(crate) struct ServerKeyRow in server_key {
        name: String,
        fingerprint: Vec<u8>,
    }
}

impl From<&FingerprintedKey> for ServerKeyRow {
    fn from(key: &FingerprintedKey) -> Self {
        Self { name: key.name.as_str().to_owned(), fingerprint: key.fingerprint.0.to_vec() }
    }
}

impl ServerKeyRow {
    pub(crate) fn parse(self) -> Result<FingerprintedKey, StoreError> {
        let fingerprint = self.fingerprint.try_into().ok().map(KeyFingerprint);
        Ok(FingerprintedKey {
            name: parsed_or_corrupt(ServerKey::parse(&self.name), "server_key.name")?,
            fingerprint: parsed_or_corrupt(fingerprint, "server_key.fingerprint")?,
        })
    }
}
