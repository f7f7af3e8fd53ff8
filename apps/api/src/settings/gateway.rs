//! The configuration of the gateway to the two documented lookups.

use std::sync::Arc;

use super::hidden::Hidden;
use super::reader::{Section, value};
use crate::reload::UserFile;
use crate::wiring::read_passwords;

/// The gateway, as configured.
#[derive(Debug, Clone)]
pub struct GatewaySection {
    /// Its users and their passwords.
    pub(crate) passwords: Hidden<Arc<dyn UserFile>>,
    /// Maximum number of calls that wait for a password hash.
    pub(crate) wait: usize,
}

impl GatewaySection {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let at_once = section.or("max_concurrent_hashes", 1, value::whole(1, 64)) as usize;
        let waiting = section.or("max_queued_hashes", 32, value::whole(0, 1000)) as usize;
        let meaning = "the file of users and their hashed passwords";
        let passwords = section.required("users_file", meaning, |value| {
            read_passwords(&value::path(value)?, at_once, waiting)
        });
        let (passwords, wait) = passwords?;
        Some(Self { passwords: Hidden(passwords), wait })
    }

    /// Password checks may use at most half of the concurrent requests, so that guesses cannot
    /// block verdicts.
    pub(super) fn check_places(&self, max_concurrent_requests: usize) -> Result<(), String> {
        if self.wait > max_concurrent_requests / 2 {
            return Err(format!(
                "max_concurrent_hashes and max_queued_hashes let {} calls wait: that must be at \
                 most half of server.max_concurrent_requests, {max_concurrent_requests}",
                self.wait
            ));
        }
        Ok(())
    }
}
