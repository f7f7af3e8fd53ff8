//! The composition root: the only file that knows which adapter implements which port.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use madoguchi_application::{
    AuditWriter, CallerPorts, CallerService, CallerSettings, DecisionLane, MemberService,
    UpgradeService, UpgradeStores,
};
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::port::{AuditLog, CallerContexts, Clock, Ids};
use madoguchi_domain::upgrade::{QrMint, UpgradePolicy};
use madoguchi_esb::{Esb, EsbSettings, Layout};
use madoguchi_identity::{PasswordQueue, StaticPasswords, StaticTokens};
use madoguchi_itau::{Itau, ItauSettings};
use madoguchi_persistence::{
    DatabaseUrl, InvalidUrl, PgSettings, PgStore, SchemaState, SqliteStore,
};
use madoguchi_upstream::{HttpUpstream, Pem, UpstreamSettings};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;

use crate::app_state::{AppState, Callers};
use crate::effect_tasks::{EffectTasks, signed};
use crate::reload::{Reload, TokenFile, UserFile};
use crate::settings::{EsbLayout, EsbSection, ItauSection, Settings, UpstreamSection};
use crate::system::{SystemClock, SystemIds};
use crate::tasks::Tasks;

// Values and rules that routes share with adapters; the adapters stay behind their ports.
pub(crate) use madoguchi_upstream::{Charset, is_too_deep};

/// Checks that a text is a database URL.
pub(crate) fn check_database_url(text: &str) -> Result<(), InvalidUrl> {
    DatabaseUrl::parse(text).map(|_| ())
}

/// Whether the configured database is a file or a server on this machine.
pub(crate) fn is_on_this_machine(settings: &Settings) -> bool {
    DatabaseUrl::parse(&settings.store.url.0).is_ok_and(|url| url.is_on_this_machine())
}

/// Migrates the configured database to this version's schema; true if it was current already.
pub(crate) async fn migrate(settings: &Settings) -> anyhow::Result<bool> {
    let url = DatabaseUrl::parse(&settings.store.url.0)?;
    let before = madoguchi_persistence::migrate(&url).await.context("store.url")?;
    Ok(before == SchemaState::Current)
}

/// Builds everything behind the routes and starts the tasks.
pub(crate) async fn build(settings: &Settings) -> anyhow::Result<(AppState, Tasks)> {
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
        settings.group_commit,
    );
    let upgrades = UpgradeService::new(
        lane,
        Arc::clone(&stores.upgrades),
        Arc::clone(&clock),
        Arc::clone(&ids),
        Arc::clone(&policy),
    );
    let effect_tasks = EffectTasks { settings, stores: &stores, clock: &clock, ids: &ids, planned };
    let (stop, stopped) = watch::channel(false);
    let mut running = Vec::new();
    if settings.effects.worker {
        let registry = effect_tasks.registry(Arc::new(bank), policy);
        for delivery in registry.deliveries() {
            let worker = effect_tasks.worker(delivery).run(stopped.clone());
            running.push(("an effect worker", tokio::spawn(worker)));
        }
        running.push(("the sweeper", tokio::spawn(effect_tasks.sweeper(registry).run(stopped))));
    }
    let mut asked = vec![("the decision lane", lane_task)];
    let callers = match &settings.itau {
        Some(itau) => {
            let (callers, task) = callers(itau, &stores.platform.audit, &clock, &ids)?;
            asked.push(("the audit writer", task));
            Some(callers)
        }
        None => None,
    };
    let state = AppState {
        runtime: Handle::current(),
        upgrades,
        members: MemberService::new(stores.members),
        callers,
        tokens: Arc::clone(&settings.tokens.0) as _,
        passwords: settings.gateway.as_ref().map(|it| Arc::clone(&it.passwords.0) as _),
        dependencies: vec![stores.platform.health],
        ids,
        clock,
        places: Arc::new(Semaphore::new(settings.server.max_concurrent_requests)),
        qr_base_url: upgrade.qr_base_url.clone(),
        body_timeout: settings.server.connections.timeouts.body,
        stopping: Arc::default(),
    };
    Ok((state, Tasks { stop, running, asked }))
}

