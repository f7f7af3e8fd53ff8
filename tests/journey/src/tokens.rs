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

/// Read persons masked.
pub const PERSON_READ: &str = "journey-token:person.read";
/// Register persons and change them.
pub const PERSON_WRITE: &str = "journey-token:person.write";
/// The scope to read persons in clear, without the one to read them at all.
const PERSON_REVEAL: &str = "journey-token:person.reveal";
/// Register, change and read persons in clear.
pub const PERSONS: &str = "journey-token-persons";

/// Read contacts.
pub const CONTACT_READ: &str = "journey-token:contact.read";
/// Write contacts.
pub const CONTACT_WRITE: &str = "journey-token:contact.write";
/// Record answers by phone.
pub const CONTACT_RESPOND: &str = "journey-token:contact.respond";
/// Approve contacts.
pub const CONTACT_APPROVE: &str = "journey-token:contact.approve";
/// The customer [`CUSTOMER`].
pub const CONTACT_ANSWER: &str = "journey-token:contact.answer";
/// My page, for any customer.
pub const CONTACT_ANSWER_ANY: &str = "journey-token:contact.answer.any";
/// The person of [`CONTACT_ANSWER`].
pub const CUSTOMER: &str = "PER-CUSTOMER";
/// Everything that people do with contacts, also as My page.
pub const CONTACTS: &str = "journey-token-contacts";
/// Everything that staff do with contacts: a program, and a back office for the persons that it
/// names.
pub const BACK_OFFICE: &str = "journey-token-back-office";

/// Write announcements.
pub const ANNOUNCEMENT_WRITE: &str = "journey-token:announcement.write";
/// Record completions of applications.
pub const APPLICATION_WRITE: &str = "journey-token:application.write";
/// Read the delivery watch.
pub const DELIVERY_READ: &str = "journey-token:delivery.read";
/// Report mails that came back.
pub const DELIVERY_WRITE: &str = "journey-token:delivery.write";

/// See effects and resolve them.
pub const OPERATOR: &str = "journey-token:operator";
/// The same for another person.
pub const OPERATOR_2: &str = "journey-token-second:operator";

/// Read persons masked, also in the name of others.
pub const DELEGATE: &str = "journey-token-delegate";

/// Read members; not in the file unless [`extra`] is added to it.
pub const EXTRA: &str = "journey-token-extra:member.read";

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

/// All tokens with one scope, which is the part after the colon.
pub const ALL: [&str; 21] = [
    MEMBER_WRITE,
    MEMBER_READ,
    OPEN,
    VERIFY,
    DECIDE,
    READ,
    CALLER,
    PERSON_READ,
    PERSON_WRITE,
    PERSON_REVEAL,
    CONTACT_READ,
    CONTACT_WRITE,
    CONTACT_RESPOND,
    CONTACT_APPROVE,
    CONTACT_ANSWER,
    CONTACT_ANSWER_ANY,
    ANNOUNCEMENT_WRITE,
    APPLICATION_WRITE,
    DELIVERY_READ,
    DELIVERY_WRITE,
    OPERATOR,
];

/// The text of `identity.tokens_file`.
#[must_use]
pub fn file() -> String {
    let scopes = "\"person.read\", \"person.reveal\", \"person.write\"";
    let delegate = for_staff(DELEGATE, "front-office", "\"person.read\", \"delegate\"");
    let of_contacts = "\"contact.read\", \"contact.write\", \"contact.respond\", \
        \"contact.approve\", \"delegate\"";
    let people = of_contacts.replace("delegate", "contact.answer.any");
    let contacts = entry_of(CONTACTS, "contacts", &people);
    let of_back_office = of_contacts.to_owned() + ", \"operator\", \"announcement.write\"";
    let back_office = for_staff(BACK_OFFICE, "back-office", &of_back_office);
    let person = "name = \"canaryname\"\nperson_id = \"canaryperson\"\n\n";
    ALL.map(entry).concat()
        + &delegate
        + &back_office
        + &contacts
        + &entry_of(OPERATOR_2, "second-operator", "\"operator\"")
        + &entry_of(PERSONS, "persons", scopes)
        + person
}

/// The entry of a program that may act in the name of staff.
fn for_staff(token: &str, name: &str, scopes: &str) -> String {
    let entry = entry_of(token, name, scopes).replace("HUMAN", "SYSTEM");
    entry.trim_end().to_owned() + "\ndelegates_for = \"journey-staff\"\n\n"
}

/// One more entry for that file, of [`EXTRA`].
#[must_use]
pub fn extra() -> String {
    entry(EXTRA)
}

fn entry(token: &str) -> String {
    let scope = token.rsplit(':').next().unwrap_or_default();
    let entry = entry_of(token, scope, &format!("\"{scope}\""));
    if token == CONTACT_ANSWER {
        return entry.trim_end().to_owned() + "\nperson_id = \"" + CUSTOMER + "\"\n\n";
    }
    entry
}

fn entry_of(token: &str, name: &str, scopes: &str) -> String {
    let hash: String = Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "[[token]]\nsha256 = \"{hash}\"\nissuer = \"journey\"\nsubject = \"{name}-agent\"\n\
         kind = \"HUMAN\"\nscopes = [{scopes}]\n\n"
    )
}
