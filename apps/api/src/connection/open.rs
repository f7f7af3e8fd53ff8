//! One open connection as the table sees it: what it waits for, and since when.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;

use super::address::AddressKey;

/// How long a client may take for each part of a request.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionTimeouts {
    /// Between an answer and the first byte of the next request.
    pub keep_alive: Duration,
    /// From the first byte of a head to its last.
    pub head: Duration,
    /// For a body: from its head if it is read, from its answer if it is not.
    pub body: Duration,
    /// Without a byte of an answer taken.
    pub write: Duration,
}

/// How long a closed connection is kept for a client that has not read its answer yet.
const LINGER: Duration = Duration::from_secs(5);
/// Longer than any request is at work: its body, its wait for a password, its use case.
const LONGEST_REQUEST: Duration = Duration::from_secs(60);

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// The next request.
    Idle,
    /// The rest of a head.
    Head,
    /// The rest of a body that the request at work may read.
    Body,
    /// An answer of ours.
    Working,
    /// The rest of a body that nobody reads.
    Draining,
    /// The client's end, after ours.
    Closing,
}

impl Phase {
    const ALL: [Self; 6] =
        [Self::Idle, Self::Head, Self::Body, Self::Working, Self::Draining, Self::Closing];
}

/// Why a connection is closed by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum CloseReason {
    KeepAlive = 1,
    HeadTimeout,
    BodyTimeout,
    WriteTimeout,
    Lingered,
    Stuck,
    Evicted,
}

impl CloseReason {
    const ALL: [Self; 7] = [
        Self::KeepAlive,
        Self::HeadTimeout,
        Self::BodyTimeout,
        Self::WriteTimeout,
        Self::Lingered,
        Self::Stuck,
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
            Self::Stuck => "request_timeout",
            Self::Evicted => "evicted",
        }
    }
}

/// Shared by the connection's stream, which writes it, and the table, which reads it.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    pub(super) id: u64,
    pub(super) address: AddressKey,
    epoch: Instant,
    /// The phase in the highest byte, and when it began in milliseconds since the epoch.
    phase: AtomicU64,
    /// When a byte was last read or written.
    progress: AtomicU64,
    /// When a write was first refused for want of room; 0 while none is.
    stalled: AtomicU64,
    answered: AtomicBool,
    /// Whether the stream waits for the answer, because it holds something back.
    is_held: AtomicBool,
    closed: AtomicU8,
    waker: AtomicWaker,
}

const PHASE_SHIFT: u32 = 56;

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
            closed: AtomicU8::new(0),
            waker: AtomicWaker::new(),
        };
        connection.enter(Phase::Idle);
        connection.progressed();
        connection
    }

    fn now(&self) -> u64 {
        // Never 0, which stands for "not".
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store((phase as u64) << PHASE_SHIFT | self.now(), Ordering::Relaxed);
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase_and_start().0
    }

    fn phase_and_start(&self) -> (Phase, u64) {
        let both = self.phase.load(Ordering::Relaxed);
        let phase = Phase::ALL.into_iter().find(|it| *it as u64 == both >> PHASE_SHIFT);
        (phase.unwrap_or(Phase::Idle), both & ((1 << PHASE_SHIFT) - 1))
    }

    pub(super) fn progressed(&self) {
        self.progress.store(self.now(), Ordering::Relaxed);
    }

    /// Records whether what was to be written found room.
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

    /// When the client last did something, if it is the client that is waited for.
    pub(super) fn idle_since(&self) -> Option<u64> {
        let at_work = self.phase() == Phase::Working && !self.is_stalled();
        (!at_work).then(|| self.progress.load(Ordering::Relaxed))
    }

    /// Says which time is up, if one is.
    pub(super) fn overdue(&self, timeouts: &ConnectionTimeouts) -> Option<CloseReason> {
        let now = self.now();
        let over = |since: u64, limit: Duration| {
            u128::from(now.saturating_sub(since)) >= limit.as_millis()
        };
        let stalled = self.stalled.load(Ordering::Relaxed);
        if stalled != 0 && over(stalled, timeouts.write) {
            return Some(CloseReason::WriteTimeout);
        }
        let (phase, since) = self.phase_and_start();
        let (limit, reason) = match phase {
            Phase::Idle => (timeouts.keep_alive, CloseReason::KeepAlive),
            Phase::Head => (timeouts.head, CloseReason::HeadTimeout),
            Phase::Draining => (timeouts.body, CloseReason::BodyTimeout),
            Phase::Closing => (LINGER, CloseReason::Lingered),
            Phase::Body | Phase::Working => (LONGEST_REQUEST, CloseReason::Stuck),
        };
        over(since, limit).then_some(reason)
    }

    /// Has the stream end it; the first reason counts.
    pub(super) fn close(&self, reason: CloseReason) {
        let first =
            self.closed.compare_exchange(0, reason as u8, Ordering::Release, Ordering::Relaxed);
        if first.is_ok() {
            self.waker.wake();
        }
    }

    pub(super) fn closed(&self) -> Option<CloseReason> {
        let closed = self.closed.load(Ordering::Acquire);
        CloseReason::ALL.into_iter().find(|reason| *reason as u8 == closed)
    }

    pub(super) fn register(&self, waker: &std::task::Waker) {
        self.waker.register(waker);
    }

    pub(super) fn take_answered(&self) -> bool {
        // Read first: a swap for every read of a socket would cost more.
        self.answered.load(Ordering::Acquire) && self.answered.swap(false, Ordering::AcqRel)
    }

    /// Has the stream woken by the answer.
    pub(super) fn hold(&self) {
        self.is_held.store(true, Ordering::Relaxed);
    }

    fn answered(&self) {
        match self.phase() {
            Phase::Working => self.enter(Phase::Idle),
            Phase::Body => self.enter(Phase::Draining),
            Phase::Idle | Phase::Head | Phase::Draining | Phase::Closing => {}
        }
        self.answered.store(true, Ordering::Release);
        if self.is_held.swap(false, Ordering::AcqRel) {
            self.waker.wake();
        }
    }
}

/// Held by the body of an answer: dropped, the connection's next request may begin.
#[derive(Debug)]
pub(crate) struct Answering(pub(super) Arc<OpenConnection>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answered();
    }
}
