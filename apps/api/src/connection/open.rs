//! The state of one open connection that its stream and the table share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;

use super::address::AddressKey;

/// Timeouts for each part of a request.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionTimeouts {
    /// From an answer to the first byte of the next request.
    pub keep_alive: Duration,
    /// From the first byte of a head to its last.
    pub head: Duration,
    /// For a body: from when a route starts to read it; from its head once no route reads on.
    pub body: Duration,
    /// While the client accepts no byte of an answer.
    pub write: Duration,
}

/// How long a closing connection waits for the client to read its answer and close.
const LINGER: Duration = Duration::from_secs(5);
/// More than any request takes, with body, password check and use case: a stuck one is closed.
const LONGEST_REQUEST: Duration = Duration::from_secs(60);

/// A client that sent or received a byte within this time is not idle, so it is not evicted.
const LEAST_IDLE: Duration = Duration::from_millis(250);

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// The next request.
    Idle,
    /// The rest of a head.
    Head,
    /// The rest of a body that the request under way may read.
    Body,
    /// The answer of a route.
    Working,
    /// The rest of a body that no route reads.
    Draining,
    /// The client's close, after ours.
    Closing,
}

impl Phase {
    const ALL: [Self; 6] =
        [Self::Idle, Self::Head, Self::Body, Self::Working, Self::Draining, Self::Closing];
}

/// Why the server closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum CloseReason {
    KeepAlive = CLOSED,
    HeadTimeout,
    BodyTimeout,
    WriteTimeout,
    Lingered,
    StuckEffect,
    Evicted,
}

impl CloseReason {
    const ALL: [Self; 7] = [
        Self::KeepAlive,
        Self::HeadTimeout,
        Self::BodyTimeout,
        Self::WriteTimeout,
        Self::Lingered,
        Self::StuckEffect,
        Self::Evicted,
    ];

    /// Its name in a metric.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::KeepAlive => "keep_alive_timeout",
            Self::HeadTimeout => "head_timeout",
            Self::BodyTimeout => "body_timeout",
            Self::WriteTimeout => "write_timeout",
            Self::Lingered => "linger_timeout",
            Self::StuckEffect => "request_timeout",
            Self::Evicted => "evicted",
        }
    }
}

/// Written by the connection's stream, read and closed by the table.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    pub(super) id: u64,
    pub(super) address: AddressKey,
    pub(super) epoch: Instant,
    /// The phase in the highest byte and its start in milliseconds since the epoch; or the close
    /// reason. One word, so that a compare-and-swap never closes a connection on outdated state.
    phase: AtomicU64,
    /// When a byte was last read or written, in milliseconds since the epoch.
    progress: AtomicU64,
    /// When the send buffer became full, in milliseconds since the epoch; 0 while it is not.
    stalled: AtomicU64,
    answered: AtomicBool,
    /// Whether the stream must be woken by the answer, because it holds back bytes.
    is_held: AtomicBool,
    waker: AtomicWaker,
}

const PHASE_SHIFT: u32 = 56;
/// The lowest value of the highest byte that is a close reason.
const CLOSED: u8 = 128;

/// The state on which a close was decided: the connection is closed only if it is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judged(u64);

impl OpenConnection {
    pub(super) fn new(id: u64, address: AddressKey, epoch: Instant) -> Self {
        let connection = Self {
            id,
            address,
            epoch,
            phase: AtomicU64::new(0),
            progress: AtomicU64::new(0),
            stalled: AtomicU64::new(0),
            answered: AtomicBool::new(false),
            is_held: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        };
        connection.enter(Phase::Idle);
        connection.progressed();
        connection
    }

    fn now(&self) -> u64 {
        // Never 0, which means "not stalled".
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }

    /// Enters a phase, unless the connection is closed.
    pub(super) fn enter(&self, phase: Phase) {
        let next = (phase as u64) << PHASE_SHIFT | self.now();
        let open = |word: u64| (word >> PHASE_SHIFT < u64::from(CLOSED)).then_some(next);
        // A failure means closed; the stream reads that at its next poll.
        let _ = self.phase.fetch_update(Ordering::AcqRel, Ordering::Acquire, open);
    }

