//! Who is calling: a context, an owner, or both within a deadline; each question is recorded
//! before its answer is given.

mod part;
mod remembered;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use madoguchi_domain::actor::ActorRef;
use madoguchi_domain::audit::{Action, AuditEntry, Subject};
use madoguchi_domain::caller::{
    AccountQuery, AccountReading, CallerContext, ContextQuery, CustomerProfile, Encoded, Entity,
    FlowId, ForwardedHeaders, Found, Identification, TaxId,
};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::port::{AccountDirectory, CallerContexts, Clock, Ids, LookupError};
use tokio::time::Instant;

use crate::{AuditWriter, ServiceError};
use remembered::Lookups;

pub use part::{Absence, Owner, Part, WhoIsCalling};

/// The longest that a whole answer may take.
const LONGEST: Duration = Duration::from_secs(3600);

/// Of the time for a whole answer, what is left for recording it: a tenth, or what a commit may
/// take, but no more than half.
fn for_the_record(time: Duration) -> Duration {
    (time / 10).max(Duration::from_millis(100)).min(time / 2)
}

/// What a caller service stands on.
#[derive(Clone)]
pub struct CallerPorts {
    /// Where contexts are looked up.
    pub contexts: Arc<dyn CallerContexts>,
    /// Where owners are looked up.
    pub accounts: Arc<dyn AccountDirectory>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Flows for lookups that brought none.
    pub ids: Arc<dyn Ids>,
}

impl fmt::Debug for CallerPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerPorts")
    }
}

/// How a caller service works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerSettings {
    /// The company and the bank of the accounts that contexts name.
    pub entity: Entity,
    /// The most contexts that are remembered.
    pub context_cache_size: u64,
}

/// Takes questions about callers. Cheap to clone; one per program.
#[derive(Clone)]
pub struct CallerService {
    ports: CallerPorts,
    entity: Entity,
    lookups: Lookups,
    audit: AuditWriter,
}

/// Why a question was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallerError {
    /// The other system gave nothing.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The question could not be recorded, so its answer is not given: ask again later.
    #[error("the lookup could not be recorded: {0}")]
    Unrecorded(#[from] ServiceError),
}

/// Who asks, and under which id when the forwarded has no correlation id.
type Asker = (ActorRef, CorrelationId);

impl fmt::Debug for CallerService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerService")
    }
}

impl CallerService {
    /// A service over these ports, which records every question in `audit`.
    #[must_use]
    pub fn new(ports: CallerPorts, settings: CallerSettings, audit: AuditWriter) -> Self {
        let lookups = Lookups::new(ports.clone(), settings.context_cache_size);
        Self { ports, entity: settings.entity, lookups, audit }
    }

    /// The flow of a lookup: the one that was given, or else a fresh one.
    #[must_use]
    pub fn flow(&self, given: Option<FlowId>) -> FlowId {
        given.unwrap_or_else(|| self.ports.ids.flow())
    }

    /// Looks a context up as the gateway does: encoded as `encoded` says, never remembered.
    ///
    /// # Errors
    /// See [`CallerError`].
    pub async fn context(
        &self,
        query: &ContextQuery,
        forwarded: &ForwardedHeaders,
        asker: Asker,
    ) -> Result<Found<CallerContext>, CallerError> {
        let found = self.ports.contexts.context(&for_downstream(query), forwarded).await;
        let outcome = found.as_ref().err().map_or("found", |error| error.as_str());
        self.record(Action::ContextLookedUp, forwarded, outcome.into(), asker).await?;
        Ok(found?)
    }

    /// Looks an owner up as the gateway does: never remembered.
    ///
    /// # Errors
    /// See [`CallerError`].
    pub async fn owner(
        &self,
        query: &AccountQuery,
        forwarded: &ForwardedHeaders,
        asker: Asker,
    ) -> Result<Found<CustomerProfile>, CallerError> {
        let found = self.ports.accounts.owner(query, forwarded).await;
        let outcome = found.as_ref().err().map_or("found", |error| error.as_str());
        self.record(Action::AccountLookedUp, forwarded, outcome.into(), asker).await?;
        Ok(found?)
    }

    /// Answers both questions about a call as far as that goes within `time`; a part that is late
    /// or fails is missing, with the reason. What was begun goes on, for whoever asks next. More
    /// than an hour is taken for an hour.
    ///
    /// # Errors
    /// Only when the question cannot be recorded within that time.
    pub async fn who(
        &self,
        query: &ContextQuery,
        forwarded: &ForwardedHeaders,
        time: Duration,
        asker: Asker,
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
        let record = self.record(Action::CallerLookedUp, forwarded, who.summary().into(), asker);
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
            // No owner could be told to be the right one, so none is asked for.
            return Part::Missing(Absence::UncertainAccount);
        }
        let mut absences = Vec::with_capacity(readings.len());
        for reading in readings {
            let told = self.owner_by(reading, caller, forwarded, until).await;
            match &told {
                Part::Missing(why) if why.is_of_another_account() => absences.push(*why),
                Part::Missing(_) | Part::Fresh(_) | Part::Cached(..) => return told,
            }
        }
        // The word that says most: somebody else's, not looked up, or no account.
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
        AccountReading { codigo, told_by }: AccountReading,
        caller: Option<&TaxId>,
        forwarded: &ForwardedHeaders,
        until: Instant,
    ) -> Part<Owner> {
        let query = AccountQuery::of(codigo.clone());
        let found = self.lookups.owner(query, forwarded, until).await;
        found.and_then(|profile| {
            let is_caller = same_person(caller, profile.tax_id.as_ref());
            if !told_by.stands(is_caller) {
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
        (by, correlation): Asker,
    ) -> Result<(), ServiceError> {
        let subject = Subject::Lookup(forwarded.flow.clone());
        let correlation = forwarded.correlation.clone().unwrap_or(correlation);
        let at = self.ports.clock.now();
        self.audit.note(AuditEntry { action, subject, detail, by, at, correlation }).await
    }
}

/// The query as it goes on: the context id as it is or in Base64 (RFC 4648 §4), and marked as
/// done, so that another gateway behind this one does not encode it again.
fn for_downstream(query: &ContextQuery) -> ContextQuery {
    let as_it_is = query.encoded.as_ref().is_some_and(Encoded::is_as_it_is);
    let context = if as_it_is {
        query.context.clone()
    } else {
        query.context.spelled(|bytes| STANDARD.encode(bytes))
    };
    ContextQuery { context, encoded: Some(Encoded::as_it_is()) }
}

/// Whether two numbers are one person's; `None` when one of them says nothing.
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
