//! The development tokens of the sandbox, one per role, and the token file.

use sha2::{Digest, Sha256};

use crate::chance::hex;

/// Opens cases in the front office.
pub(crate) const FRONT_DESK: &str = "dev-frontdesk";
/// Reports the result of the scan-code verification.
pub(crate) const VERIFIER: &str = "dev-verifier";
/// Gives the verdict after the video call, and reads cases.
pub(crate) const AGENT: &str = "dev-agent";
/// Writes contacts.
pub(crate) const AUTHOR: &str = "dev-author";
/// Another author.
const AUTHOR_2: &str = "dev-author2";
/// Approves contacts.
pub(crate) const APPROVER: &str = "dev-approver";
/// Another approver.
const APPROVER_2: &str = "dev-approver2";
/// The customer [`CUSTOMER_PERSON`].
pub(crate) const CUSTOMER: &str = "dev-customer";
/// The person of [`CUSTOMER`].
pub(crate) const CUSTOMER_PERSON: &str = "PER0001";
/// The mail server: reports mails that came back.
pub(crate) const MAIL_SERVER: &str = "dev-mta";
/// A program that writes contacts.
const SYSTEM: &str = "dev-system";
/// Registers persons, and changes how they are reached.
pub(crate) const CRM: &str = "dev-crm";
/// Registers members, and resolves what is stuck.
pub(crate) const OPERATOR: &str = "dev-operator";
/// A second operator, for resolutions, which need two people.
pub(crate) const OPERATOR_2: &str = "dev-operator2";

/// A token, whose text is also its subject, and its scopes.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) name: &'static str,
    pub(crate) scopes: &'static [&'static str],
}

impl Token {
    /// The customer whose token it is.
    pub(crate) fn person(&self) -> Option<&'static str> {
        (self.name == CUSTOMER).then_some(CUSTOMER_PERSON)
    }
}

const WRITES: &[&str] = &["contact.read", "contact.write"];
const APPROVES: &[&str] = &["contact.read", "contact.approve"];

const OPERATES: &[&str] = &[
    "operator",
    "member.read",
    "member.write",
    "upgrade.read",
    "announcement.write",
    "delivery.read",
];

/// All tokens; each belongs to a person, but [`SYSTEM`] and [`MAIL_SERVER`].
pub(crate) const ALL: [Token; 13] = [
    Token { name: FRONT_DESK, scopes: &["upgrade.open", "member.read"] },
    Token { name: VERIFIER, scopes: &["upgrade.verify"] },
    Token {
        name: AGENT,
        scopes: &[
            "upgrade.decide",
            "upgrade.read",
            "caller.read",
            "contact.read",
            "contact.respond",
        ],
    },
    Token { name: AUTHOR, scopes: WRITES },
    Token { name: AUTHOR_2, scopes: WRITES },
    Token { name: APPROVER, scopes: APPROVES },
    Token { name: APPROVER_2, scopes: APPROVES },
    Token { name: CUSTOMER, scopes: &["contact.answer"] },
    Token {
        name: CRM,
        scopes: &[
            "person.read",
            "person.write",
            "person.reveal",
            "contact.read",
            "application.write",
        ],
    },
    Token { name: SYSTEM, scopes: WRITES },
    Token { name: MAIL_SERVER, scopes: &["delivery.write"] },
    Token { name: OPERATOR, scopes: OPERATES },
    Token { name: OPERATOR_2, scopes: OPERATES },
];

/// The gateway's user, for the header `userName`.
pub(crate) const GATEWAY_USER: &str = "chat_itau_oiap";
pub(crate) const GATEWAY_PASSWORD: &str = "dev-password";

/// The text of `gateway.users_file`: the hash, never the password itself.
pub(crate) fn users() -> anyhow::Result<String> {
    let hash = madoguchi_api::hash_password(GATEWAY_PASSWORD)?;
    Ok(format!(
        "[[user]]\nuser_name = \"{GATEWAY_USER}\"\npassword_hash = \"{hash}\"\n\
         issuer = \"sandbox\"\nsubject = \"{GATEWAY_USER}\"\nkind = \"SYSTEM\"\n"
    ))
}

/// The text of `identity.tokens_file`: hashes, never the tokens themselves.
pub(crate) fn file() -> String {
    ALL.iter()
        .map(|token| {
            let Token { name, scopes } = token;
            let sha256 = hex(&Sha256::digest(name.as_bytes()));
            let kind = if [SYSTEM, MAIL_SERVER].contains(name) { "SYSTEM" } else { "HUMAN" };
            let person = token.person().map(|it| format!("person_id = \"{it}\"\n"));
            let person = person.unwrap_or_default();
            format!(
                "[[token]]\nsha256 = \"{sha256}\"\nissuer = \"sandbox\"\nsubject = \"{name}\"\n\
                 kind = \"{kind}\"\nscopes = {scopes:?}\n{person}\n"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_lists_hashes_and_no_token() {
        let file: toml::Table = toml::from_str(&file()).unwrap();
        let listed = file["token"].as_array().unwrap();
        assert_eq!(listed.len(), ALL.len());
        assert_eq!(listed[0]["subject"].as_str(), Some(FRONT_DESK));
        assert_eq!(listed[0]["scopes"].as_array().unwrap().len(), 2);
        // echo -n dev-frontdesk | sha256sum
        assert_eq!(
            listed[0]["sha256"].as_str(),
            Some("c0290f0985e474b7f26ae6ebaacdd1db4daa4dbbc0ac507f938d2c2c805b6e42")
        );
    }
}
