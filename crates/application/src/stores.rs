//! Bundles the ports of one database, because an adapter opens all of them together.

use std::sync::Arc;

use madoguchi_domain::port::{AuditLog, EffectQueue, Health, MemberStore, UpgradeStore};
use madoguchi_domain::redacted;

redacted!(Stores);

/// The stores that share one database and its transactions.
#[derive(Clone)]
pub struct Stores {
    /// Members.
    pub members: Arc<dyn MemberStore>,
    /// Cases.
    pub upgrades: Arc<dyn UpgradeStore>,
    /// Core-bank effects.
    pub effects: Arc<dyn EffectQueue>,
    /// The audit log.
    pub audit: Arc<dyn AuditLog>,
    /// Whether the database can be used.
    pub health: Arc<dyn Health>,
}

impl Stores {
    /// The ports of one adapter that implements them all.
    #[must_use]
    pub fn of<S>(store: &Arc<S>) -> Self
    where
        S: MemberStore + UpgradeStore + EffectQueue + AuditLog + Health + 'static,
    {
        Self {
            members: Arc::<S>::clone(store),
            upgrades: Arc::<S>::clone(store),
            effects: Arc::<S>::clone(store),
            audit: Arc::<S>::clone(store),
            health: Arc::<S>::clone(store),
        }
    }
}
