//! Shared lookups: one call in progress per query, and a cache of contexts until they expire.

use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use madoguchi_domain::Timestamp;
use madoguchi_domain::caller::{
    AccountQuery, ApiKey, CallerContext, ContextQuery, CustomerProfile, ForwardedHeaders,
};
use madoguchi_domain::port::LookupError;
use moka::Expiry;
use moka::future::Cache;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::part::{Absence, Part};
use super::ports::CallerPorts;

/// Maximum lifetime of a cached context, whatever its `expireIn`: it is personal data.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// Maximum number of different accounts whose lookups in progress are shared.
const ACCOUNTS: u64 = 10_000;

/// Shared lookups. A lookup continues when no request waits for it any more; the next request for
/// the same query joins it or finds its result.
#[derive(Clone)]
pub(super) struct Lookups {
    ports: CallerPorts,
    contexts: Cache<Question<ContextQuery>, Kept<CallerContext>>,
    accounts: Cache<Question<AccountQuery>, Kept<CustomerProfile>>,
}

/// The query and the consumer's API key: results are not shared between consumers. The upstream
/// call carries the flow id of the first request.
type Question<Q> = (Q, Option<ApiKey>);

/// A result, when it was fetched and when it expires. A result without an expiry is only for the
/// requests that waited for it.
#[derive(Clone)]
struct Kept<T> {
    value: Arc<T>,
    fetched_at: Timestamp,
    holds_until: Option<Timestamp>,
}

/// Entries that must not be shared expire at once.
struct WhileItHolds;

impl<K, T> Expiry<K, Kept<T>> for WhileItHolds {
    fn expire_after_create(&self, _: &K, kept: &Kept<T>, _: Moment) -> Option<Duration> {
        let holds = kept.holds_until.map(|until| until.duration_since(kept.fetched_at));
        let holds = holds.and_then(|holds| Duration::try_from(holds).ok());
        Some(holds.unwrap_or_default().min(LONGEST))
    }
}

impl Lookups {
    pub(super) fn new(ports: CallerPorts, remembered: u64) -> Self {
        Self {
            ports,
            contexts: Cache::builder().max_capacity(remembered).expire_after(WhileItHolds).build(),
            accounts: Cache::builder().max_capacity(ACCOUNTS).expire_after(WhileItHolds).build(),
        }
    }

    /// The context for this query: cached, from a lookup in progress, or from a new one.
    pub(super) async fn context(
        &self,
        query: ContextQuery,
        forwarded: &ForwardedHeaders,
        until: Instant,
    ) -> Part<Arc<CallerContext>> {
        let asked_at = self.ports.clock.now();
        let question = (query, forwarded.api_key.clone());
        if let Some(kept) = self.contexts.get(&question).await
            && kept.holds_until.is_none_or(|until| until <= asked_at)
        {
            // The port's clock decides about expiry, not the cache's clock.
            self.contexts.invalidate(&question).await;
        }
        let (contexts, ports, forwarded) =
            (self.contexts.clone(), self.ports.clone(), forwarded.clone());
        let lookup = tokio::spawn(async move {
            let clock = Arc::clone(&ports.clock);
            let asked = question.0.clone();
            let ask = async move {
                let found = ports.contexts.context(&asked, &forwarded).await?;
                let holds_until = found.value.expires_at;
                Ok(Kept { value: Arc::new(found.value), fetched_at: clock.now(), holds_until })
            };
            shared(&contexts, question, ask).await
        });
        part(lookup, asked_at, until).await
    }

