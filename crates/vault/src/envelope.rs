//! Encrypts values under a data key, and data keys under a key-encryption key.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded};
use aws_lc_rs::{hmac, rand};
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::SealerError;
use madoguchi_domain::sealed::{CellId, Sealed};
use zeroize::Zeroizing;

/// The length of every key, in bytes.
pub(crate) const KEY: usize = 32;
/// The first byte of a sealed value: version byte, nonce, ciphertext, tag.
const VERSION: u8 = 1;
const TAG: usize = 16;
/// The length of a wrapped data key, in bytes (NIST SP 800-38F §6.3: one block of 8 more).
const WRAPPED: usize = KEY + 8;
/// `wrap_with_padding` asks for this room, in bytes.
const WRAP_ROOM: usize = KEY + 15;

/// The bytes of a key, zeroed when dropped. On the heap, because a moved array leaves a copy.
pub(crate) type KeyBytes = Zeroizing<Vec<u8>>;

/// A new random key.
pub(crate) fn new_random_key() -> Result<KeyBytes, SealerError> {
    let mut bytes = Zeroizing::new(vec![0; KEY]);
    rand::fill(&mut bytes).map_err(|_| SealerError::Unavailable)?;
    Ok(bytes)
}

/// Wraps a data key with AES-256-KWP.
pub(crate) fn wrap(kek: &[u8], data_key: &[u8]) -> Result<Vec<u8>, SealerError> {
    let kek = AesKek::new(&AES_256, kek).map_err(|_| SealerError::Unavailable)?;
    let mut room = [0; WRAP_ROOM];
    let wrapped = kek.wrap_with_padding(data_key, &mut room);
    wrapped.map(|bytes| bytes.to_vec()).map_err(|_| SealerError::Unavailable)
}

/// The data key of its wrapped form.
pub(crate) fn unwrap(kek: &[u8], wrapped: &[u8]) -> Result<KeyBytes, SealerError> {
    if wrapped.len() != WRAPPED {
        return Err(SealerError::DoesNotOpen);
    }
    let kek = AesKek::new(&AES_256, kek).map_err(|_| SealerError::Unavailable)?;
    let mut room = Zeroizing::new([0; WRAPPED]);
    match kek.unwrap_with_padding(wrapped, &mut *room) {
        Ok(bytes) if bytes.len() == KEY => Ok(Zeroizing::new(bytes.to_vec())),
        Ok(_) | Err(_) => Err(SealerError::DoesNotOpen),
    }
}

/// The cipher of one record.
pub(crate) struct RecordCipher(LessSafeKey);

impl RecordCipher {
    pub(crate) fn of(data_key: &[u8]) -> Result<Self, SealerError> {
        let key = UnboundKey::new(&AES_256_GCM, data_key);
        key.map(|key| Self(LessSafeKey::new(key))).map_err(|_| SealerError::Unavailable)
    }

    /// Random nonces are safe here: one data key seals the values of one record, far fewer than the
    /// 2^32 of NIST SP 800-38D §8.3.
    pub(crate) fn seal(&self, cell: &CellId, text: &Personal) -> Result<Sealed, SealerError> {
        let text = text.expose().as_bytes();
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| SealerError::Unavailable)?;
        let mut bytes = Vec::with_capacity(1 + NONCE_LEN + text.len() + TAG);
        bytes.push(VERSION);
        bytes.extend(nonce);
        bytes.extend(text);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let in_place = &mut bytes[1 + NONCE_LEN..];
        let tag = self.0.seal_in_place_separate_tag(nonce, context(cell), in_place);
        bytes.extend(tag.map_err(|_| SealerError::Unavailable)?.as_ref());
        Ok(Sealed::new(bytes))
    }

    pub(crate) fn open(&self, cell: &CellId, sealed: &Sealed) -> Result<Personal, SealerError> {
        let opened = self.opened(cell, sealed.as_bytes());
        opened.map(Personal::new).ok_or(SealerError::DoesNotOpen)
    }

    fn opened(&self, cell: &CellId, sealed: &[u8]) -> Option<String> {
        let (version, rest) = sealed.split_first()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>()?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG>()?;
        if *version != VERSION {
            return None;
        }
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut text = vec![0; ciphertext.len()];
        self.0.open_separate_gather(nonce, context(cell), ciphertext, tag, &mut text).ok()?;
        String::from_utf8(text).ok()
    }
}

/// What is authenticated beside the text: the version and the cell.
fn context(cell: &CellId) -> Aad<Vec<u8>> {
    Aad::from([&[VERSION][..], &cell.to_bytes()].concat())
}

/// HMAC-SHA-256 over the purpose after its length (4 bytes, big-endian), and the text.
pub(crate) fn blind_index(key: &hmac::Key, purpose: &str, text: &Personal) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    context.update(&u32::try_from(purpose.len()).unwrap_or(u32::MAX).to_be_bytes());
    context.update(purpose.as_bytes());
    context.update(text.expose().as_bytes());
    let mut digest = [0; 32];
    digest.copy_from_slice(context.sign().as_ref());
    digest
}