async fn open_stores(settings: &Settings) -> anyhow::Result<UpgradeStores> {
    if settings.store.migrate_on_start {
        migrate(settings).await?;
    }
    let key = settings.audit_key.clone();
    let opened = match DatabaseUrl::parse(&settings.store.url.0)? {
        DatabaseUrl::Sqlite(path) => {
            SqliteStore::open(&path, key).await.map(|store| UpgradeStores::of(&Arc::new(store)))
        }
        DatabaseUrl::Postgres(url) => {
            let store = &settings.store;
            let pool =
                PgSettings { connections: store.connections, pool_timeout: store.pool_timeout };
            PgStore::open(&url, pool, key).await.map(|store| UpgradeStores::of(&Arc::new(store)))
        }
    };
    opened.context("store.url")
}

/// Reads a file that contains a plain-text secret.
pub(crate) fn read_secret(path: &Path) -> Result<Vec<u8>, String> {
    madoguchi_identity::read_secret(path).map_err(|error| error.to_string())
}

/// Reads the file of hashed access tokens.
pub(crate) fn read_tokens(path: &Path) -> Result<Arc<dyn TokenFile>, String> {
    let tokens = StaticTokens::read(path).map_err(|error| error.to_string())?;
    Ok(Arc::new(tokens))
}

/// Reads the user file with its password hashes; also returns how many calls may wait for a hash.
pub(crate) fn read_passwords(
    path: &Path,
    at_once: usize,
    waiting: usize,
) -> Result<(Arc<dyn UserFile>, usize), String> {
    let queue = PasswordQueue { at_once, waiting };
    let passwords = StaticPasswords::read(path, queue).map_err(|error| error.to_string())?;
    Ok((Arc::new(passwords), queue.most()))
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

/// Hashes a password for a user file.
///
/// # Errors
/// When it is too short, or contains characters that a header cannot carry.
pub fn hash_password(password: &str) -> anyhow::Result<String> {
    Ok(madoguchi_identity::hash_password(password)?)
}

/// Checks how an upstream is configured; the error says what is wrong.
pub(crate) fn check_upstream(upstream: &UpstreamSection) -> Result<(), String> {
    HttpUpstream::new(upstream_settings(upstream)).map(|_| ()).map_err(|error| error.to_string())
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
        upstream: upstream_settings(&esb.upstream),
    }
}

fn itau_settings(itau: &ItauSection) -> ItauSettings {
    let usual = ItauSettings::new("", itau.credentials.clone());
    let upstream = UpstreamSettings {
        connections: usual.upstream.connections,
        ..upstream_settings(&itau.upstream)
    };
    ItauSettings {
        upstream,
        app_key: itau.app_key.clone(),
        max_retries: itau.max_retries,
        max_concurrent_calls: itau.max_concurrent_calls,
        max_queue: itau.max_queue,
        breaker: BreakerSettings::steady(itau.breaker_failures, signed(itau.breaker_open)),
        ..usual
    }
}

/// The caller service, with the task that audits its lookups.
fn callers(
    itau: &ItauSection,
    audit: &Arc<dyn AuditLog>,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn Ids>,
) -> anyhow::Result<(Callers, JoinHandle<()>)> {
    let both = Arc::new(
        Itau::new(itau_settings(itau), Arc::clone(clock), Arc::clone(ids)).context("itau")?,
    );
    let ports = CallerPorts {
        contexts: Arc::clone(&both) as Arc<dyn CallerContexts>,
        accounts: both,
        clock: Arc::clone(clock),
        ids: Arc::clone(ids),
    };
    let settings =
        CallerSettings { entity: itau.entity.clone(), context_cache_size: itau.context_cache_size };
    let (trail, task) = AuditWriter::start(Arc::clone(audit));
    Ok((Callers { service: CallerService::new(ports, settings, trail), dac: itau.dac }, task))
}

fn upstream_settings(upstream: &UpstreamSection) -> UpstreamSettings {
    UpstreamSettings {
        connect_timeout: upstream.connect_timeout,
        timeout: upstream.timeout,
        max_reply_bytes: upstream.max_reply_bytes as usize,
        charset: upstream.charset,
        allow_plaintext: upstream.allow_plaintext,
        extra_roots: upstream.extra_roots.clone().map(Pem::new),
        identity: upstream.identity.clone().map(|pem| Pem::new(pem.0)),
        ..UpstreamSettings::new(upstream.url.clone())
    }
}
