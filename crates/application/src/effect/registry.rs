//! The registered kinds of effects, and the hooks that find missing ones.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_domain::act::Act;
use madoguchi_domain::consequence::Consequence;
use madoguchi_domain::effect::{Effect, EffectKind, EffectOrder, EffectPolicy, Inquired, Outcome};
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::port::StoreError;

/// How one kind of effect is delivered, and what follows from it.
#[async_trait]
pub trait Delivery: Send + Sync {
    /// The kind.
    fn kind(&self) -> EffectKind;

    /// The policy of the kind.
    fn policy(&self) -> &EffectPolicy;

    /// The maximum duration of [`deliver`](Self::deliver). A worker that stops waits no longer.
    /// A call that lasts twice as long as a lease and the settle time is dropped: its outcome is
    /// unknown. No delivery starts that may outlive its lease, so this must be well
    /// below the lease, which also covers the claim's commit.
    fn call_lasts(&self) -> SignedDuration;

    /// Whether this version can deliver the order. One that a later version of this program planned
    /// is left to a process of that version: it is not sent, and not swept.
    fn supports(&self, order: &EffectOrder) -> bool {
        let _ = order;
        true
    }

    /// Sends the order at most once, or withdraws it, and says what that proved. An order that
    /// cannot be parsed is `NotSent(NotEncodable)`.
    async fn deliver(&self, effect: &Effect) -> Outcome;

    /// Asks the other system whether it has applied the order, and changes nothing there. It lasts
    /// at most as long as a delivery.
    async fn inquire(&self, effect: &Effect) -> Inquired {
        let _ = effect;
        Inquired::NotSupported
    }

    /// What else becomes true with a transition to this state, decided by the domain.
    ///
    /// # Errors
    /// When the order cannot be parsed: the effect is set aside instead.
    fn consequence(&self, after: &Effect) -> Result<Option<Consequence>, InvalidField> {
        let _ = after;
        Ok(None)
    }
}

/// Finds records whose effect is missing, and plans it.
#[async_trait]
pub trait FindMissing: Send + Sync {
    /// Plans at most `limit` missing effects in the name of `act`; returns how many it
    /// planned.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn plan_missing(&self, act: &Act, limit: u32) -> Result<usize, StoreError>;
}

/// Every kind of effect of a program, with its hooks.
#[derive(Clone, Default)]
pub struct EffectRegistry {
    deliveries: Vec<Arc<dyn Delivery>>,
    hooks: Vec<Arc<dyn FindMissing>>,
}

impl EffectRegistry {
    /// Adds a kind.
    ///
    /// # Panics
    /// When the kind is registered already.
    #[must_use]
    pub fn with(mut self, delivery: Arc<dyn Delivery>) -> Self {
        let kind = delivery.kind();
        let is_known = self.deliveries.iter().any(|known| known.kind() == kind);
        assert!(!is_known, "the kind {kind} is registered once");
        self.deliveries.push(delivery);
        self
    }

    /// Adds a hook that finds missing effects.
    #[must_use]
    pub fn with_hook(mut self, hook: Arc<dyn FindMissing>) -> Self {
        self.hooks.push(hook);
        self
    }

    /// The registered kinds. Each gets a worker of its own, so that they do not delay each other.
    #[must_use]
    pub fn deliveries(&self) -> &[Arc<dyn Delivery>] {
        &self.deliveries
    }

    /// The delivery of this kind.
    #[must_use]
    pub fn of(&self, kind: &EffectKind) -> Option<&Arc<dyn Delivery>> {
        self.deliveries.iter().find(|delivery| delivery.kind() == *kind)
    }

    pub(super) fn hooks(&self) -> &[Arc<dyn FindMissing>] {
        &self.hooks
    }
}

impl fmt::Debug for EffectRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = self.deliveries.iter().map(|delivery| delivery.kind());
        f.debug_list().entries(kinds).finish()
    }
}
