//! All open connections: admits new ones, evicts idle ones and closes those with expired timeouts.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ipnet::IpNet;

use super::address::AddressKey;
use super::open::{CloseReason, ConnectionTimeouts, Judged, OpenConnection};

/// Limits on the number of connections, and their timeouts.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// Maximum number of connections.
    pub max_connections: usize,
    /// Maximum number of connections from one address.
    pub max_per_address: usize,
    /// Networks of reverse proxies, which are exempt from the limit per address.
    pub trusted_proxies: Vec<IpNet>,
    /// Timeouts for each part of a request.
    pub timeouts: ConnectionTimeouts,
}

/// The limit that refused a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// The limit per address.
    Address,
    /// The limit for all connections.
    All,
}

impl NoPlace {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::All => "all",
        }
    }
}

/// Interval between checks for expired timeouts.
const REAP_INTERVAL: Duration = Duration::from_millis(250);
/// An eviction fails when its connection has just begun a request; then the next one is tried.
const MAX_EVICTION_ATTEMPTS: u32 = 8;

/// The table of open connections of one listener.
#[derive(Debug)]
pub(crate) struct ConnectionTable {
    /// The name of its listener in metrics.
    listener: &'static str,
    limits: ConnectionLimits,
    epoch: Instant,
    places: Mutex<Places>,
}

#[derive(Debug, Default)]
struct Places {
    open: HashMap<u64, Arc<OpenConnection>>,
    by_address: HashMap<AddressKey, usize>,
    next_id: u64,
}

impl ConnectionTable {
    pub(crate) fn new(listener: &'static str, limits: ConnectionLimits) -> Arc<Self> {
        let epoch = Instant::now();
        Arc::new(Self { listener, limits, epoch, places: Mutex::default() })
    }