    /// The route reads no more of the body; its start time stays the same.
    pub(super) fn drain(&self) {
        let drained = |word: u64| {
            let (phase, since) = split(word);
            (phase == Phase::Body).then_some((Phase::Draining as u64) << PHASE_SHIFT | since)
        };
        let _ = self.phase.fetch_update(Ordering::AcqRel, Ordering::Acquire, drained);
    }

    pub(super) fn phase(&self) -> Phase {
        split(self.phase.load(Ordering::Acquire)).0
    }

    pub(super) fn progressed(&self) {
        self.progress.store(self.now(), Ordering::Relaxed);
    }

    /// Records whether the send buffer is full.
    pub(super) fn set_stalled(&self, stalled: bool) {
        let since = self.stalled.load(Ordering::Relaxed);
        if stalled && since == 0 {
            self.stalled.store(self.now(), Ordering::Relaxed);
        } else if !stalled && since != 0 {
            self.stalled.store(0, Ordering::Relaxed);
        }
    }

    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed) != 0
    }

    /// When a byte was last read or written, if the client is waited for and is idle.
    pub(super) fn idle_since(&self) -> Option<(u64, Judged)> {
        let word = self.phase.load(Ordering::Acquire);
        let at_work = split(word).0 == Phase::Working && !self.is_stalled();
        let since = self.progress.load(Ordering::Relaxed);
        let is_recent = u128::from(self.now().saturating_sub(since)) < LEAST_IDLE.as_millis();
        (!at_work && !is_recent).then_some((since, Judged(word)))
    }

    /// The timeout that has expired, if any.
    pub(super) fn overdue(&self, timeouts: &ConnectionTimeouts) -> Option<(CloseReason, Judged)> {
        let word = self.phase.load(Ordering::Acquire);
        self.overdue_in(split(word), timeouts).map(|reason| (reason, Judged(word)))
    }

    fn overdue_in(
        &self,
        (phase, since): (Phase, u64),
        timeouts: &ConnectionTimeouts,
    ) -> Option<CloseReason> {
        let now = self.now();
        let over = |since: u64, limit: Duration| {
            u128::from(now.saturating_sub(since)) >= limit.as_millis()
        };
        let stalled = self.stalled.load(Ordering::Relaxed);
        if stalled != 0 {
            // The other timeouts apply once the answer is written.
            return over(stalled, timeouts.write).then_some(CloseReason::WriteTimeout);
        }
        let (limit, reason) = match phase {
            Phase::Idle => (timeouts.keep_alive, CloseReason::KeepAlive),
            Phase::Head => (timeouts.head, CloseReason::HeadTimeout),
            Phase::Draining => (timeouts.body, CloseReason::BodyTimeout),
            Phase::Closing => (LINGER, CloseReason::Lingered),
            Phase::Body | Phase::Working => (LONGEST_REQUEST, CloseReason::StuckEffect),
        };
        over(since, limit).then_some(reason)
    }

    /// Closes the connection, unless its phase has changed since `Judged` was read.
    pub(super) fn close(&self, Judged(word): Judged, reason: CloseReason) -> bool {
        let closed = (reason as u64) << PHASE_SHIFT;
        let changed =
            self.phase.compare_exchange(word, closed, Ordering::AcqRel, Ordering::Acquire);
        if changed.is_ok() {
            self.waker.wake();
        }
        changed.is_ok()
    }

    pub(super) fn closed(&self) -> Option<CloseReason> {
        let byte = self.phase.load(Ordering::Acquire) >> PHASE_SHIFT;
        CloseReason::ALL.into_iter().find(|reason| *reason as u64 == byte)
    }

    pub(super) fn register(&self, waker: &std::task::Waker) {
        self.waker.register(waker);
    }

    pub(super) fn take_answered(&self) -> bool {
        // A load first: a swap at every socket read would cost more.
        self.answered.load(Ordering::Acquire) && self.answered.swap(false, Ordering::AcqRel)
    }

    /// Requests that the end of the answer wakes the stream.
    pub(super) fn hold(&self) {
        self.is_held.store(true, Ordering::Relaxed);
    }

    /// All bytes were passed to the socket: if the answer was complete, it has been sent.
    pub(super) fn flushed(&self) {
        if !self.answered.load(Ordering::Acquire) || self.is_stalled() {
            return;
        }
        match self.phase() {
            Phase::Working => self.enter(Phase::Idle),
            Phase::Body => self.drain(),
            Phase::Idle | Phase::Head | Phase::Draining | Phase::Closing => {}
        }
    }

    fn answered(&self) {
        self.answered.store(true, Ordering::Release);
        if self.is_held.swap(false, Ordering::AcqRel) {
            self.waker.wake();
        }
    }
}

