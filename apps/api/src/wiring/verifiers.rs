//! Builds the verifiers of tokens and passwords, whose files can be reloaded.

use std::sync::Arc;

use anyhow::Context;
use madoguchi_domain::port::{PasswordVerifier, TokenVerifier};
use madoguchi_identity::{StaticPasswords, StaticTokens};

use crate::reload::{Reload, ReloadableFile};
use crate::settings::Settings;

/// The verifiers, and their files.
pub(super) struct Verifiers {
    pub(super) tokens: Arc<dyn TokenVerifier>,
    /// Absent when there is no gateway.
    pub(super) passwords: Option<Arc<dyn PasswordVerifier>>,
    pub(super) files: Vec<ReloadableFile>,
}

impl Verifiers {
    pub(super) fn build(settings: &Settings) -> anyhow::Result<Self> {
        let tokens = Arc::new(StaticTokens::new(settings.tokens.clone()));
        let mut files: Vec<ReloadableFile> = vec![("tokens", Arc::clone(&tokens) as _)];
        let mut passwords: Option<Arc<dyn PasswordVerifier>> = None;
        if let Some(gateway) = &settings.gateway {
            let users = StaticPasswords::new(gateway.users.clone(), gateway.queue);
            let users = Arc::new(users.context("gateway")?);
            files.push(("users", Arc::clone(&users) as _));
            passwords = Some(users);
        }
        Ok(Self { tokens, passwords, files })
    }
}

impl Reload for StaticTokens {
    fn reload(&self) -> Result<(), String> {
        Self::reload(self).map_err(|error| error.to_string())
    }
}

impl Reload for StaticPasswords {
    fn reload(&self) -> Result<(), String> {
        Self::reload(self).map_err(|error| error.to_string())
    }
}
