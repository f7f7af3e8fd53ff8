//! Random bytes from the operating system, for secrets and unused ids.

use std::fs::File;
use std::io::Read;

use anyhow::Context;

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("/dev/urandom cannot be read; the sandbox needs a Unix system")?;
    Ok(bytes)
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A random member id and arrangement id, in the usual form, so that runs do not collide.
pub(crate) fn newcomer() -> anyhow::Result<(String, String)> {
    const LETTERS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let name: [u8; 6] = bytes()?;
    let [year, day, rest @ ..]: [u8; 7] = bytes()?;
    let tail: String =
        rest.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect();
    let arrangement = format!("AA{:02}{:03}{tail}", 20 + year % 6, 1 + u16::from(day));
    Ok((format!("DEMO-{}", hex(&name)), arrangement))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newcomers_are_new_and_their_arrangements_have_the_usual_form() {
        let (first, second) = (newcomer().unwrap(), newcomer().unwrap());
        assert_ne!(first, second);
        assert_eq!(first.1.len(), 12);
        assert!((1..=365).contains(&first.1[4..7].parse::<u16>().unwrap()));
    }
}