    pub(super) const fn max_connections(&self) -> usize {
        self.limits.max_connections
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Admits a connection; at a limit, it evicts the longest idle one.
    ///
    /// # Errors
    /// When a limit is reached and no connection under it is idle.
    pub(crate) fn admit(&self, peer: IpAddr) -> Result<Arc<OpenConnection>, NoPlace> {
        let (address, peer) = (AddressKey::of(peer), peer.to_canonical());
        let is_counted = !self.limits.trusted_proxies.iter().any(|proxy| proxy.contains(&peer));
        let mut places = self.places();
        let of_address = places.by_address.get(&address).copied().unwrap_or_default();
        if is_counted && of_address >= self.limits.max_per_address {
            self.evict(&mut places, NoPlace::Address, |other| other.address == address)?;
        }
        if places.open.len() >= self.limits.max_connections {
            self.evict(&mut places, NoPlace::All, |_| true)?;
        }
        places.next_id += 1;
        let connection = Arc::new(OpenConnection::new(places.next_id, address, self.epoch));
        places.open.insert(connection.id, Arc::clone(&connection));
        *places.by_address.entry(address).or_default() += 1;
        self.show_count(&places);
        Ok(connection)
    }

    /// Closes the longest idle connection that `of` accepts.
    fn evict(
        &self,
        places: &mut Places,
        limit: NoPlace,
        of: impl Fn(&OpenConnection) -> bool,
    ) -> Result<(), NoPlace> {
        // Try another one if the longest idle has just begun a request.
        for _ in 0..MAX_EVICTION_ATTEMPTS {
            let candidates = places.open.values().filter(|it| of(it));
            let idle = candidates.filter_map(|it| Some((it.idle_since()?, it.id)));
            let Some(((_, judged), id)) = idle.min_by_key(|((since, _), id)| (*since, *id)) else {
                break;
            };
            if self.close(places, id, judged, CloseReason::Evicted) {
                return Ok(());
            }
        }
        let counter = "madoguchi_http_connections_refused_total";
        metrics::counter!(counter, "listener" => self.listener, "limit" => limit.as_str())
            .increment(1);
        Err(limit)
    }

    fn close(&self, places: &mut Places, id: u64, judged: Judged, reason: CloseReason) -> bool {
        let closed = places.open.get(&id).is_some_and(|it| it.close(judged, reason));
        if closed {
            places.remove(id);
            let counter = "madoguchi_http_connections_closed_total";
            metrics::counter!(counter, "listener" => self.listener, "reason" => reason.as_str())
                .increment(1);
        }
        closed
    }

    fn show_count(&self, places: &Places) {
        let open = places.open.len() as f64;
        metrics::gauge!("madoguchi_http_connections", "listener" => self.listener).set(open);
    }

    /// Removes a connection that has ended.
    pub(super) fn remove(&self, connection: &OpenConnection) {
        let mut places = self.places();
        places.remove(connection.id);
        self.show_count(&places);
    }

    /// Closes connections with expired timeouts, for ever.
    pub(crate) async fn reap(self: Arc<Self>) {
        loop {
            tokio::time::sleep(REAP_INTERVAL).await;
            self.close_overdue();
        }
    }

    fn close_overdue(&self) {
        let mut places = self.places();
        let overdue: Vec<_> = places
            .open
            .values()
            .filter_map(|it| Some((it.id, it.overdue(&self.limits.timeouts)?)))
            .collect();
        for (id, (reason, judged)) in overdue {
            self.close(&mut places, id, judged, reason);
        }
    }
}

impl Places {
    fn remove(&mut self, id: u64) -> Option<Arc<OpenConnection>> {
        let connection = self.open.remove(&id)?;
        if let Some(count) = self.by_address.get_mut(&connection.address) {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&connection.address);
            }
        }
        Some(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::super::open::Phase;
    use super::*;

    fn table(max_connections: usize, max_per_address: usize) -> Arc<ConnectionTable> {
        let minute = Duration::from_secs(60);
        let timeouts =
            ConnectionTimeouts { keep_alive: minute, head: minute, body: minute, write: minute };
        let trusted_proxies = vec![IpNet::from(address(9))];
        let limits =
            ConnectionLimits { max_connections, max_per_address, trusted_proxies, timeouts };
        ConnectionTable::new("api", limits)
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    /// Moves the clock one second forward for connections that are admitted next.
    fn pass_a_second(table: &mut Arc<ConnectionTable>) {
        let table = Arc::get_mut(table).unwrap();
        table.epoch -= Duration::from_secs(1);
        for connection in table.places.get_mut().unwrap().open.values_mut() {
            Arc::get_mut(connection).unwrap().epoch -= Duration::from_secs(1);
        }
    }

    #[test]
    fn the_longest_idle_connection_gives_its_place() {
        let mut table = table(2, 2);
        table.admit(address(1)).unwrap().enter(Phase::Working);
        drop(table.admit(address(2)).unwrap());
        assert_eq!(table.admit(address(3)).unwrap_err(), NoPlace::All, "it has just connected");
        pass_a_second(&mut table);
        let fresh = table.admit(address(3)).unwrap();
        fresh.enter(Phase::Working);
        drop(fresh);
        assert_eq!(addresses(&table), [address(1), address(3)]);
        pass_a_second(&mut table);
        assert_eq!(table.admit(address(4)).unwrap_err(), NoPlace::All, "both are at work");
        table.places().open.values().for_each(|it| it.set_stalled(true));
        pass_a_second(&mut table);
        assert!(table.admit(address(4)).is_ok(), "who does not read its answer is not at work");
    }

    #[test]
    fn an_address_at_its_limit_gives_a_place_of_its_own() {
        let mut table = table(100, 2);
        for last in [1, 2, 2] {
            table.admit(address(last)).unwrap();
        }
        assert_eq!(table.admit(address(2)).unwrap_err(), NoPlace::Address);
        pass_a_second(&mut table);
        let own = table.admit(address(2)).unwrap();
        assert_eq!(addresses(&table), [address(1), address(2), address(2)]);
        table.remove(&own);
        assert_eq!(addresses(&table), [address(1), address(2)]);
        for _ in 0..10 {
            table.admit(address(9)).unwrap();
        }
        assert_eq!(table.places().by_address[&AddressKey::of(address(9))], 10);
    }

    fn addresses(table: &ConnectionTable) -> Vec<IpAddr> {
        let places = table.places();
        let counted = [1, 2, 3, 4].map(address).into_iter().flat_map(|address| {
            let count = places.by_address.get(&AddressKey::of(address)).copied();
            std::iter::repeat_n(address, count.unwrap_or_default())
        });
        counted.collect()
    }
}
