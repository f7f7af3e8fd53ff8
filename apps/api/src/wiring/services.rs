//! Builds the services that seal what they store, and the lists of each database.

use std::sync::Arc;

use madoguchi_application::{
    AnnouncementService, AuditWriter, ContactService, DeliveryService, EffectRegistry,
    PersonService, PlannedSignal, ResolutionService, RetentionService,
};
use madoguchi_domain::port::Ids;
use tokio::sync::watch;

use super::replica::Replica;
use super::stores::{SealedStores, Stores};
use crate::app_state::{Contacts, Lists, Persons, ReplicaLists};
use crate::settings::{PersonsSection, Settings};
use crate::tasks::Named;

/// What these services share.
pub(super) struct Services<'a> {
    pub(super) settings: &'a Settings,
    pub(super) registry: EffectRegistry,
    pub(super) audit: &'a AuditWriter,
    pub(super) ids: &'a Arc<dyn Ids>,
    pub(super) planned: PlannedSignal,
}

/// The services that seal what they store; none without a key ring.
#[derive(Default)]
pub(super) struct SealedServices {
    pub(super) persons: Option<Persons>,
    pub(super) contacts: Option<Contacts>,
    pub(super) retention: Option<RetentionService>,
    pub(super) resolutions: Option<ResolutionService>,
}

impl Services<'_> {
    /// The services over these stores.
    pub(super) fn of_sealed(&self, stores: Option<SealedStores>) -> SealedServices {
        let Some(SealedStores { contacts: stores, resolutions, retention, .. }) = stores else {
            return SealedServices::default();
        };
        let ids = || Arc::clone(self.ids);
        let PersonsSection { default_region, one_per_account } = self.settings.persons;
        let service = PersonService::new(
            Arc::clone(&stores.persons),
            Arc::clone(&stores.platform.replays),
            self.audit.clone(),
            ids(),
            one_per_account,
        );
        let persons = Persons { service, region: default_region };
        let (registry, lapse_after) = (self.registry.clone(), self.settings.effects.lapse_after);
        let resolutions = ResolutionService::new(resolutions, registry, lapse_after, ids())
            .with_signal(self.planned.clone());
        let policy = Arc::clone(&self.settings.contacts.policy);
        let announcements = AnnouncementService::new(stores.clone(), Arc::clone(&policy), ids());
        let service = ContactService::new(stores, policy, ids()).with_signal(self.planned.clone());
        SealedServices {
            persons: Some(persons),
            contacts: Some(Contacts { service, announcements }),
            retention: Some(RetentionService::new(retention, ids())),
            resolutions: Some(resolutions),
        }
    }

    /// The lists on the replica, if there is one, which is watched from now on.
    pub(super) fn replica_lists(
        &self,
        replica: Option<(Replica, Stores)>,
        stopped: &watch::Receiver<bool>,
        running: &mut Vec<Named>,
    ) -> Option<ReplicaLists> {
        let (replica, stores) = replica?;
        let status = Arc::clone(&replica.status);
        running.push(replica.start(stopped.clone()));
        Some(ReplicaLists { lists: self.lists(stores), status })
    }

    fn lists(&self, stores: Stores) -> Lists {
        let SealedServices { contacts, retention, resolutions, .. } = self.of_sealed(stores.sealed);
        Lists {
            contacts,
            retention,
            delivery: DeliveryService::new(stores.delivery),
            effects: stores.upgrade.platform.effects,
            resolutions,
        }
    }
}
