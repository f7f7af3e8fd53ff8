//! The simulated bank: one lock under which each change is written to the file, then applied.

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::callers::Lookup;
use super::clock;
use super::da21::Order;
use super::esb_mode::EsbMode;
use super::journal::Journal;
use super::ledger::{Effect, Ledger, Memory, Record};
use super::scenario::{Channel, Setting, esb, lookup};

/// The scenario of a request, and the world's age when it arrived.
#[derive(Debug, Clone, Copy)]
pub(super) struct Met {
    pub(super) scenario: esb::Scenario,
    pub(super) age: u64,
}

/// The bank. No method waits, so the lock is never held for longer than one write.
#[derive(Debug)]
pub(super) struct Bank {
    mode: EsbMode,
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    ledger: Ledger,
    journal: Option<Journal>,
}

impl Books {
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

impl Bank {
    /// Opens the bank with the state of the last run.
    pub(super) fn open(data: &Path, mode: EsbMode) -> anyhow::Result<Self> {
        let mut ledger = Ledger::default();
        let journal = Journal::open(data, |record| ledger.add(record))?;
        Ok(Self { mode, books: Mutex::new(Books { ledger, journal: Some(journal) }) })
    }

    /// Closes the file. Requests under way fail.
    pub(super) fn close(&self) {
        self.books().journal = None;
    }

    /// Journals a request and returns its scenario.
    pub(super) fn receive(
        &self,
        order: &Order,
        entry: impl FnOnce(Timestamp, &str) -> io::Result<Box<RawValue>>,
    ) -> io::Result<Met> {
        let mut books = self.books();
        let key = &order.arrangement;
        let met = Met { scenario: books.ledger.upcoming(key), age: books.ledger.age() };
        let entry = entry(clock::now(), &met.scenario.to_string())?;
        let channel = Channel::Esb;
        books.record(Record::Received { channel, key: Some(key.clone()), entry })?;
        Ok(met)
    }

    /// Journals a lookup and returns its scenario.
    pub(super) fn meet_lookup(
        &self,
        kind: Lookup,
        key: &str,
        entry: impl FnOnce(Timestamp, &str) -> io::Result<Box<RawValue>>,
    ) -> io::Result<lookup::Scenario> {
        let mut books = self.books();
        let met = books.ledger.upcoming_lookup(kind, key);
        let entry = entry(clock::now(), &met.to_string())?;
        let key = Some(key.to_owned());
        books.record(Record::Received { channel: kind.channel(), key, entry })?;
        Ok(met)
    }

    /// Journals a request that is not a valid message of its channel.
    pub(super) fn meet_malformed(
        &self,
        channel: Channel,
        entry: impl FnOnce(Timestamp, &str) -> io::Result<Box<RawValue>>,
    ) -> io::Result<()> {
        let mut books = self.books();
        let entry = entry(clock::now(), "malformed")?;
        books.record(Record::Received { channel, key: None, entry })
    }

    /// Executes an order, unless the world was reset since it arrived, or the mode dedupes and
    /// the order is repeated.
    pub(super) fn carry_out(&self, order: &Order, age: u64) -> io::Result<()> {
        let mut books = self.books();
        let repeated = match self.mode {
            EsbMode::AbsoluteSet => false,
            EsbMode::Dedupes => books.ledger.has_carried_out(order),
        };
        if repeated || books.ledger.age() != age {
            return Ok(());
        }
        books.record(Record::Effect(Effect { order: order.clone(), at: clock::now() }))
    }

    /// Sets a scenario.
    pub(super) fn set(&self, setting: Setting) -> io::Result<()> {
        self.books().record(Record::Scenario(setting))
    }

    /// Deletes everything, also from the file, which may contain personal data.
    pub(super) fn forget(&self) -> io::Result<()> {
        let mut books = self.books();
        books.open_journal()?.empty()?;
        books.ledger.add(Record::Forgotten);
        Ok(())
    }

    /// The journal of a channel.
    pub(super) fn memory(&self, channel: Channel) -> Memory {
        self.books().ledger.memory(channel)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
