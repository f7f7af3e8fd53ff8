//! Requests with an idempotency key: answered once, then replayed.

mod expiry;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::idempotency::{KeyedRequest, Replay, Replayable, RequestKey};
use madoguchi_domain::port::{ReplayStore, StoreError};

use crate::ServiceError;
use crate::until_moved::until_moved;

pub use expiry::ReplayExpiry;

/// The answer to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered<T> {
    /// The answer.
    pub value: T,
    /// Whether it is the stored answer of an earlier request with the same key.
    pub is_replayed: bool,
}

impl<T> Answered<T> {
    /// An answer that was decided now.
    pub(crate) const fn new(value: T) -> Self {
        Self { value, is_replayed: false }
    }

    /// The same for a part of the answer, or another form of it.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Answered<U> {
        Answered { value: change(self.value), is_replayed: self.is_replayed }
    }
}

/// The answer that is stored for `request`.
pub(crate) fn replayed<T: Replayable>(
    replay: &Replay,
    request: &KeyedRequest,
) -> Result<Answered<T>, ServiceError> {
    let payload = replay.answer_to(request)?;
    let value = T::from_payload(payload).map_err(|error| {
        tracing::error!(%error, "a stored answer cannot be read");
        ServiceError::Corrupt
    })?;
    Ok(Answered { value, is_replayed: true })
}

/// What a decision commits, to which the stored answer of its request can be added.
pub(crate) trait WithReplay {
    fn with_replay(self, replay: Option<Replay>) -> Self;
}

impl<W> WithReplay for Change<W> {
    fn with_replay(self, replay: Option<Replay>) -> Self {
        Self { replay, ..self }
    }
}

/// The answer speaks of all changes, which are written together or not at all.
impl<W> WithReplay for Vec<Change<W>> {
    fn with_replay(mut self, replay: Option<Replay>) -> Self {
        if let Some(first) = self.first_mut() {
            first.replay = replay;
        }
        self
    }
}

/// What a request without a stored answer commits.
pub(crate) enum Commit<C> {
    Change(Box<C>),
    /// It changes nothing, and its answer is stored.
    Answer(Replay),
}

/// As [`until_moved`], once for each key: a request whose key has a stored answer gets that.
///
/// # Errors
/// See [`ServiceError`].
pub(crate) async fn once_until_moved<C, T, Decided, Committing>(
    replays: &dyn ReplayStore,
    keyed: Option<KeyedRequest>,
    decide: impl Fn() -> Decided,
    commit: impl Fn(C) -> Committing,
) -> Result<Answered<T>, ServiceError>
where
    C: WithReplay,
    T: Replayable,
    Decided: Future<Output = Result<(Option<C>, T), ServiceError>>,
    Committing: Future<Output = Result<Vec<Committed>, StoreError>>,
{
    let decide_once = || async {
        let decided = decide().await;
        // After the decision has read its data: what it read may be what the first request wrote.
        // Also if it could not be read, because the answer may need none of it.
        if let Some(request) = &keyed
            && let Some(replay) = replays.find(&[request.key]).await?.pop().flatten()
        {
            return Ok((None, replayed(&replay, request)?));
        }
        let (change, answer) = decided?;
        let replay = Replay::of(keyed, &answer);
        let to_commit = match change {
            Some(change) => Some(Commit::Change(Box::new(change.with_replay(replay)))),
            None => replay.map(Commit::Answer),
        };
        Ok((to_commit, Answered::new(answer)))
    };
    let commit = |to_commit| async {
        match to_commit {
            Commit::Change(change) => commit(*change).await,
            Commit::Answer(replay) => replays.record(&[replay]).await,
        }
    };
    until_moved(decide_once, commit).await
}

/// The keys of the requests that this process is working on.
#[derive(Clone, Default)]
pub struct RunningKeys(Arc<Mutex<HashSet<RequestKey>>>);

impl RunningKeys {
    /// Marks a key as running until the result is dropped; `None` if it is running already.
    ///
    /// ```
    /// use madoguchi_application::RunningKeys;
    /// use madoguchi_domain::idempotency::RequestKey;
    ///
    /// let (keys, key) = (RunningKeys::default(), RequestKey(uuid::Uuid::from_u128(7)));
    /// let first = keys.begin(key);
    /// assert!(first.is_some() && keys.begin(key).is_none());
    /// drop(first);
    /// assert!(keys.begin(key).is_some());
    /// ```
    #[must_use]
    pub fn begin(&self, key: RequestKey) -> Option<RunningKey> {
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        is_new.then(|| RunningKey { all: self.clone(), key })
    }
}

impl fmt::Debug for RunningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.lock().unwrap_or_else(PoisonError::into_inner).len();
        write!(f, "RunningKeys({count})")
    }
}

/// One key that is running.
#[derive(Debug)]
pub struct RunningKey {
    all: RunningKeys,
    key: RequestKey,
}

impl Drop for RunningKey {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
