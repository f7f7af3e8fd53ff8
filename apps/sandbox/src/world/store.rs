//! The world's state behind one lock, under which each change is written to the file first.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::channel::{Channel, Meets, Plan};
use super::clock;
use super::esb_mode::EsbOptions;
use super::journal::Journal;
use super::ledger::{Effect, Ledger, Memory, Pending, Record};
use super::scenario::Setting;

/// The state. No method waits under the lock, so it is never held for longer than one write.
#[derive(Debug)]
pub(super) struct Store {
    esb: EsbOptions,
    /// The channels that do not apply an equal effect again.
    deduping: Vec<&'static str>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    ledger: Ledger,
    journal: Option<Journal>,
}

impl State {
    /// Writes to the file before changing the state, so that nothing unwritten takes effect.
    fn record(&mut self, record: Record) -> io::Result<()> {
        self.open_journal()?.append(&record)?;
        self.ledger.add(record);
        Ok(())
    }

    fn open_journal(&mut self) -> io::Result<&mut Journal> {
        self.journal.as_mut().ok_or_else(|| io::Error::other("the world was stopped"))
    }
}

impl Store {
    /// Opens the state of the last run.
    pub(super) fn open(
        data: &Path,
        esb: EsbOptions,
        deduping: Vec<&'static str>,
    ) -> anyhow::Result<Self> {
        let mut ledger = Ledger::default();
        let journal = Journal::open(data, |record| ledger.add(record))?;
        Ok(Self { esb, deduping, state: Mutex::new(State { ledger, journal: Some(journal) }) })
    }

    /// What the simulated ESB can do.
    pub(super) const fn esb(&self) -> EsbOptions {
        self.esb
    }

    /// Closes the file. Messages under way fail.
    pub(super) fn close(&self) {
        self.state().journal = None;
    }

    /// Journals a message under its scenario, in one record with the effect it will have. Returns
    /// the plan and the id of the effect, which the caller has to pass to [`Self::apply_after`].
    pub(super) fn receive<A>(
        &self,
        channel: &dyn Channel,
        meets: Meets,
        plan: impl FnOnce(&str, &[Arc<Effect>]) -> Result<Plan<A>, String>,
        entry: impl FnOnce(Timestamp, &str) -> io::Result<Box<RawValue>>,
    ) -> io::Result<(Plan<A>, Option<u64>)> {
        let mut state = self.state();
        let (scenario, key) = match meets {
            Meets::ScenarioOf(key) => {
                (state.ledger.upcoming(channel.name(), &key).to_owned(), Some(key))
            }
            Meets::Always(scenario) => (scenario.to_owned(), None),
        };
        let applied = state.ledger.applied(channel.name());
        let mut plan = plan(&scenario, applied).map_err(io::Error::other)?;
        let (id, at) = (state.ledger.next_id(), clock::now());
        let due = at + plan.wait;
        let pending = plan.effect.take().map(|effect| Pending { id, due, effect });
        let id = pending.as_ref().map(|_| id);
        let (channel, entry) = (channel.name().to_owned(), entry(at, &scenario)?);
        state.record(Record::Received { channel, key, entry, pending })?;
        Ok((plan, id))
    }

    /// The scenario of the next message with this key, without using it up.
    pub(super) fn upcoming(&self, channel: &dyn Channel, key: &str) -> String {
        self.state().ledger.upcoming(channel.name(), key).to_owned()
    }

    /// The effects that are not applied yet, each with the time until it is due.
    pub(super) fn pending(&self) -> Vec<(u64, Duration)> {
        let now = clock::now();
        let wait = |due: Timestamp| Duration::try_from(due.duration_since(now)).unwrap_or_default();
        let state = self.state();
        let pending = state.ledger.pending().iter();
        pending.map(|(id, (_, pending))| (*id, wait(pending.due))).collect()
    }

    /// Waits, then applies an effect, unless the world was reset meanwhile. A zero wait does not
    /// yield, so that a client that disconnects cannot stop the effect.
    pub(super) async fn apply_after(
        self: Arc<Self>,
        wait: Duration,
        id: Option<u64>,
    ) -> io::Result<()> {
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let mut state = self.state();
        let Some((id, (channel, _))) = id.and_then(|id| state.ledger.pending().get_key_value(&id))
        else {
            return Ok(());
        };
        let (id, once) = (*id, self.deduping.contains(&channel.as_str()));
        let applied = state.record(Record::Applied { id, at: clock::now(), once });
        applied.inspect_err(|error| {
            tracing::warn!(%error, "an effect stays pending until the next start");
        })
    }

    /// Sets a scenario.
    pub(super) fn set(&self, setting: Setting) -> io::Result<()> {
        self.state().record(Record::Scenario(setting))
    }

    /// Deletes everything, also from the file, which may contain personal data.
    pub(super) fn forget(&self) -> io::Result<()> {
        let mut state = self.state();
        state.open_journal()?.empty()?;
        state.ledger.add(Record::Forgotten);
        Ok(())
    }

    /// The journal of a channel.
    pub(super) fn memory(&self, channel: &dyn Channel) -> Memory {
        self.state().ledger.memory(channel.name())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
