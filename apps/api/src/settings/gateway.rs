//! What the program is told about the gateway to the two documented lookups.

use std::sync::Arc;

use super::hidden::Hidden;
use super::reader::{Section, value};
use crate::reload::UserFile;
use crate::wiring::read_passwords;

/// The gateway, as configured.
#[derive(Debug, Clone)]
pub struct GatewaySection {
    /// Who may call it.
    pub(crate) passwords: Hidden<Arc<dyn UserFile>>,
    /// The most calls that wait for a hash at once.
    pub(crate) wait: usize,
}

impl GatewaySection {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let at_once = section.or("hashes_at_once", 1, value::whole(1, 64)) as usize;
        let waiting = section.or("hashes_waiting", 32, value::whole(0, 1000)) as usize;
        let meaning = "the file of users and their hashed passwords";
        let passwords = section.required("users_file", meaning, |value| {
            read_passwords(&value::path(value)?, at_once, waiting)
        });
        let (passwords, wait) = passwords?;
        Some(Self { passwords: Hidden(passwords), wait })
    }

    /// Who guesses passwords may take half of the places, so that the other half is left for who
    /// gives verdicts.
    pub(super) fn check_places(&self, in_flight: usize) -> Result<(), String> {
        if self.wait > in_flight / 2 {
            return Err(format!(
                "hashes_at_once and hashes_waiting let {} calls wait: that must be at most half of \
                 server.in_flight, {in_flight}",
                self.wait
            ));
        }
        Ok(())
    }
}
