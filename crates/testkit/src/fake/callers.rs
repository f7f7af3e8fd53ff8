//! A fake for both caller lookups: in memory, records every lookup, fails on request.
//!
//! ```
//! use madoguchi_domain::caller::ForwardedHeaders;
//! use madoguchi_domain::port::{CallerContexts, LookupError};
//! use madoguchi_testkit::fake::callers::FakeCallers;
//! use madoguchi_testkit::samples;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let callers = FakeCallers::default();
//! let (query, forwarded) = (samples::context_query(), ForwardedHeaders::of(samples::flow(1)));
//! assert_eq!(callers.context(&query, &forwarded).await, Err(LookupError::NotFound));
//! callers.knows_context(query.context.expose(), samples::found_context());
//! assert_eq!(callers.context(&query, &forwarded).await, Ok(samples::found_context()));
//! assert_eq!(callers.asked().len(), 2);
//! # }
//! ```

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use madoguchi_domain::caller::{
    AccountQuery, CallerContext, ContextQuery, CustomerProfile, ForwardedHeaders, Found,
};
use madoguchi_domain::port::{AccountDirectory, CallerContexts, LookupError};

use crate::contract::scripted_upstream::Arrived;

/// Both upstream systems. Unknown ids are [`LookupError::NotFound`].
#[derive(Debug, Default)]
pub struct FakeCallers(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    contexts: HashMap<String, Found<CallerContext>>,
    owners: HashMap<String, Found<CustomerProfile>>,
    fails: HashMap<String, LookupError>,
    fails_all: Option<LookupError>,
    slow: HashMap<String, Duration>,
    asked: Vec<Arrived>,
}

impl FakeCallers {
    /// Adds a context.
    pub fn knows_context(&self, id: &str, found: Found<CallerContext>) {
        self.memory().contexts.insert(id.to_owned(), found);
    }

    /// Adds an owner.
    pub fn knows_owner(&self, codigo_conta: &str, found: Found<CustomerProfile>) {
        self.memory().owners.insert(codigo_conta.to_owned(), found);
    }

    /// Answers every lookup of this id with this error from now on.
    pub fn fails(&self, id: &str, error: LookupError) {
        self.memory().fails.insert(id.to_owned(), error);
    }

    /// Answers lookups of this id again.
    pub fn is_well(&self, id: &str) {
        self.memory().fails.remove(id);
    }

    /// Answers every lookup with this error from now on; `None` ends that.
    pub fn fails_all(&self, error: Option<LookupError>) {
        self.memory().fails_all = error;
    }

    /// Delays every lookup of this id by this time from now on.
    pub fn is_slow(&self, id: &str, wait: Duration) {
        self.memory().slow.insert(id.to_owned(), wait);
    }

    /// All lookups, in order of arrival.
    #[must_use]
    pub fn asked(&self) -> Vec<Arrived> {
        self.memory().asked.clone()
    }

    async fn answer<T>(
        &self,
        arrived: Arrived,
        find: impl FnOnce(&Memory) -> Option<T> + Send,
    ) -> Result<T, LookupError> {
        let id = arrived.asked.clone();
        let wait = {
            let mut memory = self.memory();
            memory.asked.push(arrived);
            memory.slow.get(&id).copied()
        };
        if let Some(wait) = wait {
            tokio::time::sleep(wait).await;
        }
        let memory = self.memory();
        match memory.fails_all.or(memory.fails.get(&id).copied()) {
            Some(error) => Err(error),
            None => find(&memory).ok_or(LookupError::NotFound),
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl CallerContexts for FakeCallers {
    async fn context(
        &self,
        query: &ContextQuery,
        forwarded: &ForwardedHeaders,
    ) -> Result<Found<CallerContext>, LookupError> {
        let (id, arrived) = (query.context.expose(), Arrived::context(query, forwarded));
        self.answer(arrived, |memory| memory.contexts.get(id).cloned()).await
    }
}

#[async_trait]
impl AccountDirectory for FakeCallers {
    async fn owner(
        &self,
        query: &AccountQuery,
        forwarded: &ForwardedHeaders,
    ) -> Result<Found<CustomerProfile>, LookupError> {
        let (id, arrived) = (query.account.expose(), Arrived::owner(query, forwarded));
        self.answer(arrived, |memory| memory.owners.get(id).cloned()).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use madoguchi_domain::port::Unavailability;

    use super::*;
    use crate::contract::scripted_upstream::{ScriptedUpstream, UpstreamReply};
    use crate::samples;

    #[async_trait]
    impl ScriptedUpstream for FakeCallers {
        async fn will_reply(&self, reply: UpstreamReply) {
            let unreadable = LookupError::Unavailable(Unavailability::Unreadable);
            self.fails_all(match reply {
                UpstreamReply::Found => None,
                UpstreamReply::Malformed => Some(LookupError::Refused),
                UpstreamReply::Unauthorized => Some(LookupError::Misconfigured),
                UpstreamReply::Nothing => Some(LookupError::NotFound),
                UpstreamReply::Failure => Some(LookupError::Failed),
                UpstreamReply::Garbage => Some(unreadable),
            });
        }

        async fn will_be_unreachable(&self) {
            self.fails_all(Some(LookupError::Unavailable(Unavailability::Unreachable)));
        }

        async fn arrived(&self) -> Vec<Arrived> {
            self.asked()
        }
    }

    async fn fake() -> (Arc<FakeCallers>, Arc<FakeCallers>) {
        let fake = Arc::new(FakeCallers::default());
        fake.knows_context(samples::context_query().context.expose(), samples::found_context());
        fake.knows_owner(samples::codigo_conta().expose(), samples::found_owner());
        (Arc::clone(&fake), fake)
    }

    crate::caller_contexts_contract!(fake_contexts: fake());
    crate::account_directory_contract!(fake_accounts: fake());
}
