//! The played bank: the one lock under which something is written to the file and then true.

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::EsbMode;
use super::callers::Lookup;
use super::clock;
use super::da21::Order;
use super::journal::Journal;
use super::ledger::{Effect, Ledger, Memory, Record};
use super::scenario::{Channel, Setting, esb, lookup};

/// What a request met, and the age of the world it came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Met {
    pub(super) scenario: esb::Scenario,
    pub(super) age: u64,
}

/// The bank. Nothing in here waits, so its lock is never held for longer than one write.
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
    /// First the file, then the state: what is not written has not happened.
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
    /// The bank as its last day ended.
    pub(super) fn open(data: &Path, mode: EsbMode) -> anyhow::Result<Self> {
        let mut ledger = Ledger::default();
        let journal = Journal::open(data, |record| ledger.add(record))?;
        Ok(Self { mode, books: Mutex::new(Books { ledger, journal: Some(journal) }) })
    }

    /// Lets go of the file. Whatever is still under way fails.
    pub(super) fn close(&self) {
        self.books().journal = None;
    }

    /// Journals a request, and says what it meets.
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

    /// Journals a lookup, and says what it meets.
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

    /// Journals a request that is no message of its channel.
    pub(super) fn meet_malformed(
        &self,
        channel: Channel,
        entry: impl FnOnce(Timestamp, &str) -> io::Result<Box<RawValue>>,
    ) -> io::Result<()> {
        let mut books = self.books();
        let entry = entry(clock::now(), "malformed")?;
        books.record(Record::Received { channel, key: None, entry })
    }

    /// Carries an order out, unless everything was forgotten since it came, or the mode says that
    /// the same order counts once.
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

    /// Plays this from now on.
    pub(super) fn set(&self, setting: Setting) -> io::Result<()> {
        self.books().record(Record::Scenario(setting))
    }

    /// Forgets everything, in the file too: it may hold what somebody said.
    pub(super) fn forget(&self) -> io::Result<()> {
        let mut books = self.books();
        books.open_journal()?.empty()?;
        books.ledger.add(Record::Forgotten);
        Ok(())
    }

    /// What is remembered of a channel.
    pub(super) fn memory(&self, channel: Channel) -> Memory {
        self.books().ledger.memory(channel)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
