//! Verifies passwords against a file with their argon2id hashes and actors.

mod hash;
mod queue;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::try_generate_salt;
use async_trait::async_trait;
use madoguchi_domain::actor::ActorRef;
use madoguchi_domain::port::{PasswordVerifier, VerifierUnavailable};
use madoguchi_domain::secret::{Credentials, SecretKey};
use serde::Deserialize;

use madoguchi_files::{self as files, FileContent, FileError, ParsedFile, Readers};

use crate::actor::{KEYS, actor};
use hash::SlowHash;
use queue::{Digest, Queue};

pub use hash::{UnhashablePassword, hash_password};
pub use queue::PasswordQueue;

/// Users, stored with the hash of their password.
///
/// Hashes are slow on purpose. They are computed in a bounded queue, once for all concurrent calls
/// with the same credentials. Recently verified credentials are recognised by a keyed digest
/// without a hash. Passwords must be random: while credentials are cached, the slow hash does not
/// limit guesses of them. Missing, unknown and wrong credentials each cost one hash, so they take
/// the same time.
pub struct StaticPasswords {
    file: FileContent<Users>,
    queue: Queue,
    /// A random key of this process, for digests of credentials.
    key: SecretKey,
}

/// A user file that was read and parsed.
#[derive(Clone)]
pub struct UserFile(ParsedFile<Users>);

struct Users {
    known: HashMap<Vec<u8>, User>,
    /// The hash that the password of an unknown user is compared with.
    decoy: Arc<SlowHash>,
}

struct User {
    who: ActorRef,
    hash: Arc<SlowHash>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    user: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    user_name: String,
    password_hash: String,
    issuer: String,
    subject: String,
    kind: String,
}

/// How long correct credentials are accepted without a hash after their last use.
const VERIFIED_FOR: Duration = Duration::from_secs(60);

impl UserFile {
    /// Reads the file.
    ///
    /// # Errors
    /// If it cannot be read, is readable by others or writable by others than its owner, or it is
    /// invalid or has no user.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        ParsedFile::read(path, Readers::Group, Users::parse).map(Self)
    }
}

impl StaticPasswords {
    /// Accepts the users of this file.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn new(file: UserFile, queue: PasswordQueue) -> Result<Self, FileError> {
        let file = FileContent::new(file.0);
        let no_random = || FileError::new("the system gives no random numbers");
        let half = || try_generate_salt().map_err(|_| no_random());
        let key = SecretKey::parse(&[half()?, half()?].concat()).map_err(|_| no_random())?;
        Ok(Self { file, queue: Queue::new(queue, VERIFIED_FOR), key })
    }

    /// Reloads the file; then only its users are known.
    ///
    /// # Errors
    /// As [`UserFile::read`]; the previous users stay known.
    pub fn reload(&self) -> Result<(), FileError> {
        self.file.reload()
    }

    /// Contains the compared hash, so that a user whose hash was changed is not recalled.
    fn digest(&self, presented: &Credentials, hash: &SlowHash) -> Digest {
        self.key.mac(&[b"verified", presented.user(), presented.password(), hash.as_bytes()])
    }
}

impl Users {
    fn parse(text: &str) -> Result<Self, FileError> {
        let file: File = files::parse(text, KEYS)?;
        let mut known: HashMap<Vec<u8>, User> = HashMap::new();
        let mut decoy: Option<Arc<SlowHash>> = None;
        for (number, row) in (1..).zip(file.user) {
            let place = format!("user number {number}");
            let (name, user) = row.parse().map_err(|error| error.at(&place))?;
            let first = decoy.get_or_insert_with(|| Arc::clone(&user.hash));
            if !first.costs_as_much_as(&user.hash) {
                // With different costs, the response time would reveal the user name.
                let why = "password_hash must have the same m, t and p as the first one";
                return Err(FileError::new(why).at(place));
            }
            if known.insert(name.into_bytes(), user).is_some() {
                return Err(FileError::new("user_name is given twice").at(place));
            }
        }
        let decoy =
            decoy.ok_or_else(|| FileError::new("no user, so nobody could call: add a [[user]]"))?;
        Ok(Self { known, decoy })
    }

    /// The user with this name, and the hash that the password must match.
    fn find(&self, name: &[u8]) -> (Option<&User>, &Arc<SlowHash>) {
        let user = self.known.get(name);
        (user, user.map_or(&self.decoy, |user| &user.hash))
    }
}

impl Row {
    fn parse(self) -> Result<(String, User), FileError> {
        let name = self.user_name;
        let visible = name.bytes().all(|b| b.is_ascii_graphic());
        if name.is_empty() || name.len() > 128 || !visible {
            let rule = "user_name must be 1 to 128 visible ASCII characters";
            return Err(FileError::new(rule));
        }
        let who = actor(&self.issuer, &self.subject, &self.kind)?;
        let hash = SlowHash::parse(&self.password_hash).map_err(FileError::new)?;
        Ok((name, User { who, hash: Arc::new(hash) }))
    }
}

#[async_trait]
impl PasswordVerifier for StaticPasswords {
    async fn verify(
        &self,
        presented: &Credentials,
    ) -> Result<Option<ActorRef>, VerifierUnavailable> {
        let users = self.file.current();
        let (user, hash) = users.find(presented.user());
        let digest = self.digest(presented, hash);
        if let Some(user) = user
            && self.queue.recalls(&digest).await
        {
            count("cached");
            return Ok(Some(user.who.clone()));
        }
        let hash = Arc::clone(hash);
        let known = user.is_some();
        let password = presented.password().to_vec();
        // `&` does not short-circuit, so an unknown user costs the same time.
        let judged =
            self.queue.run(digest, move || hash.is_of(&password) & known & !password.is_empty());
        let right = judged.await.inspect_err(|VerifierUnavailable| count("overloaded"))?;
        count(if right { "accepted" } else { "rejected" });
        Ok(user.filter(|_| right).map(|user| user.who.clone()))
    }
}

/// `cached`: recognised without a hash. `overloaded`: rejected, or no hash could be computed.
fn count(outcome: &'static str) {
    metrics::counter!("madoguchi_gateway_logins_total", "outcome" => outcome).increment(1);
}

impl fmt::Debug for UserFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserFile({} users)", self.0.content().known.len())
    }
}

impl fmt::Debug for StaticPasswords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StaticPasswords({} users)", self.file.current().known.len())
    }
}

#[cfg(test)]
mod tests;
