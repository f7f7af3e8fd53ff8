//! Caller lookups: a context, an owner, or both within a deadline. Each lookup is recorded in the
//! audit log before its answer is returned.

mod part;
mod ports;
mod remembered;

use madoguchi_domain::act::Act;
use std::borrow::Cow;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use madoguchi_domain::audit::{Action, AuditEntry};
use madoguchi_domain::caller::{
    AccountQuery, AccountReading, CallerContext, ContextQuery, CustomerProfile, Encoded, Entity,
    FlowId, ForwardedHeaders, Found, Identification, TaxId,
};
use madoguchi_domain::port::LookupError;
use tokio::time::Instant;

use crate::{AuditWriter, ServiceError};
use madoguchi_domain::redacted;
use remembered::Lookups;

redacted!(CallerService);

pub use part::{Absence, Owner, Part, WhoIsCalling};
pub use ports::CallerPorts;

/// Maximum time for a complete answer.
const LONGEST: Duration = Duration::from_secs(3600);

/// The part of `time` reserved for the audit row: a tenth, at least 100 ms, at most half.
fn for_the_record(time: Duration) -> Duration {
    (time / 10).max(Duration::from_millis(100)).min(time / 2)
}

/// Settings of a caller service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerSettings {
    /// The company and the bank of the accounts that contexts name.
    pub entity: Entity,
    /// Maximum number of cached contexts.
    pub context_cache_size: u64,
}

/// Answers lookups about callers. Cheap to clone; one per program.
#[derive(Clone)]
pub struct CallerService {
    ports: CallerPorts,
    entity: Entity,
    lookups: Lookups,
    audit: AuditWriter,
}

/// Why a lookup was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallerError {
    /// The upstream lookup failed.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The audit row could not be written, so no answer is returned: retry later.
    #[error("the lookup could not be recorded: {0}")]
    Unrecorded(#[from] ServiceError),
}

impl CallerService {
    /// A service over these ports that records every lookup with `audit`.
    #[must_use]
    pub fn new(ports: CallerPorts, settings: CallerSettings, audit: AuditWriter) -> Self {
        let lookups = Lookups::new(ports.clone(), settings.context_cache_size);
        Self { ports, entity: settings.entity, lookups, audit }
    }

    /// The flow id of a lookup: the given one, or else a new one.
    #[must_use]
    pub fn flow(&self, given: Option<FlowId>) -> FlowId {
        given.unwrap_or_else(|| FlowId::from_uuid(self.ports.ids.uuid()))
    }

    /// Looks up a context for the gateway: encoded as `encoded` says, never cached.
    ///
    /// # Errors
    /// See [`CallerError`].
    pub async fn context(
        &self,
        query: &ContextQuery,
        forwarded: &ForwardedHeaders,
        act: Act,
    ) -> Result<Found<CallerContext>, CallerError> {
        let found = self.ports.contexts.context(&for_downstream(query), forwarded).await;
        let outcome = found.as_ref().err().map_or("found", |error| error.as_str());
        self.record(Action::CONTEXT_LOOKED_UP, forwarded, outcome.into(), act).await?;
        Ok(found?)
    }

    /// Looks up an owner for the gateway: never cached.
    ///
    /// # Errors
    /// See [`CallerError`].
    pub async fn owner(
        &self,
        query: &AccountQuery,
        forwarded: &ForwardedHeaders,
        act: Act,
    ) -> Result<Found<CustomerProfile>, CallerError> {
        let found = self.ports.accounts.owner(query, forwarded).await;
        let outcome = found.as_ref().err().map_or("found", |error| error.as_str());
        self.record(Action::ACCOUNT_LOOKED_UP, forwarded, outcome.into(), act).await?;
        Ok(found?)
    }

    /// Looks up context and owner within `time` (at most one hour). A part that fails or misses
    /// the deadline is missing, with the reason. A lookup in progress continues after the
    /// deadline, so that the next request can use its result.
    ///
    /// # Errors
    /// Only when the audit row cannot be written within that time.
    pub async fn who(
        &self,
        query: &ContextQuery,
        forwarded: &ForwardedHeaders,
        time: Duration,
        act: Act,
    ) -> Result<WhoIsCalling, ServiceError> {
        let began = Instant::now();
        let time = time.min(LONGEST);
        let until = began + (time - for_the_record(time));
        let context = self.lookups.context(for_downstream(query), forwarded, until).await;
        let account = match context.value() {
            Some(context) => self.account(context, forwarded, until).await,
            None => Part::Missing(Absence::NoContext),
        };
        let who = WhoIsCalling { context, account };
        let record = self.record(Action::CALLER_LOOKED_UP, forwarded, who.summary().into(), act);
        let recorded = tokio::time::timeout_at(began + time, record).await;
        recorded.unwrap_or(Err(ServiceError::Unavailable))?;
        Ok(who)
    }

