//! The server's own keys, which must stay the same on one database, and what is remembered of them.

use crate::act::Act;
use crate::audit::{Action, AuditEntry, Subject};
use crate::change::Change;
use crate::closed_set::closed_set;
use crate::redacted;
use crate::secret::SecretKey;

closed_set! {
    /// A key of the server's configuration.
    pub enum ServerKey {
        /// Derives transaction ids, and what is stored of idempotency keys.
        DeploymentSalt = "deployment_salt",
        /// Chains the audit log.
        AuditKey = "audit_key",
        /// Derives the codes of upgrade links.
        QrKey = "qr_key",
    }
}

impl ServerKey {
    /// Whether another key contradicts what the database holds. Under another QR key only the codes
    /// of the last minutes cannot be shown again.
    #[must_use]
    pub const fn must_stay(self) -> bool {
        match self {
            Self::DeploymentSalt | Self::AuditKey => true,
            Self::QrKey => false,
        }
    }
}

/// HMAC of the name of a key under that key: two are equal only for the same key, and neither tells
/// anything else about it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyFingerprint(pub [u8; 32]);

redacted!(KeyFingerprint);

/// Which key of the server was, or is, the one with this fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FingerprintedKey {
    /// Which key.
    pub name: ServerKey,
    /// Its fingerprint.
    pub fingerprint: KeyFingerprint,
}

impl FingerprintedKey {
    /// What is remembered of this key.
    #[must_use]
    pub fn of(name: ServerKey, key: &SecretKey) -> Self {
        let fingerprint = KeyFingerprint(key.mac(&[b"fingerprint", name.as_str().as_bytes()]));
        Self { name, fingerprint }
    }
}

/// Remembers a key. Lost unless exactly `before` is stored under its name; `None` for a name under
/// which nothing is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyWrite {
    /// What was remembered.
    pub before: Option<KeyFingerprint>,
    /// What is remembered from now on.
    pub after: FingerprintedKey,
}

/// A key was remembered for the first time.
const REMEMBERED: Action = Action::of("server_key.remembered");
/// Another key than before was accepted.
const REPLACED: Action = Action::of("server_key.replaced");

/// How the configured keys differ from what a database remembers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyComparison {
    /// Keys of which nothing is remembered.
    pub new: Vec<FingerprintedKey>,
    /// Keys that are not the remembered ones, each with what is remembered.
    pub changed: Vec<(KeyFingerprint, FingerprintedKey)>,
}

impl KeyComparison {
    /// Compares the configured keys with the remembered ones.
    #[must_use]
    pub fn of(configured: &[FingerprintedKey], remembered: &[FingerprintedKey]) -> Self {
        let mut found = Self::default();
        for key in configured {
            match remembered.iter().find(|it| it.name == key.name) {
                None => found.new.push(*key),
                Some(same) if same == key => {}
                Some(before) => found.changed.push((before.fingerprint, *key)),
            }
        }
        found
    }

    /// The changes that remember the new keys, and with `accept_changed` also those that replace
    /// another one. Each is audited.
    #[must_use]
    pub fn changes(&self, accept_changed: bool, act: &Act) -> Vec<Change<KeyWrite>> {
        let new = self.new.iter().map(|key| (None, *key));
        let changed = self.changed.iter().map(|(before, key)| (Some(*before), *key));
        let changed = changed.filter(|_| accept_changed);
        let change = |(before, after): (Option<KeyFingerprint>, FingerprintedKey)| {
            let action = if before.is_none() { REMEMBERED } else { REPLACED };
            let subject = Subject::new("server_key", after.name.as_str());
            let audit = AuditEntry::new(action, subject, "", act);
            Change::new(KeyWrite { before, after }, audit)
        };
        new.chain(changed).map(change).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::actor::{ActorKind, ActorRef};
    use crate::correlation::CorrelationId;

    fn key(name: ServerKey, byte: u8) -> FingerprintedKey {
        FingerprintedKey::of(name, &SecretKey::parse(&[byte; 32]).unwrap())
    }

    #[test]
    fn a_fingerprint_belongs_to_one_key_and_one_name() {
        let all = [(ServerKey::AuditKey, 1), (ServerKey::AuditKey, 2), (ServerKey::QrKey, 1)];
        let all = all.map(|(name, byte)| key(name, byte).fingerprint);
        assert!(all[0] != all[1] && all[0] != all[2] && all[1] != all[2]);
        assert_eq!(key(ServerKey::AuditKey, 1).fingerprint, all[0]);
        let as_documented = SecretKey::parse(&[1; 32]).unwrap().mac(&[b"fingerprint", b"qr_key"]);
        assert_eq!(all[2].0, as_documented);
        assert_eq!(format!("{:?}", all[0]), "KeyFingerprint(***)");
    }

    #[test]
    fn new_keys_are_remembered_and_others_only_if_accepted() {
        let [salt, audit, other] = [
            key(ServerKey::DeploymentSalt, 1),
            key(ServerKey::AuditKey, 2),
            key(ServerKey::AuditKey, 3),
        ];
        let act = Act::new(
            ActorRef::new(ActorRef::OWN_ISSUER, "serve", ActorKind::System),
            Timestamp::UNIX_EPOCH,
            CorrelationId::parse("c").unwrap(),
        );
        let same = KeyComparison::of(&[salt, audit], &[audit, salt]);
        assert_eq!(same, KeyComparison::default());
        assert_eq!(same.changes(true, &act), []);

        let found = KeyComparison::of(&[salt, other], &[audit]);
        assert_eq!(
            (&*found.new, &*found.changed),
            (&[salt][..], &[(audit.fingerprint, other)][..])
        );
        let [first] = &found.changes(false, &act)[..] else { panic!("one is new") };
        assert_eq!(first.write, KeyWrite { before: None, after: salt });
        assert_eq!(first.audit.action.as_str(), "server_key.remembered");
        assert_eq!(first.audit.subject, Subject::new("server_key", "deployment_salt"));
        let all = found.changes(true, &act);
        assert_eq!(all[1].write, KeyWrite { before: Some(audit.fingerprint), after: other });
        assert_eq!(all[1].audit.action.as_str(), "server_key.replaced");
        assert_eq!((all.len(), &all[0]), (2, first));
    }

    #[test]
    fn only_another_qr_key_is_harmless() {
        let must_stay = ServerKey::ALL.map(|it| (it.as_str(), it.must_stay()));
        let expected = [("deployment_salt", true), ("audit_key", true), ("qr_key", false)];
        assert_eq!(must_stay, expected);
    }
}