    /// The owner of this account, from a lookup in progress or a new one; never cached.
    pub(super) async fn owner(
        &self,
        query: AccountQuery,
        forwarded: &ForwardedHeaders,
        until: Instant,
    ) -> Part<Arc<CustomerProfile>> {
        let asked_at = self.ports.clock.now();
        let question = (query, forwarded.api_key.clone());
        let (accounts, ports, forwarded) =
            (self.accounts.clone(), self.ports.clone(), forwarded.clone());
        let lookup = tokio::spawn(async move {
            let clock = Arc::clone(&ports.clock);
            let asked = question.0.clone();
            let ask = async move {
                let found = ports.accounts.owner(&asked, &forwarded).await?;
                let (value, fetched_at) = (Arc::new(found.value), clock.now());
                Ok(Kept { value, fetched_at, holds_until: None })
            };
            shared(&accounts, question, ask).await
        });
        part(lookup, asked_at, until).await
    }
}

/// Joins a lookup in progress or a cached result, or else starts one. Removes at once a result
/// that must not be shared.
async fn shared<K, T>(
    cache: &Cache<K, Kept<T>>,
    question: K,
    ask: impl Future<Output = Result<Kept<T>, LookupError>>,
) -> Result<Kept<T>, Arc<LookupError>>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    let found = cache.try_get_with(question.clone(), ask).await;
    let is_over = |kept: &Kept<T>| kept.holds_until.is_none_or(|until| until <= kept.fetched_at);
    if found.as_ref().is_ok_and(is_over) {
        cache.invalidate(&question).await;
        // The cache's internal write log holds the entry until its pending tasks run.
        cache.run_pending_tasks().await;
    }
    found
}

/// Waits for a lookup until the deadline.
async fn part<T>(
    lookup: JoinHandle<Result<Kept<T>, Arc<LookupError>>>,
    asked_at: Timestamp,
    until: Instant,
) -> Part<Arc<T>> {
    match timeout_at(until, lookup).await {
        Ok(Ok(Ok(kept))) if kept.fetched_at >= asked_at => Part::Fresh(kept.value),
        Ok(Ok(Ok(kept))) => Part::Cached(kept.value, asked_at.duration_since(kept.fetched_at)),
        Ok(Ok(Err(error))) => Part::Missing(Absence::Failed(*error)),
        // The lookup panicked. The caller gets no details.
        Ok(Err(_)) => Part::Missing(Absence::Failed(LookupError::Failed)),
        Err(_) => Part::Missing(Absence::DeadlineExceeded),
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::caller::Found;
    use madoguchi_testkit::fake::callers::FakeCallers;
    use madoguchi_testkit::fake::clock::ManualClock;
    use madoguchi_testkit::fake::ids::SeededIds;
    use madoguchi_testkit::samples;

    use super::*;

    #[tokio::test]
    async fn what_nobody_else_may_have_is_not_in_memory_any_more() {
        let (query, owner) = (samples::context_query(), samples::account_query());
        let callers = Arc::new(FakeCallers::default());
        let found = samples::found_context();
        callers.knows_context(query.context.expose(), found.clone());
        callers.knows_owner(owner.account.expose(), samples::found_owner());
        let ports = CallerPorts {
            contexts: Arc::clone(&callers) as _,
            accounts: Arc::clone(&callers) as _,
            clock: Arc::new(ManualClock::default()),
            ids: Arc::new(SeededIds::new(1)),
        };
        let lookups = Lookups::new(ports, 100);
        let until = Instant::now() + Duration::from_secs(60);
        for (key, expires_at) in [("one", None), ("other", None), ("over", Some(samples::at(-60)))]
        {
            let value = CallerContext { expires_at, ..found.value.clone() };
            let document = found.document.clone();
            callers.knows_context(query.context.expose(), Found { value, document });
            let forwarded = ForwardedHeaders {
                api_key: Some(samples::api_key(key)),
                ..ForwardedHeaders::of(samples::flow(1))
            };
            let context = lookups.context(query.clone(), &forwarded, until).await;
            let owner = lookups.owner(owner.clone(), &forwarded, until).await;
            assert!(matches!((context, owner), (Part::Fresh(_), Part::Fresh(_))), "{key}");
        }
        assert_eq!((lookups.contexts.entry_count(), lookups.accounts.entry_count()), (0, 0));
    }
}
