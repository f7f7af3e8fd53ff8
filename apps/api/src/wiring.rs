//! The one place that knows which adapter stands behind which port.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use madoguchi_application::{
    DecisionLane, EffectWorker, MemberDesk, Stores, Sweeper, SweeperSettings, UpgradeDesk,
    WorkerSettings,
};
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::core_bank::{EffectPolicy, WorkerId};
use madoguchi_domain::port::{Clock, CoreBank, Ids, TokenVerifier};
use madoguchi_domain::upgrade::{QrMint, UpgradePolicy};
use madoguchi_esb::{Esb, EsbSettings, Layout};
use madoguchi_identity::StaticTokens;
use madoguchi_peer::{PeerSettings, Pem};
use madoguchi_persistence::{
    DatabaseUrl, InvalidUrl, PgSettings, PgStore, SchemaState, SqliteStore,
};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;

use crate::front::Front;
use crate::settings::{EsbLayout, EsbSection, PeerSection, Settings};
use crate::system::{SystemClock, SystemIds};

/// Says whether a text is a database's address.
pub(crate) fn check_database_url(text: &str) -> Result<(), InvalidUrl> {
    DatabaseUrl::parse(text).map(|_| ())
}

/// Says whether the configured database is a file or a server of this machine.
pub(crate) fn is_on_this_machine(settings: &Settings) -> bool {
    DatabaseUrl::parse(&settings.store.url.0).is_ok_and(|url| url.is_on_this_machine())
}

/// Brings the configured database to this version's schema; says whether it was already.
pub(crate) async fn migrate(settings: &Settings) -> anyhow::Result<bool> {
    let url = DatabaseUrl::parse(&settings.store.url.0)?;
    let before = madoguchi_persistence::migrate(&url).await.context("store.url")?;
    Ok(before == SchemaState::Current)
}

/// The program's tasks beside the HTTP server.
pub(crate) struct Tasks {
    stop: watch::Sender<bool>,
    running: Vec<JoinHandle<()>>,
    lane: JoinHandle<()>,
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tasks({})", self.running.len())
    }
}

impl Tasks {
    /// Lets every task finish what it holds. The lane ends once nobody can ask it any more.
    ///
    /// # Errors
    /// When one of them had broken down.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let _ = self.stop.send(true);
        for task in self.running {
            task.await?;
        }
        Ok(self.lane.await?)
    }

    /// Says whether a task has ended that should run for ever.
    pub(crate) fn has_ended(&self) -> Option<&'static str> {
        if self.lane.is_finished() {
            Some("the decision lane")
        } else if self.running.iter().any(JoinHandle::is_finished) {
            Some("the worker or the sweeper")
        } else {
            None
        }
    }
}

/// Builds everything behind the routes, and starts the tasks.
pub(crate) async fn build(settings: &Settings) -> anyhow::Result<(Front, Tasks)> {
    let stores = open_stores(settings).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let bank = Esb::new(esb_settings(&settings.esb), Arc::clone(&clock)).context("esb")?;
    let upgrade = &settings.upgrade;
    let policy = Arc::new(UpgradePolicy {
        target: upgrade.target.clone(),
        qr: QrMint::new(upgrade.qr_key.clone(), upgrade.qr_lifetime_s),
        transaction_ids: upgrade.transaction_ids.clone(),
    });
    let planned = Arc::new(Notify::new());
    let (lane, lane_task) = DecisionLane::start(
        Arc::clone(&stores.upgrades),
        Arc::clone(&policy),
        Arc::clone(&planned),
        settings.lane,
    );
    let upgrades = UpgradeDesk::new(
        lane,
        Arc::clone(&stores.upgrades),
        Arc::clone(&clock),
        Arc::clone(&ids),
        Arc::clone(&policy),
    );
    let pursuit = Pursuit { settings, stores: &stores, clock: &clock, ids: &ids, planned };
    let (stop, stopped) = watch::channel(false);
    let mut running = Vec::new();
    if settings.effects.worker {
        running.push(tokio::spawn(pursuit.worker(Arc::new(bank)).run(stopped.clone())));
        running.push(tokio::spawn(pursuit.sweeper(policy).run(stopped)));
    }
    let front = Front {
        runtime: Handle::current(),
        upgrades,
        members: MemberDesk::new(stores.members, Arc::clone(&clock)),
        tokens: Arc::clone(&settings.tokens.0),
        dependencies: vec![stores.health],
        ids,
        places: Arc::new(Semaphore::new(settings.server.in_flight)),
        qr_base_url: upgrade.qr_base_url.clone(),
    };
    Ok((front, Tasks { stop, running, lane: lane_task }))
}