fn split(word: u64) -> (Phase, u64) {
    let phase = Phase::ALL.into_iter().find(|it| *it as u64 == word >> PHASE_SHIFT);
    (phase.unwrap_or(Phase::Closing), word & ((1 << PHASE_SHIFT) - 1))
}

/// Held by the body of an answer; dropping it allows the connection's next request.
#[derive(Debug)]
pub(crate) struct Answering(pub(super) Arc<OpenConnection>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answered();
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const TIMEOUTS: ConnectionTimeouts = ConnectionTimeouts {
        keep_alive: Duration::from_secs(75),
        head: Duration::from_secs(5),
        body: Duration::from_secs(10),
        write: Duration::from_secs(8),
    };

    /// A connection that entered a phase `seconds` ago.
    fn entered(phase: Phase, seconds: u64) -> OpenConnection {
        let address = AddressKey::of(IpAddr::from([10, 0, 0, 1]));
        let mut connection = OpenConnection::new(1, address, Instant::now());
        connection.enter(phase);
        connection.progressed();
        connection.epoch -= Duration::from_millis(seconds * 1000 + 5);
        connection
    }

    fn overdue(connection: &OpenConnection) -> Option<CloseReason> {
        connection.overdue(&TIMEOUTS).map(|(reason, _)| reason)
    }

    #[test]
    fn every_phase_has_an_end() {
        for (phase, seconds, reason) in [
            (Phase::Idle, 75, CloseReason::KeepAlive),
            (Phase::Head, 5, CloseReason::HeadTimeout),
            (Phase::Draining, 10, CloseReason::BodyTimeout),
            (Phase::Closing, 5, CloseReason::Lingered),
            (Phase::Body, 60, CloseReason::StuckEffect),
            (Phase::Working, 60, CloseReason::StuckEffect),
        ] {
            assert_eq!(overdue(&entered(phase, seconds)), Some(reason), "{phase:?}");
            assert_eq!(overdue(&entered(phase, seconds - 1)), None, "{phase:?}");
        }
    }

    #[test]
    fn an_unread_answer_has_its_own_end() {
        let mut connection = entered(Phase::Idle, 100);
        connection.set_stalled(true);
        assert_eq!(overdue(&connection), None, "its keep-alive time has not begun");
        connection.epoch -= Duration::from_secs(8);
        assert_eq!(overdue(&connection), Some(CloseReason::WriteTimeout));
        connection.set_stalled(false);
        connection.set_stalled(true);
        assert_eq!(overdue(&connection), None, "a byte was taken");
    }

    #[test]
    fn a_connection_is_not_closed_on_what_was_true_before() {
        assert!(entered(Phase::Idle, 0).idle_since().is_none(), "it has just connected");
        let connection = entered(Phase::Idle, 75);
        let (reason, judged) = connection.overdue(&TIMEOUTS).unwrap();
        connection.enter(Phase::Head);
        assert!(!connection.close(judged, reason) && connection.closed().is_none());
        let (_, judged) = connection.idle_since().unwrap();
        assert!(connection.close(judged, CloseReason::Evicted));
        connection.enter(Phase::Working);
        assert_eq!(connection.closed(), Some(CloseReason::Evicted), "closed stays closed");
    }

    #[test]
    fn an_answer_is_at_work_until_it_is_flushed() {
        let connection = Arc::new(entered(Phase::Working, 1));
        drop(Answering(Arc::clone(&connection)));
        assert!(connection.idle_since().is_none());
        connection.flushed();
        assert!(connection.idle_since().is_some() && connection.phase() == Phase::Idle);
    }
}
