//! The routes over fakes, for tests of the HTTP layer.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::web::Data;
use actix_web::{App, Error, middleware};
use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_application::{
    AnnouncementService, AuditWriter, CallerPorts, CallerService, CallerSettings, ContactService,
    ContactStores, DecisionLane, DeliveryService, DeliveryStores, GroupCommitSettings, HealthWatch,
    MemberService, PersonService, PlannedSignal, ResolutionService, ResolutionStores,
    RetentionService, UpgradeService,
};
use madoguchi_domain::actor::{ActorKind, ActorRef, Scope};
use madoguchi_domain::caller::{DacRule, Entity};
use madoguchi_domain::contact::ContactPolicy;
use madoguchi_domain::person::PersonId;
use madoguchi_domain::port::{Clock, Ids, TokenVerifier, VerifierUnavailable};
use madoguchi_domain::principal::Principal;
use madoguchi_domain::secret::AccessToken;
use madoguchi_testkit::fake::callers::FakeCallers;
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::fake::core_bank::FakeCoreBank;
use madoguchi_testkit::fake::identity::FakePasswords;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::fake::store::FakeStore;
use madoguchi_testkit::samples;
use tokio::sync::Semaphore;

use crate::app_state::{AppState, Callers, Contacts, Persons};
use crate::idempotency::Idempotency;
use crate::written_address::parse_region;
use crate::{request_log, routes};

/// A token named like a scope has that scope only; the one that answers contacts is a customer's.
/// With `@` and more text it belongs to another person. With `+delegate` it belongs to a back
/// office that may also act in the name of the others.
#[derive(Debug)]
struct OneScopeEach;

#[async_trait]
impl TokenVerifier for OneScopeEach {
    async fn verify(&self, token: &AccessToken) -> Result<Option<Principal>, VerifierUnavailable> {
        let own = token.expose().strip_suffix("+delegate");
        let name = own.unwrap_or(token.expose());
        let name = name.split_once('@').map_or(name, |(name, _)| name);
        let Some(scope) = Scope::parse(name) else { return Ok(None) };
        let kind = if own.is_some() { ActorKind::System } else { ActorKind::Human };
        let mut principal =
            Principal::new(ActorRef::new("test", token.expose(), kind), vec![scope]);
        if scope == Scope::ContactAnswer {
            principal.person = PersonId::parse("PER0001").ok();
        }
        if own.is_some() {
            principal.scopes.push(Scope::Delegate);
            principal.delegates_for = Some("test".into());
        }
        Ok(Some(principal))
    }
}

/// The state behind the routes, and the fakes it uses.
pub(crate) struct TestApp {
    pub(crate) state: Data<AppState>,
    pub(crate) callers: Arc<FakeCallers>,
    pub(crate) store: FakeStore,
    pub(crate) clock: Arc<ManualClock>,
}

/// The gateway's user and password.
pub(crate) const USER: (&str, &str) = ("chat_itau_oiap", "dev-password");

impl TestApp {
    pub(crate) fn open() -> Self {
        Self::with(|_| {})
    }

    /// Opens the app after `change` modified its state.
    pub(crate) fn with(change: impl FnOnce(&mut AppState)) -> Self {
        let store = FakeStore::new(samples::audit_key());
        let (stores, callers) = (store.stores(), Arc::new(FakeCallers::default()));
        let manual = Arc::new(ManualClock::at(samples::start()));
        let clock: Arc<dyn Clock> = Arc::clone(&manual) as _;
        let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(1));
        let policy = Arc::new(samples::policy());
        let upgrades = Arc::clone(&stores.upgrades);
        let (settings, planned) = (GroupCommitSettings::default(), PlannedSignal::default());
        let (lane, _) = DecisionLane::start(
            upgrades,
            Arc::clone(&stores.platform.replays),
            Arc::clone(&policy),
            planned,
            settings,
        );
        let upgrades = Arc::clone(&stores.upgrades);
        let upgrades =
            UpgradeService::new(lane, upgrades, Arc::clone(&clock), Arc::clone(&ids), policy);
        let ports = CallerPorts {
            contexts: Arc::clone(&callers) as _,
            accounts: Arc::clone(&callers) as _,
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
        };
        let effects = Arc::clone(&stores.platform.effects);
        let resolutions = resolutions(&store, &ids);
        let entity = Entity::parse("341", "341").unwrap();
        let (trail, _) = AuditWriter::start(stores.platform.audit);
        let replays = stores.platform.replays;
        let contact_stores = store.contact_stores();
        let contacts = contacts(&contact_stores, &ids);
        let persons = contact_stores.persons;
        let persons = PersonService::new(
            persons,
            Arc::clone(&replays),
            trail.clone(),
            Arc::clone(&ids),
            true,
        );
        let persons = Persons { service: persons, region: parse_region("JP").unwrap() };
        let service =
            CallerService::new(ports, CallerSettings { entity, context_cache_size: 10 }, trail);
        let (user, password) = USER;
        let mut state = AppState {
            runtime: tokio::runtime::Handle::current(),
            upgrades,
            members: MemberService::new(stores.members, replays),
            callers: Some(Callers { service, dac: DacRule::Refuse }),
            persons: Some(persons),
            contacts: Some(contacts),
            retention: Some(RetentionService::new(store.retention_stores(), Arc::clone(&ids))),
            delivery: delivery(&store),
            effects,
            resolutions: Some(resolutions),
            replica: None,
            tokens: Arc::new(OneScopeEach),
            passwords: Some(Arc::new(FakePasswords::knowing(user, password, samples::system()))),
            dependencies: vec![Arc::new(HealthWatch::new(stores.platform.health))],
            idempotency: Idempotency::new(samples::audit_key()),
            ids,
            clock,
            places: Arc::new(Semaphore::new(64)),
            qr_base_url: "https://bank.example".into(),
            decision_timeout: std::time::Duration::from_secs(10),
            body_timeout: std::time::Duration::from_secs(10),
            stopping: Arc::default(),
        };
        change(&mut state);
        Self { state: Data::new(state), callers, store, clock: manual }
    }
}

fn contacts(stores: &ContactStores, ids: &Arc<dyn Ids>) -> Contacts {
    contacts_by(samples::contact_policy(), stores, ids)
}

/// Contacts and announcements under this policy.
pub(crate) fn contacts_by(
    policy: ContactPolicy,
    stores: &ContactStores,
    ids: &Arc<dyn Ids>,
) -> Contacts {
    // Only the mails about announcements have examples.
    let mailed = ContactPolicy { mail: Some(samples::mail_rules()), ..policy.clone() };
    let service = ContactService::new(stores.clone(), Arc::new(policy), Arc::clone(ids));
    let announcements = AnnouncementService::new(stores.clone(), Arc::new(mailed), Arc::clone(ids));
    Contacts { service, announcements }
}

fn delivery(store: &FakeStore) -> DeliveryService {
    let platform = store.stores().platform;
    DeliveryService::new(DeliveryStores::of(platform, &Arc::new(store.clone())))
}

fn resolutions(store: &FakeStore, ids: &Arc<dyn Ids>) -> ResolutionService {
    ResolutionService::new(
        ResolutionStores::of(store.stores().platform, &Arc::new(store.clone())),
        samples::registry(Arc::new(FakeCoreBank::default())),
        SignedDuration::from_hours(72),
        Arc::clone(ids),
    )
}

/// The server over this state.
pub(crate) fn app(
    state: Data<AppState>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new().app_data(state).wrap(middleware::from_fn(request_log::note)).configure(|config| {
        let document = routes::document("/source").unwrap();
        routes::serve(config, "/source", Some(document.into()));
    })
}
