//! Builds the caller lookups.

use std::sync::Arc;

use anyhow::Context;
use madoguchi_application::{AuditWriter, CallerPorts, CallerService};
use madoguchi_domain::port::{CallerContexts, Clock, Ids};
use madoguchi_itau::Itau;

use crate::app_state::Callers;
use crate::settings::ItauSection;

/// The caller service.
pub(super) fn build(
    itau: &ItauSection,
    audit: AuditWriter,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn Ids>,
) -> anyhow::Result<Callers> {
    let client = Itau::new(itau.adapter.clone(), Arc::clone(clock), Arc::clone(ids));
    let both = Arc::new(client.context("itau")?);
    let ports = CallerPorts {
        contexts: Arc::clone(&both) as Arc<dyn CallerContexts>,
        accounts: both,
        clock: Arc::clone(clock),
        ids: Arc::clone(ids),
    };
    let service = CallerService::new(ports, itau.callers.clone(), audit);
    Ok(Callers { service, dac: itau.dac })
}
