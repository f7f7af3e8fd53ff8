//! The contract suite of [`Sealer`], which every adapter runs.
//!
//! A new adapter provides the three states of its keys while they rotate, and adds one line. In
//! `crates/testkit/tests/own_sealer.rs` a short adapter does so.
//!
//! ```text
//! sealer_contract!(mine: open_mine()); // a future of `SealersUnderTest`
//! ```

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::{Sealer, SealerError};
use madoguchi_domain::sealed::{BlindIndex, CellId, Sealed, WrappedKey};
use uuid::Uuid;

/// One adapter with the same two keys of each kind, old and new, in three states of a rotation.
#[derive(Clone)]
pub struct SealersUnderTest {
    /// The old keys are active, the new ones decrypt-only.
    pub added: Arc<dyn Sealer>,
    /// The new keys are active, the old ones decrypt-only.
    pub activated: Arc<dyn Sealer>,
    /// Only the new keys are left.
    pub retired: Arc<dyn Sealer>,
}

impl fmt::Debug for SealersUnderTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealersUnderTest")
    }
}

const CANARY: &str = "canary.maria@example.com";
const CELL: CellId = cell("person", "name", 1);

const fn cell(table: &'static str, column: &'static str, row: u128) -> CellId {
    CellId { table, column, row: Uuid::from_u128(row) }
}

fn seal_one(sealer: &dyn Sealer, key: &WrappedKey, text: &str) -> Sealed {
    sealer.seal(key, &[(CELL, Personal::new(text))]).expect("sealed").remove(0)
}

fn open_one(sealer: &dyn Sealer, key: &WrappedKey, sealed: &Sealed) -> Opened {
    sealer.open(key, &[(CELL, sealed.clone())])
}

type Opened = Result<Vec<Personal>, SealerError>;

fn canary() -> Opened {
    Ok(vec![Personal::new(CANARY)])
}

/// Otherwise a row could be moved under another person.
pub async fn what_is_sealed_opens_in_its_cell_only(
    SealersUnderTest { added, .. }: SealersUnderTest,
) {
    // The names of the last three are equal when they are written one after the other.
    let names = [("person", "name"), ("person", "email"), ("contact", "name"), ("ab", "c")];
    let names = names.into_iter().chain([("a", "bc"), ("abc", "")]);
    let cells: Vec<_> = names.flat_map(|(t, c)| [cell(t, c, 1), cell(t, c, 1 << 127)]).collect();
    let texts: Vec<_> = cells.iter().map(|cell| (*cell, Personal::new(CANARY))).collect();
    let key = added.new_data_key().expect("a data key");
    let sealed = added.seal(&key, &texts).expect("sealed");
    for (home, value) in cells.iter().zip(&sealed) {
        for cell in &cells {
            let expected = if cell == home { canary() } else { Err(SealerError::DoesNotOpen) };
            let opened = added.open(&key, &[(*cell, value.clone())]);
            assert_eq!(opened, expected, "sealed for {home:?}, opened in {cell:?}");
        }
    }
}

/// What was changed in the database is found, not read.
pub async fn no_flipped_bit_opens(SealersUnderTest { added, .. }: SealersUnderTest) {
    does_not_open(&*added, |bytes| {
        let flipped = |bit: usize| {
            let mut changed = bytes.to_vec();
            changed[bit / 8] ^= 1 << (bit % 8);
            changed
        };
        (0..bytes.len() * 8).map(flipped).collect()
    });
}

/// Of any length, also of none.
pub async fn nothing_that_was_cut_or_extended_opens(under_test: SealersUnderTest) {
    does_not_open(&*under_test.added, |bytes| {
        let cut = (0..bytes.len()).map(|length| bytes[..length].to_vec());
        let extended = [[bytes, &[0]].concat(), [&[0], bytes].concat(), [bytes, &[0; 8]].concat()];
        cut.chain(extended).collect()
    });
}

/// Neither a sealed value nor a wrapped key opens after any of the changes.
fn does_not_open(sealer: &dyn Sealer, changes: impl Fn(&[u8]) -> Vec<Vec<u8>>) {
    let key = sealer.new_data_key().expect("a data key");
    let sealed = seal_one(sealer, &key, CANARY);
    for changed in changes(sealed.as_bytes()) {
        let opened = open_one(sealer, &key, &Sealed::new(changed));
        assert_eq!(opened, Err(SealerError::DoesNotOpen));
    }
    for bytes in changes(&key.bytes) {
        does_not_unwrap(sealer, &WrappedKey { bytes, ..key.clone() }, &sealed);
    }
}

