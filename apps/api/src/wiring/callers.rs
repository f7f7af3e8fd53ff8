//! Builds the caller lookups.

use std::sync::Arc;

use anyhow::Context;
use madoguchi_application::{AuditWriter, CallerPorts, CallerService};
use madoguchi_domain::port::{AuditLog, CallerContexts, Clock, Ids};
use madoguchi_itau::Itau;
use tokio::task::JoinHandle;

use crate::app_state::Callers;
use crate::settings::ItauSection;

/// The caller service, with the task that audits its lookups.
pub(super) fn build(
    itau: &ItauSection,
    audit: &Arc<dyn AuditLog>,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn Ids>,
) -> anyhow::Result<(Callers, JoinHandle<()>)> {
    let client = Itau::new(itau.adapter.clone(), Arc::clone(clock), Arc::clone(ids));
    let both = Arc::new(client.context("itau")?);
    let ports = CallerPorts {
        contexts: Arc::clone(&both) as Arc<dyn CallerContexts>,
        accounts: both,
        clock: Arc::clone(clock),
        ids: Arc::clone(ids),
    };
    let (trail, task) = AuditWriter::start(Arc::clone(audit));
    let service = CallerService::new(ports, itau.callers.clone(), trail);
    Ok((Callers { service, dac: itau.dac }, task))
}
