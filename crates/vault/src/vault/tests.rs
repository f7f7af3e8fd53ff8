//! Runs the contract suite on the vault, and tests reloads, moved values and stored forms.

use madoguchi_domain::sealed::KeyId;
use madoguchi_testkit::contract::sealer::SealersUnderTest;
use madoguchi_testkit::sealer_contract;
use uuid::Uuid;

use super::*;
use crate::samples::{KEY_LIST, RingFolder};

fn sealers() -> SealersUnderTest {
    let opened = |list: &str| {
        let folder = RingFolder::new();
        folder.write_list(list);
        Arc::new(Vault::open(&folder.list()).expect("a key ring"))
    };
    SealersUnderTest {
        added: opened(KEY_LIST),
        activated: opened(&RingFolder::activated()),
        retired: opened(&RingFolder::retired()),
    }
}

sealer_contract!(vault: async { sealers() });

fn vault() -> (RingFolder, Vault) {
    let folder = RingFolder::new();
    let vault = Vault::open(&folder.list()).unwrap();
    (folder, vault)
}

/// 250 rows with two columns in two tables: 1,000 values, each tried in every other cell.
#[test]
fn a_moved_value_opens_in_no_other_cell() {
    let (_folder, vault) = vault();
    let key = vault.new_data_key().unwrap();
    let cipher = vault.cipher(&key).unwrap();
    let cells: Vec<_> = (0..250)
        .flat_map(|row| {
            let names = [("person", "name"), ("person", "email"), ("contact", "name")];
            let names = names.into_iter().chain([("contact", "subject")]);
            names.map(move |(table, column)| CellId { table, column, row: Uuid::from_u128(row) })
        })
        .collect();
    let texts: Vec<_> = cells.iter().map(|cell| (*cell, Personal::new("Maria"))).collect();
    let sealed = vault.seal(&key, &texts).unwrap();
    let mut opened = 0;
    for (home, value) in cells.iter().zip(&sealed) {
        for cell in &cells {
            let opens = cipher.open(cell, value).is_ok();
            assert_eq!(opens, cell == home, "{home:?} in {cell:?}");
            opened += usize::from(opens);
        }
    }
    assert_eq!(opened, 1000);
}

#[test]
fn the_keys_are_listed_by_id_and_state() {
    let (folder, vault) = vault();
    let listed = || -> Vec<String> {
        vault.keys().iter().map(|it| format!("{} {}", it.id, it.state)).collect()
    };
    let expected = ["kek-1 active", "kek-2 decrypt_only", "index-1 active", "index-2 decrypt_only"];
    assert_eq!(listed(), expected.map(String::from).to_vec());
    folder.write_list(&RingFolder::retired());
    vault.reload().unwrap();
    assert_eq!(listed(), ["kek-2 active", "index-2 active"].map(String::from).to_vec());
}

#[test]
fn a_reload_rotates_the_keys_in_use() {
    let (folder, vault) = vault();
    let old = vault.new_data_key().unwrap();
    folder.write_list(&RingFolder::activated());
    vault.reload().unwrap();
    let new = vault.rewrap(&old).unwrap();
    assert_eq!((old.key.as_str(), new.key.as_str()), ("kek-1", "kek-2"));
    folder.write_list(&RingFolder::retired());
    vault.reload().unwrap();
    assert_eq!(vault.seal(&old, &[]), Err(SealerError::UnknownKey(old.key)));
    assert_eq!(vault.seal(&new, &[]), Ok(vec![]));
}

#[test]
fn an_invalid_ring_keeps_the_old_one() {
    let (folder, vault) = vault();
    let key = vault.new_data_key().unwrap();
    folder.set_mode("kek-1.hex", 0o644);
    assert!(vault.reload().is_err());
    assert_eq!(vault.rewrap(&key), Ok(key.clone()));
    folder.set_mode("kek-1.hex", 0o600);
    assert_eq!(vault.reload(), Ok(()));
    assert_eq!(vault.rewrap(&key), Ok(key));
}

#[test]
fn calls_succeed_while_the_ring_is_reloaded() {
    let (folder, vault) = vault();
    let key = vault.new_data_key().unwrap();
    let call = || vault.rewrap(&key).and_then(|key| vault.seal(&key, &[])).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| (0..2000).for_each(|_| drop(call())));
        for _ in 0..25 {
            for list in [RingFolder::activated(), KEY_LIST.to_owned()] {
                folder.write_list(&list);
                vault.reload().unwrap();
            }
        }
    });
}

/// Stored values must open with every later version. These were made with another library: the data
/// key is the bytes 0 to 31.
#[test]
fn values_that_were_stored_once_still_open() {
    let (_folder, vault) = vault();
    let bytes = |text: &str| madoguchi_domain::secret::unhex(text).unwrap();
    let wrapped = WrappedKey { key: KeyId::parse("kek-1").unwrap(), bytes: bytes(STORED_KEY) };
    let cell = CellId { table: "person", column: "name", row: Uuid::from_u128(7) };
    let opened = vault.open(&wrapped, &[(cell, Sealed::new(bytes(STORED_NAME)))]);
    assert_eq!(opened, Ok(vec![Personal::new("Maria")]));
    let indexes = vault.blind_indexes(&[("email", Personal::new("a@example.com"))]);
    assert_eq!(indexes.unwrap()[0][0].digest[..], bytes(STORED_INDEX));
}

const STORED_KEY: &str =
    concat!("1b8db46ee16c9e835792acd240079fa538391dea", "8a6c61ebd3d9f94c7a0591be948f12725b0ec4d5");
const STORED_NAME: &str =
    concat!("016465666768696a6b6c6d6e6f057aac0f", "18895d5d2f37d1b31bb40240676ac49d04");
const STORED_INDEX: &str = "21b75621f800f9b4ecc56b1bd81562b0f7d6739eebe5e20d53cbb439d3534a8a";

#[test]
fn debug_output_shows_ids_and_no_key() {
    let (_folder, vault) = vault();
    let printed = format!("{vault:?}");
    assert!(printed.contains("kek-1") && printed.contains("index-2"), "{printed}");
    for key in ["aaaa", "bbbb", "cccc", "cece", "170, 170", "204, 204"] {
        assert!(!printed.contains(key), "{printed}");
    }
}