fn does_not_unwrap(sealer: &dyn Sealer, key: &WrappedKey, sealed: &Sealed) {
    assert_eq!(open_one(sealer, key, sealed), Err(SealerError::DoesNotOpen));
    assert_eq!(sealer.seal(key, &[]), Err(SealerError::DoesNotOpen));
    assert_eq!(sealer.rewrap(key), Err(SealerError::DoesNotOpen));
}

/// So that the purge of one key makes its texts unreadable, and no others.
pub async fn another_data_key_does_not_open(SealersUnderTest { added, .. }: SealersUnderTest) {
    let keys: Vec<_> = (0..8).map(|_| added.new_data_key().expect("a data key")).collect();
    for key in &keys {
        let sealed = seal_one(&*added, key, CANARY);
        for other in &keys {
            let expected = if other == key { canary() } else { Err(SealerError::DoesNotOpen) };
            assert_eq!(open_one(&*added, other, &sealed), expected);
        }
    }
}

/// Otherwise keys could be exchanged in the database.
pub async fn a_wrapped_key_under_another_keys_id_does_not_open(
    SealersUnderTest { added, activated, .. }: SealersUnderTest,
) {
    let key = added.new_data_key().expect("a data key");
    let sealed = seal_one(&*added, &key, CANARY);
    let other = activated.new_data_key().expect("a data key").key;
    does_not_unwrap(&*added, &WrappedKey { key: other, ..key }, &sealed);
}

/// Otherwise who reads the database sees which texts are equal.
pub async fn two_seals_of_one_text_differ(SealersUnderTest { added, .. }: SealersUnderTest) {
    let key = added.new_data_key().expect("a data key");
    let twice = [(CELL, Personal::new(CANARY)), (CELL, Personal::new(CANARY))];
    let mut seen = HashSet::new();
    for sealed in (0..50).flat_map(|_| added.seal(&key, &twice).expect("sealed")) {
        assert!(seen.insert(sealed), "a sealed value came twice");
    }
    let data_keys: HashSet<_> = (0..50).map(|_| added.new_data_key().expect("new").bytes).collect();
    assert_eq!(data_keys.len(), 50);
}

/// A text in the wrong place would be read as another field.
pub async fn a_slice_keeps_its_order_or_fails(SealersUnderTest { added, .. }: SealersUnderTest) {
    let key = added.new_data_key().expect("a data key");
    let (empty, long) = (String::new(), "窓口".repeat(20_000));
    let texts = [CANARY, &empty, &long, "é\0\n"].map(|text| (CELL, Personal::new(text)));
    let sealed = added.seal(&key, &texts).expect("sealed");
    let mut values: Vec<_> = sealed.into_iter().map(|value| (CELL, value)).collect();
    let opened = added.open(&key, &values).expect("opened");
    assert_eq!(opened, texts.map(|(_, text)| text));
    values[2].1 = Sealed::new([0; 60]);
    assert_eq!(added.open(&key, &values), Err(SealerError::DoesNotOpen));
    assert_eq!((added.seal(&key, &[]), added.open(&key, &[])), (Ok(vec![]), Ok(vec![])));
}

/// Sealed rows must stay as they are when their data key is re-wrapped.
pub async fn a_rewrapped_key_opens_the_same_values(under_test: SealersUnderTest) {
    let SealersUnderTest { added, activated, retired } = under_test;
    let old = added.new_data_key().expect("a data key");
    let sealed = seal_one(&*added, &old, CANARY);
    let new = activated.rewrap(&old).expect("re-wrapped");
    assert_ne!(new.key, old.key);
    assert_ne!(new.bytes, old.bytes);
    for sealer in [&added, &activated, &retired] {
        assert_eq!(open_one(&**sealer, &new, &sealed), canary());
    }
    let later = seal_one(&*retired, &new, CANARY);
    assert_eq!(open_one(&*added, &old, &later), canary());
    let again = activated.rewrap(&new).expect("re-wrapped");
    assert_eq!((again.key.clone(), open_one(&*retired, &again, &sealed)), (new.key, canary()));
}

/// Nodes do not activate a new key at the same moment.
pub async fn nodes_read_each_other_while_a_key_rotates(under_test: SealersUnderTest) {
    let SealersUnderTest { added, activated, .. } = under_test;
    for (writer, reader) in [(&added, &activated), (&activated, &added)] {
        let key = writer.new_data_key().expect("a data key");
        let sealed = seal_one(&**writer, &key, CANARY);
        assert_eq!(open_one(&**reader, &key, &sealed), canary());
        let beside = seal_one(&**reader, &key, CANARY);
        assert_eq!(open_one(&**writer, &key, &beside), canary());
        let own = reader.new_data_key().expect("a data key");
        assert_ne!(own.key, key.key, "only the active key wraps");
    }
}

