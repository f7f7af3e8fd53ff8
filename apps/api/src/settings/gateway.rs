//! What the program is told about the gateway to the two documented lookups.

use std::sync::Arc;

use madoguchi_domain::port::PasswordVerifier;

use super::hidden::Hidden;
use super::reader::{Section, value};
use crate::wiring::read_passwords;

/// The gateway, as configured.
#[derive(Debug, Clone)]
pub struct GatewaySection {
    /// Who may call it.
    pub(crate) passwords: Hidden<Arc<dyn PasswordVerifier>>,
}

impl GatewaySection {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let at_once = section.or("hashes_at_once", 1, value::whole(1, 64)) as usize;
        let waiting = section.or("hashes_waiting", 32, value::whole(0, 10_000)) as usize;
        let meaning = "the file of users and their hashed passwords";
        let passwords = section.required("users_file", meaning, |value| {
            read_passwords(&value::path(value)?, at_once, waiting)
        });
        Some(Self { passwords: Hidden(passwords?) })
    }
}
