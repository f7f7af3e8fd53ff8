//! A caller service over fakes that know the sample caller.

use madoguchi_domain::act::Act;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_application::{
    Absence, AuditWriter, CallerPorts, CallerService, CallerSettings, Part, ServiceError,
    WhoIsCalling,
};
use madoguchi_domain::audit::ChainedEntry;
use madoguchi_domain::caller::{CallerContext, Entity, ForwardedHeaders, Found};
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::AuditLog;
use madoguchi_testkit::contract::audit_rows;
use madoguchi_testkit::fake::callers::FakeCallers;
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::fake::store::FakeStore;
use madoguchi_testkit::samples;

/// The context id of the sample caller as sent upstream: in Base64.
pub(super) const MARIA: &str = "Q1RYLU1BUklB";

/// The default deadline of an answer.
pub(super) const TIME: Duration = Duration::from_secs(2);

pub(super) struct CallerHarness {
    pub(super) callers: Arc<FakeCallers>,
    pub(super) store: FakeStore,
    pub(super) clock: ManualClock,
    pub(super) service: CallerService,
}

impl CallerHarness {
    /// A harness that knows the sample caller by the context id in Base64.
    pub(super) fn open() -> Self {
        let callers = Arc::new(FakeCallers::default());
        callers.knows_context(MARIA, samples::found_context());
        callers.knows_owner(samples::codigo_conta().expose(), samples::found_owner());
        let (store, clock) = (FakeStore::new(samples::audit_key()), ManualClock::default());
        let ports = CallerPorts {
            contexts: Arc::clone(&callers) as _,
            accounts: Arc::clone(&callers) as _,
            clock: Arc::new(clock.clone()),
            ids: Arc::new(SeededIds::new(1)),
        };
        let entity = Entity::parse("341", "341").expect("a company and a bank");
        let settings = CallerSettings { entity, context_cache_size: 100 };
        let (audit_rows, _) = AuditWriter::start(Arc::new(store.clone()) as Arc<dyn AuditLog>);
        let service = CallerService::new(ports, settings, audit_rows);
        Self { callers, store, clock, service }
    }

    /// Changes the context of the sample caller's call.
    pub(super) fn context_is(&self, change: impl FnOnce(&mut CallerContext)) {
        let Found { mut value, document } = samples::found_context();
        change(&mut value);
        self.callers.knows_context(MARIA, Found { value, document });
    }

    /// Sets the account in the context to this text.
    pub(super) fn account_reads(&self, account: &str) {
        self.context_is(|context| context.account = Some(Personal::new(account)));
    }

    pub(super) async fn who_within(&self, time: Duration) -> Result<WhoIsCalling, ServiceError> {
        let forwarded = ForwardedHeaders::of(samples::flow(9));
        self.service.who(&samples::context_query(), &forwarded, time, asker()).await
    }

    pub(super) async fn who(&self) -> WhoIsCalling {
        self.who_within(TIME).await.expect("an answer")
    }

    /// The reason why the account is missing.
    pub(super) async fn absence(&self) -> Absence {
        match self.who().await.account {
            Part::Missing(why) => why,
            there @ (Part::Fresh(_) | Part::Cached(..)) => panic!("{there:?}"),
        }
    }

    pub(super) async fn rows(&self) -> Vec<ChainedEntry> {
        audit_rows::rows(&self.store.stores()).await
    }
}

pub(super) fn asker() -> Act {
    samples::act("call-1", samples::human(), samples::start())
}
