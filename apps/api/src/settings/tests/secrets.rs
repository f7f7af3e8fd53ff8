//! Tests that keys which protect nothing are refused.

use super::*;

#[test]
fn a_key_of_zeros_and_a_key_that_is_used_twice_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let text = good(&dir, 0o600);
    let zero = ("MADOGUCHI__SECRETS__AUDIT_KEY", &*"00".repeat(32));
    assert_eq!(mistakes(&text, &[zero]), ["secrets.audit_key"], "no key at all");
    let twice = ("MADOGUCHI__SECRETS__AUDIT_KEY", &*"ab".repeat(32));
    assert_eq!(mistakes(&text, &[twice]), ["secrets.audit_key_file"], "the salt's key");
}
