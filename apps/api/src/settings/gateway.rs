//! The configuration of the gateway to the two documented lookups.

use madoguchi_identity::{PasswordQueue, UserFile};

use super::reader::{Section, value};

/// The gateway, as configured.
#[derive(Debug, Clone)]
pub struct GatewaySection {
    /// Its users and their passwords.
    pub users: UserFile,
    /// How many password hashes are computed and queued at once.
    pub queue: PasswordQueue,
}

impl GatewaySection {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let at_once = section.or("max_concurrent_hashes", 1, value::whole(1, 64)) as usize;
        let waiting = section.or("max_queued_hashes", 32, value::whole(0, 1000)) as usize;
        let meaning = "the file of users and their hashed passwords";
        let users = section.required("users_file", meaning, |given| {
            UserFile::read(&value::path(given)?).map_err(|error| error.to_string())
        });
        Some(Self { users: users?, queue: PasswordQueue { at_once, waiting } })
    }

    /// Password checks may use at most half of the concurrent requests, so that guesses cannot
    /// block verdicts.
    pub(super) fn check_places(&self, max_concurrent_requests: usize) -> Result<(), String> {
        let most = self.queue.most();
        if most > max_concurrent_requests / 2 {
            return Err(format!(
                "max_concurrent_hashes and max_queued_hashes let {most} calls wait: that must be \
                 at most half of server.max_concurrent_requests, {max_concurrent_requests}"
            ));
        }
        Ok(())
    }
}
