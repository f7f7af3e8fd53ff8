//! A sealer from outside this workspace, which passes the contract suite: it keeps the texts in a
//! table of its own and answers with tokens. In a real one the keys are random and do not follow
//! from their ids.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::{Sealer, SealerError};
use madoguchi_domain::sealed::{BlindIndex, CellId, KeyId, Sealed, WrappedKey};
use madoguchi_domain::secret::SecretKey;
use madoguchi_testkit::contract::sealer::SealersUnderTest;

type Answer<T> = Result<T, SealerError>;
type Table = HashMap<Vec<u8>, (String, String)>;
/// The key ids, the active one first; and by token, a place and the text that is kept there.
struct Tokens(Vec<KeyId>, Arc<Mutex<Table>>);

fn mac(key: &str, text: &str) -> [u8; 32] {
    SecretKey::parse(format!("{key:32}").as_bytes()).expect("a key").mac(&[text.as_bytes()])
}

impl Tokens {
    fn keep(&self, place: &str, text: &str) -> Vec<u8> {
        let mut table = self.1.lock().expect("the table");
        let token = mac("token", &table.len().to_string()).to_vec();
        table.insert(token.clone(), (place.into(), text.into()));
        token
    }
    fn find(&self, place: &str, token: &[u8]) -> Answer<String> {
        let row = self.1.lock().expect("the table").get(token).cloned();
        row.filter(|(at, _)| at == place).map(|(_, text)| text).ok_or(SealerError::DoesNotOpen)
    }
    fn known(&self, id: &KeyId) -> Answer<KeyId> {
        self.0.iter().find(|it| *it == id).cloned().ok_or(SealerError::UnknownKey(id.clone()))
    }
    fn wrap(&self, data_key: &str) -> WrappedKey {
        WrappedKey { bytes: self.keep(self.0[0].as_str(), data_key), key: self.0[0].clone() }
    }
    fn unwrap(&self, key: &WrappedKey) -> Answer<String> {
        self.find(self.known(&key.key)?.as_str(), &key.bytes)
    }
}

impl Sealer for Tokens {
    fn new_data_key(&self) -> Answer<WrappedKey> {
        Ok(self.wrap(&format!("{:?}", self.keep("", ""))))
    }
    fn seal(&self, key: &WrappedKey, texts: &[(CellId, Personal)]) -> Answer<Vec<Sealed>> {
        let at = self.unwrap(key)?;
        let keep = |(cell, it): &(_, Personal)| self.keep(&format!("{at}{cell:?}"), it.expose());
        Ok(texts.iter().map(keep).map(Sealed::new).collect())
    }
    fn open(&self, key: &WrappedKey, values: &[(CellId, Sealed)]) -> Answer<Vec<Personal>> {
        let at = self.unwrap(key)?;
        let find = |(cell, it): &(_, Sealed)| self.find(&format!("{at}{cell:?}"), it.as_bytes());
        values.iter().map(|value| find(value).map(Personal::new)).collect()
    }
    fn rewrap(&self, key: &WrappedKey) -> Answer<WrappedKey> {
        Ok(self.wrap(&self.unwrap(key)?))
    }
    fn blind_indexes(&self, texts: &[(&'static str, Personal)]) -> Answer<Vec<Vec<BlindIndex>>> {
        let digest = |key: &KeyId, (purpose, text): &(_, Personal)| {
            mac(key.as_str(), &format!("{purpose}:{}", text.expose()))
        };
        let index = |key: &KeyId, it| BlindIndex { key: key.clone(), digest: digest(key, it) };
        let indexes = |it| self.0.iter().map(|key| index(key, it)).collect();
        Ok(texts.iter().map(indexes).collect())
    }
}

fn sealers() -> SealersUnderTest {
    let table = Arc::default();
    let of = |keys: &[&str]| {
        let keys = keys.iter().map(|key| KeyId::parse(key).expect("an id")).collect();
        Arc::new(Tokens(keys, Arc::clone(&table)))
    };
    SealersUnderTest { added: of(&["a", "b"]), activated: of(&["b", "a"]), retired: of(&["b"]) }
}

madoguchi_testkit::sealer_contract!(tokens: async { sealers() });
