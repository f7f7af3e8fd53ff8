//! Walks over the contacts that retention may have to do something with, page by page.

use std::ops::ControlFlow;

use madoguchi_domain::Timestamp;
use madoguchi_domain::page::ListPosition;
use madoguchi_domain::port::{RetentionStore, StoreError};
use madoguchi_domain::retention::{
    DuePage, DueQuery, DueScope, PurgeGround, RetainedContact, RetentionPolicy, RetentionStep,
};

/// Where a walk is: first all that is kept, then what was deleted long enough ago to be purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Walk {
    scope: DueScope,
    after: Option<ListPosition>,
}

impl Walk {
    pub(super) const START: Self = Self { scope: DueScope::Kept, after: None };

    /// The position of a contact of its scope.
    pub(super) fn position(self, contact: &RetainedContact) -> ListPosition {
        contact.position(self.scope)
    }

    /// The same after this position.
    pub(super) fn after(self, position: ListPosition) -> Self {
        Self { after: Some(position), ..self }
    }

    /// Reads a page, and where the walk goes on after it; `None` at its end.
    pub(super) async fn page(
        self,
        store: &dyn RetentionStore,
        (policy, now): (&RetentionPolicy, Timestamp),
        limit: u32,
    ) -> Result<(DuePage, Option<Self>), StoreError> {
        let Self { scope, after } = self;
        let page = store.due(&DueQuery { scope, after, limit }).await?;
        let next = match (page.last, scope) {
            (Some(last), _) => Some(Self { scope, after: Some(last) }),
            (None, DueScope::Kept) => policy
                .purges_by(now)
                .map(|by| Self { scope: DueScope::Deleted { by }, after: None }),
            (None, DueScope::Deleted { .. }) => None,
        };
        Ok((page, next))
    }
}

/// What a run would do with a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlannedContact {
    /// This.
    Step(RetentionStep),
    /// It would be deleted or purged, but a legal hold covers it.
    Held,
    /// Its retention is over, and it is kept because nobody answered it.
    Unanswered,
}

impl PlannedContact {
    /// Its name in a plan.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Step(RetentionStep::Delete) => "DELETE",
            Self::Step(RetentionStep::Report) => "REPORT",
            Self::Step(RetentionStep::Purge(PurgeGround::Deleted)) => "PURGE",
            Self::Step(RetentionStep::Purge(PurgeGround::Unanswered)) => "PURGE_UNANSWERED",
            Self::Held => "HELD",
            Self::Unanswered => "UNANSWERED",
        }
    }

    /// What a run at `now` does with this contact; `None` if it has nothing to do with it.
    pub(super) fn of(
        contact: &RetainedContact,
        policy: &RetentionPolicy,
        now: Timestamp,
    ) -> Option<Self> {
        if let Some(step) = contact.step(policy, now) {
            return Some(Self::Step(step));
        }
        if contact.is_kept_by_hold(policy, now) {
            return Some(Self::Held);
        }
        contact.is_kept_unanswered(now).then_some(Self::Unanswered)
    }
}

/// Maximum contacts that are read at once.
const PAGE: u32 = 500;

/// Calls `each` with every contact that a run at `now` has to do with, as things stand, until it
/// breaks. Writes nothing.
///
/// # Errors
/// See [`StoreError`].
pub async fn plan_retention(
    store: &dyn RetentionStore,
    policy: &RetentionPolicy,
    now: Timestamp,
    mut each: impl FnMut(&RetainedContact, PlannedContact) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let mut next = Some(Walk::START);
    while let Some(walk) = next {
        let (page, rest) = walk.page(store, (policy, now), PAGE).await?;
        for contact in &page.contacts {
            if let Some(planned) = PlannedContact::of(contact, policy, now)
                && each(contact, planned).is_break()
            {
                return Ok(());
            }
        }
        next = rest;
    }
    Ok(())
}