async fn open_stores(settings: &Settings) -> anyhow::Result<Stores> {
    if settings.store.migrate_on_start {
        migrate(settings).await?;
    }
    let key = settings.audit_key.clone();
    let opened = match DatabaseUrl::parse(&settings.store.url.0)? {
        DatabaseUrl::Sqlite(path) => {
            SqliteStore::open(&path, key).await.map(|store| Stores::of(&Arc::new(store)))
        }
        DatabaseUrl::Postgres(url) => {
            let store = &settings.store;
            let pool = PgSettings { connections: store.connections, patience: store.patience };
            PgStore::open(&url, pool, key).await.map(|store| Stores::of(&Arc::new(store)))
        }
    };
    opened.context("store.url")
}

/// Reads the file of hashed access tokens.
pub(crate) fn read_tokens(path: &Path) -> Result<Arc<dyn TokenVerifier>, String> {
    let tokens = StaticTokens::read(path).map_err(|error| error.to_string())?;
    Ok(Arc::new(tokens))
}

/// Says what is wrong with how the ESB is configured, if anything is.
pub(crate) fn check_esb(esb: &EsbSection) -> Result<(), String> {
    let checked = Esb::new(esb_settings(esb), Arc::new(SystemClock));
    checked.map(|_| ()).map_err(|error| error.to_string())
}

fn esb_settings(esb: &EsbSection) -> EsbSettings {
    EsbSettings {
        channel_id: esb.channel_id.clone(),
        consumer_id: esb.consumer_id.clone(),
        user: esb.user.clone(),
        layout: match esb.layout {
            EsbLayout::Nested => Layout::Nested,
            EsbLayout::Flat => Layout::Flat,
        },
        peer: peer_settings(&esb.peer),
    }
}

fn peer_settings(peer: &PeerSection) -> PeerSettings {
    PeerSettings {
        connect_timeout: peer.connect_timeout,
        timeout: peer.timeout,
        max_reply_bytes: peer.max_reply_bytes as usize,
        allow_plaintext: peer.allow_plaintext,
        extra_roots: peer.extra_roots.clone().map(Pem::new),
        identity: peer.identity.clone().map(|pem| Pem::new(pem.0)),
        ..PeerSettings::new(peer.url.clone())
    }
}

/// What the tasks that pursue effects share.
struct Pursuit<'a> {
    settings: &'a Settings,
    stores: &'a Stores,
    clock: &'a Arc<dyn Clock>,
    ids: &'a Arc<dyn Ids>,
    planned: Arc<Notify>,
}

impl Pursuit<'_> {
    fn policy(&self) -> EffectPolicy {
        let guarantee = self.settings.esb.guarantee;
        EffectPolicy { guarantee, ..self.settings.effects.policy }
    }

    /// A name that no other running worker has.
    fn name(&self, what: &str) -> WorkerId {
        WorkerId(format!("{what}-{}", self.ids.correlation().as_str()).into())
    }

    fn worker(&self, bank: Arc<dyn CoreBank>) -> EffectWorker {
        let effects = &self.settings.effects;
        EffectWorker {
            effects: Arc::clone(&self.stores.effects),
            bank,
            clock: Arc::clone(self.clock),
            ids: Arc::clone(self.ids),
            planned: Arc::clone(&self.planned),
            settings: WorkerSettings {
                id: self.name("worker"),
                policy: self.policy(),
                finals: self.settings.esb.final_codes.clone(),
                calls: effects.calls,
                poll: effects.sweep_every,
                breaker: BreakerSettings {
                    failures: effects.breaker_failures,
                    open_for: effects.breaker_open.try_into().unwrap_or(jiff::SignedDuration::MAX),
                },
            },
        }
    }

    fn sweeper(&self, upgrade_policy: Arc<UpgradePolicy>) -> Sweeper {
        Sweeper {
            effects: Arc::clone(&self.stores.effects),
            upgrades: Arc::clone(&self.stores.upgrades),
            clock: Arc::clone(self.clock),
            ids: Arc::clone(self.ids),
            planned: Arc::clone(&self.planned),
            upgrade_policy,
            settings: SweeperSettings {
                id: self.name("sweeper"),
                policy: self.policy(),
                every: self.settings.effects.sweep_every,
                orphans_every: std::time::Duration::from_secs(600),
            },
        }
    }
}