    async fn account(
        &self,
        context: &CallerContext,
        forwarded: &ForwardedHeaders,
        until: Instant,
    ) -> Part<Owner> {
        if context.identification == Some(Identification::NotIdentified) {
            return Part::Missing(Absence::NotIdentified);
        }
        let readings = match (&context.branch, &context.account) {
            (Some(branch), Some(account)) => {
                self.entity.readings(branch.expose(), account.expose()).unwrap_or_default()
            }
            (None, _) | (_, None) => Vec::new(),
        };
        let caller = context.cpf.as_ref().filter(|number| number.is_recognised());
        if readings.len() > 1 && caller.is_none() {
            // Without the caller's number no owner could confirm a reading, so none is looked up.
            return Part::Missing(Absence::UncertainAccount);
        }
        let mut absences = Vec::with_capacity(readings.len());
        for reading in readings {
            let reported = self.owner_by(reading, caller, forwarded, until).await;
            match &reported {
                Part::Missing(why) if why.is_of_another_account() => absences.push(*why),
                Part::Missing(_) | Part::Fresh(_) | Part::Cached(..) => return reported,
            }
        }
        // Report the most informative reason first.
        let of_all = [
            Absence::UncertainAccount,
            Absence::Failed(LookupError::Failed),
            Absence::Failed(LookupError::NotFound),
        ];
        let why = of_all.into_iter().find(|why| absences.contains(why));
        Part::Missing(why.unwrap_or(Absence::NotDerivable))
    }

    async fn owner_by(
        &self,
        AccountReading { codigo, certainty }: AccountReading,
        caller: Option<&TaxId>,
        forwarded: &ForwardedHeaders,
        until: Instant,
    ) -> Part<Owner> {
        let query = AccountQuery::of(codigo.clone());
        let found = self.lookups.owner(query, forwarded, until).await;
        found.and_then(|profile| {
            let is_caller = same_person(caller, profile.tax_id.as_ref());
            if !certainty.allows_owner(is_caller) {
                return Part::Missing(Absence::UncertainAccount);
            }
            Part::Fresh(Owner { codigo, profile, is_caller })
        })
    }

    async fn record(
        &self,
        action: Action,
        forwarded: &ForwardedHeaders,
        detail: Cow<'static, str>,
        act: Act,
    ) -> Result<(), ServiceError> {
        let correlation = forwarded.correlation.clone().unwrap_or(act.correlation);
        let act = Act::new(act.by, self.ports.clock.now(), correlation).with_through(act.through);
        self.audit.append(AuditEntry::new(action, forwarded.flow.subject(), detail, &act)).await
    }
}

/// The query to send upstream: the context id unchanged or in Base64 (RFC 4648 §4), marked as
/// encoded, so that a second gateway does not encode it again.
fn for_downstream(query: &ContextQuery) -> ContextQuery {
    let as_it_is = query.encoded.as_ref().is_some_and(Encoded::is_as_it_is);
    let context = if as_it_is {
        query.context.clone()
    } else {
        query.context.spelled(|bytes| STANDARD.encode(bytes))
    };
    ContextQuery { context, encoded: Some(Encoded::as_it_is()) }
}

/// Whether two numbers belong to one person; `None` if one of them is missing or not recognised.
fn same_person(one: Option<&TaxId>, other: Option<&TaxId>) -> Option<bool> {
    let (one, other) = (one?, other?);
    if one.agrees(other) { Some(true) } else { one.contradicts(other).then_some(false) }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::caller::ContextId;

    use super::*;

    #[test]
    fn the_context_id_goes_on_encoded_as_the_vectors_say() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../domain/tests/vectors.json")).unwrap();
        let rows = vectors["contextos_encoded"].as_array().unwrap();
        assert!(rows.len() >= 6);
        for row in rows {
            let query = ContextQuery {
                context: ContextId::parse(row["contextId"].as_str().unwrap()).unwrap(),
                encoded: row["encoded"].as_str().map(|text| Encoded::parse(text).unwrap()),
            };
            let sent = for_downstream(&query);
            assert_eq!(sent.context.expose(), row["downstream"].as_str().unwrap(), "{row}");
            assert_eq!(sent.encoded, Some(Encoded::as_it_is()));
            assert_eq!(for_downstream(&sent), sent, "a second gateway changes nothing");
        }
    }
}