/// The error names the key, so that an operator can put it back.
pub async fn a_retired_key_is_unknown(under_test: SealersUnderTest) {
    let SealersUnderTest { added, retired, .. } = under_test;
    let key = added.new_data_key().expect("a data key");
    let sealed = seal_one(&*added, &key, CANARY);
    let unknown = SealerError::UnknownKey(key.key.clone());
    assert_eq!(open_one(&*retired, &key, &sealed), Err(unknown.clone()));
    assert_eq!(retired.seal(&key, &[]), Err(unknown.clone()));
    assert_eq!(retired.rewrap(&key), Err(unknown));
}

/// The blind indexes of one text.
fn index(sealer: &dyn Sealer, purpose: &'static str, text: &str) -> Vec<BlindIndex> {
    let indexes = sealer.blind_indexes(&[(purpose, Personal::new(text))]).expect("indexed");
    assert_eq!(indexes.len(), 1);
    indexes.into_iter().flatten().collect()
}

/// Under one key and for one field: else a search finds nothing, or too much.
pub async fn equal_values_have_equal_blind_indexes(
    SealersUnderTest { added, .. }: SealersUnderTest,
) {
    let texts = [CANARY, "a", CANARY, "", "A", "a ", "ila"];
    let purposes = ["email", "phone", "ema"];
    let asked: Vec<_> = purposes
        .into_iter()
        .flat_map(|purpose| texts.map(|text| (purpose, Personal::new(text))))
        .collect();
    let indexes = added.blind_indexes(&asked).expect("indexed");
    assert_eq!((indexes.len(), &indexes[0]), (asked.len(), &indexes[2]));
    for ((purpose, text), expected) in asked.iter().zip(&indexes) {
        assert_eq!(index(&*added, purpose, text.expose()), *expected, "alone or in a slice");
    }
    let different: HashSet<_> = indexes.iter().flatten().map(|it| it.digest).collect();
    let values = purposes.len() * (texts.len() - 1);
    assert_eq!(different.len(), 2 * values, "each value of each purpose has one for each key");
    assert_eq!(added.blind_indexes(&[]), Ok(vec![]));
}

/// What is stored under all keys is found under any, and a retired key is not used.
pub async fn blind_indexes_agree_while_the_index_key_rotates(under_test: SealersUnderTest) {
    let SealersUnderTest { added, activated, retired } = under_test;
    let of = |sealer: &dyn Sealer| index(sealer, "email", CANARY);
    let (added, activated, retired) = (of(&*added), of(&*activated), of(&*retired));
    let [old, new] = &added[..] else { panic!("one index for each of the two keys") };
    assert_ne!((&old.key, old.digest), (&new.key, new.digest));
    assert_eq!(activated, [new.clone(), old.clone()], "the active key first");
    assert_eq!(retired, std::slice::from_ref(new));
}

/// Debug output ends up in logs.
pub async fn neither_bytes_nor_debug_output_show_the_text(
    SealersUnderTest { added, .. }: SealersUnderTest,
) {
    let key = added.new_data_key().expect("a data key");
    let texts = [(CELL, Personal::new(CANARY))];
    let sealed = added.seal(&key, &texts).expect("sealed");
    let held = |bytes: &[u8]| bytes.windows(6).any(|window| *window == *b"canary");
    assert!(
        !held(sealed[0].as_bytes()) && !held(&key.bytes),
        "neither the sealed text nor the key has the text in clear"
    );
    let opened = added.open(&key, &[(CELL, sealed[0].clone())]);
    let moved = added.open(&key, &[(cell("person", "name", 2), sealed[0].clone())]);
    let indexed = added.blind_indexes(&[("email", Personal::new(CANARY))]);
    let printed = format!("{texts:?} {sealed:?} {key:?} {opened:?} {moved:?} {indexed:?}");
    assert!(!printed.contains("canary"), "{printed}");
    for bytes in [sealed[0].as_bytes(), &key.bytes] {
        assert!(
            !printed.contains(format!("{:?}", &bytes[..4]).trim_matches(['[', ']'])),
            "debug output shows no bytes"
        );
    }
}

/// Runs every check against each adapter, in a module of the given name.
#[macro_export]
macro_rules! sealer_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            sealer of sealer, of_subject [
                what_is_sealed_opens_in_its_cell_only
                no_flipped_bit_opens
                nothing_that_was_cut_or_extended_opens
                another_data_key_does_not_open
                a_wrapped_key_under_another_keys_id_does_not_open
                two_seals_of_one_text_differ
                a_slice_keeps_its_order_or_fails
                a_rewrapped_key_opens_the_same_values
                nodes_read_each_other_while_a_key_rotates
                a_retired_key_is_unknown
                equal_values_have_equal_blind_indexes
                blind_indexes_agree_while_the_index_key_rotates
                neither_bytes_nor_debug_output_show_the_text
            ]
            $($adapters)+
        }
    };
}
