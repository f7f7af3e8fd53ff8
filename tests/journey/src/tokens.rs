//! Access tokens with one scope each, so that a missing scope check is detected.

use sha2::{Digest, Sha256};

/// Begins the text of a token; its scope follows.
pub const PREFIX: &str = "journey-token:";

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

/// Look up callers.
pub const CALLER: &str = "journey-token:caller.read";

/// Read members; not in the file unless [`extra`] is added to it.
pub const EXTRA: &str = "journey-token-extra:member.read";

/// Register, change and read persons in clear; not in the file unless [`persons`] is added to it.
pub const PERSONS: &str = "journey-token-persons";

/// The gateway's user and the password.
pub const GATEWAY: (&str, &str) = ("chat_itau_oiap", "journey-password");
/// The output of `madoguchi hash-password` for the password.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$M9SKRzbe5OAkoafJGv5lsg$\
    IKyk3/EUFnKwjAcGTVafcZVAKQjXrQc+3TU6rU+teaw";

/// The text of `gateway.users_file`.
#[must_use]
pub fn users() -> String {
    let (user, _) = GATEWAY;
    format!(
        "[[user]]\nuser_name = \"{user}\"\npassword_hash = \"{HASH}\"\nissuer = \"journey\"\n\
         subject = \"{user}\"\nkind = \"SYSTEM\"\n"
    )
}

/// All tokens. The part after the colon is the token's scope.
pub const ALL: [&str; 7] = [MEMBER_WRITE, MEMBER_READ, OPEN, VERIFY, DECIDE, READ, CALLER];

/// The text of `identity.tokens_file`.
#[must_use]
pub fn file() -> String {
    ALL.map(entry).concat()
}

/// One more entry for that file, of [`EXTRA`].
#[must_use]
pub fn extra() -> String {
    entry(EXTRA)
}

/// One more entry for that file, of [`PERSONS`].
#[must_use]
pub fn persons() -> String {
    entry_of(PERSONS, "persons", "\"person.read\", \"person.reveal\", \"person.write\"")
}

fn entry(token: &str) -> String {
    let scope = token.rsplit(':').next().unwrap_or_default();
    entry_of(token, scope, &format!("\"{scope}\""))
}

fn entry_of(token: &str, name: &str, scopes: &str) -> String {
    let hash: String = Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "[[token]]\nsha256 = \"{hash}\"\nissuer = \"journey\"\nsubject = \"{name}-agent\"\n\
         kind = \"HUMAN\"\nscopes = [{scopes}]\n\n"
    )
}
