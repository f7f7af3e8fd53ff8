//! Access tokens: one for each scope, so that a forgotten check of a scope shows.

use sha2::{Digest, Sha256};

/// Register members.
pub const MEMBER_WRITE: &str = "journey-token:member.write";
/// Read members.
pub const MEMBER_READ: &str = "journey-token:member.read";
/// Open cases.
pub const OPEN: &str = "journey-token:upgrade.open";
/// Report verifications.
pub const VERIFY: &str = "journey-token:upgrade.verify";
/// Give verdicts.
pub const DECIDE: &str = "journey-token:upgrade.decide";
/// Read cases.
pub const READ: &str = "journey-token:upgrade.read";

/// Every token there is. Each names its one scope after the colon.
pub const ALL: [&str; 6] = [MEMBER_WRITE, MEMBER_READ, OPEN, VERIFY, DECIDE, READ];

/// The file for `identity.tokens_file`.
#[must_use]
pub fn file() -> String {
    ALL.map(|token| {
        let hash: String = Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect();
        let scope = token.rsplit(':').next().unwrap_or_default();
        format!(
            "[[token]]\nsha256 = \"{hash}\"\nissuer = \"journey\"\nsubject = \"{scope}-desk\"\n\
             kind = \"HUMAN\"\nscopes = [\"{scope}\"]\n\n"
        )
    })
    .concat()
}
