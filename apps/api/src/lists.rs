//! Where lists are read: from the replica while it is fresh enough, otherwise from the primary.
//!
//! Only lists for people read here. What decides anything, and what reads one record, uses the
//! services of [`AppState`], which are on the primary.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Data;
use madoguchi_application::{Freshness, ServiceError};

use crate::app_state::{AppState, Lists, ReplicaLists};
use crate::operation::Header;
use crate::problem::Problem;

/// The header of a list that was read from the replica, as documented.
pub(crate) const LAG: Header = Header {
    name: "x-replica-lag-ms",
    text: "The list was read from a replica of the database. It shows everything that was \
           confirmed this many milliseconds before the answer, and perhaps newer things. Without \
           this header the list was read from the primary.",
};

const NAME: HeaderName = HeaderName::from_static("x-replica-lag-ms");

/// Maximum time for a list on the replica. The rest of the route's time is the primary's.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Reads the pages of one list. Once a page was read from the primary, so are all that follow: a
/// header says of all of them where they come from.
pub(crate) struct ListReader {
    state: Data<AppState>,
    source: Mutex<Source>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Unread,
    Replica(Freshness),
    Primary,
}

impl ListReader {
    pub(crate) fn new(state: &Data<AppState>) -> Self {
        Self { state: Data::clone(state), source: Mutex::new(Source::Unread) }
    }

    /// Reads a page. `work` runs on the replica, on the primary, or on both one after the other.
    pub(crate) async fn read<T, F>(
        &self,
        work: impl Fn(Lists) -> F + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, ServiceError>> + Send + 'static,
    {
        let primary = self.state.lists();
        let replica = self.state.replica.clone().filter(|_| self.source() != Source::Primary);
        let usable = replica.and_then(|it| Some((it.status.usable(Instant::now())?, it)));
        let Some((fresh, ReplicaLists { lists, status })) = usable else {
            self.set_source(Source::Primary);
            return self.state.run(work(primary)).await;
        };
        let read = async move {
            match tokio::time::timeout(TIMEOUT, work(lists)).await {
                Ok(Ok(found)) => Ok((found, Source::Replica(fresh))),
                Ok(Err(_)) | Err(_) => {
                    let found = work(primary).await?;
                    // A list that fails on both, for example at a corrupt row, says nothing of it.
                    status.list_failed(Instant::now());
                    Ok((found, Source::Primary))
                }
            }
        };
        let (found, source) = self.state.run(read).await?;
        self.set_source(source);
        Ok(found)
    }

    /// The answer, with the lag of what was read from the replica.
    pub(crate) fn marked(&self, mut response: HttpResponse) -> HttpResponse {
        if let Source::Replica(fresh) = self.source() {
            // Rounded up: it never promises more than is true.
            let lag = fresh.lag(Instant::now()).as_micros().div_ceil(1000);
            let lag = HeaderValue::from(u64::try_from(lag).unwrap_or(u64::MAX));
            response.headers_mut().insert(NAME, lag);
        }
        response
    }

    fn source(&self) -> Source {
        *self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_source(&self, source: Source) {
        let name = if source == Source::Primary { "primary" } else { "replica" };
        metrics::counter!("madoguchi_list_reads_total", "source" => name).increment(1);
        *self.source.lock().unwrap_or_else(PoisonError::into_inner) = source;
    }
}

#[cfg(test)]
mod tests;
