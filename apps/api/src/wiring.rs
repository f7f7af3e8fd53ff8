//! The composition root: the only files that know which adapter implements which port.

mod callers;
mod effects;
mod jobs;
mod mailer;
mod replica;
mod retention;
mod server_keys;
mod services;
mod stores;
mod upgrades;
mod vault;
mod verifiers;

use std::num::NonZeroU32;
use std::sync::Arc;

use anyhow::{Context, ensure};
use madoguchi_application::{
    AuditWriter, DeliveryService, HealthWatch, MemberService, PlannedSignal, Reconciliation,
};
use madoguchi_domain::port::{Clock, CoreBank, Health, Ids};
use madoguchi_esb::Esb;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

use crate::app_state::AppState;
use crate::idempotency::Idempotency;
use crate::reload::ReloadableFiles;
use crate::settings::Settings;
use crate::system::{SystemClock, SystemIds};
use crate::tasks::{Named, Tasks};
use effects::EffectTasks;
use jobs::Jobs;
use services::Services;
use stores::Stores;
use upgrades::UpgradeParts;
use vault::OpenVault;
use verifiers::Verifiers;

pub(crate) use madoguchi_persistence::crm_role_script;
pub(crate) use mailer::{preview as preview_mail, read_report};
pub use retention::Retention;
pub(crate) use stores::{backup, migrate, restore};
pub(crate) use vault::{KeyTools, create_key};

/// Everything behind the listeners.
pub(crate) struct Built {
    pub(crate) state: AppState,
    pub(crate) tasks: Tasks,
    pub(crate) files: ReloadableFiles,
}

/// Builds everything behind the routes and starts the tasks.
pub(crate) async fn build(settings: &Settings) -> anyhow::Result<Built> {
    let vault = settings.vault.as_ref().map(OpenVault::open).transpose()?;
    let sealer = vault.as_ref().map(OpenVault::sealer);
    let (stores, replica) = stores::open(settings, sealer.as_ref()).await?;
    let Stores { upgrade: stores, delivery, data_keys, leases, server_keys, sealed } = stores;
    let Verifiers { tokens, passwords, mut files } = Verifiers::build(settings)?;
    files.extend(vault.iter().map(|it| ("key_ring", Arc::new(it.clone()) as _)));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let policy = Arc::new(settings.upgrade.policy.clone());
    let planned = PlannedSignal::default();
    let parts = UpgradeParts { settings, stores: &stores, clock: &clock, ids: &ids };
    let (upgrades, lane_task) = parts.start(&policy, &planned);
    let effect_tasks = EffectTasks {
        settings,
        stores: &stores,
        contacts: sealed.as_ref().map(|it| &it.contacts),
        clock: &clock,
        ids: &ids,
        planned: planned.clone(),
    };
    let ((stop, stopped), mut running) = (watch::channel(false), Vec::new());
    if let Some(vault) = &vault {
        running.push(vault.start_reports(&data_keys, &clock, &ids, stopped.clone()).await?);
    }
    // After the report, which a rotation respects: keys that are here now stay enough.
    vault::require_stored_keys(vault.as_ref(), &*data_keys).await?;
    let registry = effect_tasks.registry(bank(settings, &clock, &ids)?, policy)?;
    let (audit, audit_task) = AuditWriter::start(Arc::clone(&stores.platform.audit));
    let asked = vec![("the decision lane", lane_task), ("the audit writer", audit_task)];
    let callers = settings.itau.as_ref().map(|it| callers::build(it, audit.clone(), &clock, &ids));
    let callers = callers.transpose()?;
    if let (Some(vault), Some(sealed)) = (&vault, &sealed) {
        vault::compare_indexes(vault, &*sealed.indexes).await?;
    }
    // Last, because a start that fails must not replace keys, nor keep the lease of a job.
    server_keys::remember(&*server_keys, &*stores.platform.audit, settings).await?;
    if settings.effects.worker {
        running.extend(effect_tasks.start(registry.clone(), &stopped));
    }
    let jobs = Jobs { shared: &effect_tasks, leases, sealed: sealed.as_ref() };
    running.extend(jobs.start(&stopped));
    let services = Services { settings, registry, audit: &audit, ids: &ids, planned };
    let replica = services.replica_lists(replica, &stopped, &mut running);
    let services = services.of_sealed(sealed);
    let state = AppState {
        runtime: Handle::current(),
        upgrades,
        members: MemberService::new(stores.members, stores.platform.replays),
        callers,
        persons: services.persons,
        contacts: services.contacts,
        retention: services.retention,
        delivery: DeliveryService::new(delivery),
        effects: stores.platform.effects,
        resolutions: services.resolutions,
        replica,
        tokens,
        passwords,
        dependencies: vec![watch_health(stores.platform.health, &stopped, &mut running)],
        idempotency: Idempotency::new(settings.idempotency.secret.clone()),
        ids,
        clock,
        places: Arc::new(Semaphore::new(settings.server.max_concurrent_requests)),
        qr_base_url: settings.upgrade.qr_base_url.clone(),
        decision_timeout: settings.store.lock_timeout,
        body_timeout: settings.server.connections.timeouts.body,
        stopping: Arc::default(),
    };
    let files = ReloadableFiles::new(files);
    Ok(Built { state, tasks: Tasks { stop, running, asked, audit }, files })
}

/// Starts a task that reports whether this dependency does its work.
fn watch_health(
    dependency: Arc<dyn Health>,
    stopped: &watch::Receiver<bool>,
    running: &mut Vec<Named>,
) -> Arc<HealthWatch> {
    let watch = Arc::new(HealthWatch::new(dependency));
    let task = Arc::clone(&watch).run(stopped.clone());
    running.push(("the watch of a dependency", tokio::spawn(task)));
    watch
}

/// The core bank, through its ESB.
fn bank(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn Ids>,
) -> anyhow::Result<Arc<dyn CoreBank>> {
    let adapter = settings.esb.adapter.clone();
    Ok(Arc::new(Esb::new(adapter, Arc::clone(clock), Arc::clone(ids)).context("esb")?))
}

/// The use cases of the delivery watch on the configured database.
pub(crate) async fn delivery(settings: &Settings) -> anyhow::Result<DeliveryService> {
    let Stores { delivery, .. } = stores::connect(settings, None).await?;
    Ok(DeliveryService::new(delivery))
}

/// Compares our levels with the bank's, at most so many members per second.
pub(crate) async fn reconciliation(
    settings: &Settings,
    per_second: NonZeroU32,
) -> anyhow::Result<Reconciliation> {
    ensure!(
        settings.esb.adapter.inquiry,
        "esb.inquiry is off: the core bank cannot be asked for levels; docs/operations.md says \
         what it must provide"
    );
    let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let bank = bank(settings, &clock, &ids)?;
    let Stores { upgrade, .. } = stores::connect(settings, None).await?;
    Ok(Reconciliation::new(upgrade, bank, &*ids, per_second))
}

/// Hashes a password for a user file.
///
/// # Errors
/// When it is too short, or contains characters that a header cannot carry.
pub fn hash_password(password: &str) -> anyhow::Result<String> {
    Ok(madoguchi_identity::hash_password(password)?)
}
