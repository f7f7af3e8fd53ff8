//! Writes new keys.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use madoguchi_domain::secret::hex;
use zeroize::Zeroizing;

use crate::envelope::new_random_key;

/// Writes a new random key to a new file, which only its owner can read and change.
///
/// # Errors
/// When the file exists or cannot be written, or there are no random numbers.
pub fn create_key_file(path: &Path) -> io::Result<()> {
    let key = new_random_key().map_err(io::Error::other)?;
    let digits = Zeroizing::new(hex(&key));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(digits.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_key_file_is_private_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one.hex", "other.hex"].map(|name| folder.path().join(name));
        create_key_file(&one).unwrap();
        create_key_file(&other).unwrap();
        assert_eq!(fs::metadata(&one).unwrap().permissions().mode() & 0o777, 0o600);
        let [one_key, other_key] = [&one, &other].map(|path| fs::read_to_string(path).unwrap());
        assert!(one_key.len() == 65 && one_key != other_key);
        let again = create_key_file(&one).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&one).unwrap(), one_key);
    }
}
