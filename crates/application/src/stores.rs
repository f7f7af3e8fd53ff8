//! Bundles the ports of one database by system: who embeds one system implements no other.

use std::sync::Arc;

use madoguchi_domain::port::{
    AnnouncementStore, AuditLog, ContactStore, DeliveryStore, EffectQueue, Health, HoldStore,
    MailStore, MemberStore, PersonStore, ReplayStore, ResolutionStore, RetentionReports,
    RetentionStore, UpgradeStore,
};
use madoguchi_domain::redacted;

redacted!(PlatformStores, UpgradeStores, ContactStores, DeliveryStores, ResolutionStores);
redacted!(RetentionStores);

/// The stores that every system needs.
#[derive(Clone)]
pub struct PlatformStores {
    /// The effects of every kind.
    pub effects: Arc<dyn EffectQueue>,
    /// The audit log.
    pub audit: Arc<dyn AuditLog>,
    /// The stored answers of requests with an idempotency key.
    pub replays: Arc<dyn ReplayStore>,
    /// Whether the database can be used.
    pub health: Arc<dyn Health>,
}

impl PlatformStores {
    /// The ports of one adapter that implements them all.
    #[must_use]
    pub fn of<S>(store: &Arc<S>) -> Self
    where
        S: EffectQueue + AuditLog + ReplayStore + Health + 'static,
    {
        Self {
            effects: Arc::<S>::clone(store),
            audit: Arc::<S>::clone(store),
            replays: Arc::<S>::clone(store),
            health: Arc::<S>::clone(store),
        }
    }
}

/// The stores of the account upgrade. They share one database and its transactions.
#[derive(Clone)]
pub struct UpgradeStores {
    /// The platform's stores on the same database.
    pub platform: PlatformStores,
    /// Members.
    pub members: Arc<dyn MemberStore>,
    /// Cases.
    pub upgrades: Arc<dyn UpgradeStore>,
}

impl UpgradeStores {
    /// The ports of one adapter that implements them all.
    #[must_use]
    pub fn of<S>(store: &Arc<S>) -> Self
    where
        S: MemberStore + UpgradeStore + EffectQueue + AuditLog + ReplayStore + Health + 'static,
    {
        Self {
            platform: PlatformStores::of(store),
            members: Arc::<S>::clone(store),
            upgrades: Arc::<S>::clone(store),
        }
    }
}

impl AsRef<PlatformStores> for UpgradeStores {
    fn as_ref(&self) -> &PlatformStores {
        &self.platform
    }
}

/// The stores of persons and of the contacts to them, which hold personal data. They share one
/// database and its transactions.
#[derive(Clone)]
pub struct ContactStores {
    /// The platform's stores on the same database.
    pub platform: PlatformStores,
    /// Persons and the mail settings of their accounts.
    pub persons: Arc<dyn PersonStore>,
    /// Contacts.
    pub contacts: Arc<dyn ContactStore>,
    /// The mails about contacts.
    pub mails: Arc<dyn MailStore>,
    /// Announcements.
    pub announcements: Arc<dyn AnnouncementStore>,
}

impl ContactStores {
    /// The ports of one adapter that implements them all, beside the platform's of its database.
    #[must_use]
    pub fn of<S>(platform: PlatformStores, store: &Arc<S>) -> Self
    where
        S: PersonStore + ContactStore + MailStore + AnnouncementStore + 'static,
    {
        Self {
            platform,
            persons: Arc::<S>::clone(store),
            contacts: Arc::<S>::clone(store),
            mails: Arc::<S>::clone(store),
            announcements: Arc::<S>::clone(store),
        }
    }
}

impl AsRef<PlatformStores> for ContactStores {
    fn as_ref(&self) -> &PlatformStores {
        &self.platform
    }
}

/// The stores of the delivery watch and of bounces. They share one database and its transactions.
#[derive(Clone)]
pub struct DeliveryStores {
    /// The platform's stores on the same database.
    pub platform: PlatformStores,
    /// The delivery watch and bounces.
    pub delivery: Arc<dyn DeliveryStore>,
}

impl DeliveryStores {
    /// The port of an adapter, beside the platform's of its database.
    #[must_use]
    pub fn of<S>(platform: PlatformStores, store: &Arc<S>) -> Self
    where
        S: DeliveryStore + 'static,
    {
        Self { platform, delivery: Arc::<S>::clone(store) }
    }
}

impl AsRef<PlatformStores> for DeliveryStores {
    fn as_ref(&self) -> &PlatformStores {
        &self.platform
    }
}

/// The stores of resolutions, whose reasons are sealed. They share one database and its
/// transactions.
#[derive(Clone)]
pub struct ResolutionStores {
    /// The platform's stores on the same database.
    pub platform: PlatformStores,
    /// Resolutions.
    pub resolutions: Arc<dyn ResolutionStore>,
}

impl ResolutionStores {
    /// The port of an adapter, beside the platform's of its database.
    #[must_use]
    pub fn of<S>(platform: PlatformStores, store: &Arc<S>) -> Self
    where
        S: ResolutionStore + 'static,
    {
        Self { platform, resolutions: Arc::<S>::clone(store) }
    }
}

/// The stores of retention. They share one database and its transactions with those of contacts.
#[derive(Clone)]
pub struct RetentionStores {
    /// The platform's stores on the same database.
    pub platform: PlatformStores,
    /// Completions, deletions and purges.
    pub retention: Arc<dyn RetentionStore>,
    /// Legal holds.
    pub holds: Arc<dyn HoldStore>,
    /// The lists of what is unanswered and of what was purged.
    pub reports: Arc<dyn RetentionReports>,
}

impl RetentionStores {
    /// The ports of an adapter that seals, and of one that need not, beside the platform's of their
    /// database.
    #[must_use]
    pub fn of<S, R>(platform: PlatformStores, sealed: &Arc<S>, reports: &Arc<R>) -> Self
    where
        S: RetentionStore + HoldStore + 'static,
        R: RetentionReports + 'static,
    {
        Self {
            platform,
            retention: Arc::<S>::clone(sealed),
            holds: Arc::<S>::clone(sealed),
            reports: Arc::<R>::clone(reports),
        }
    }
}

impl AsRef<PlatformStores> for RetentionStores {
    fn as_ref(&self) -> &PlatformStores {
        &self.platform
    }
}
