//! The kill test at full size: kills the server repeatedly under load while the bank or the mail
//! server fails, then checks their journals for what was lost or doubled.
#![expect(clippy::print_stdout, reason = "this program reports to its user")]

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, ValueEnum, value_parser};
use madoguchi_journey::database::Store;
use madoguchi_journey::kill_test::{AnnouncementKillTest, KeyedKillTest, KillTest, MailKillTest};
use madoguchi_journey::test_system::TestSystem;
use madoguchi_testkit::samples::chance::Chance;

/// Kills the server under a load of verdicts and counts lost and doubled orders.
#[derive(Debug, Parser)]
#[command(name = "tests/chaos", after_help = EXAMPLE)]
struct Options {
    /// Number of kills with SIGKILL, on each database
    #[arg(long, default_value_t = 50)]
    kills: u32,
    /// Number of verdicts, each on its own case
    #[arg(long, default_value_t = 2000, value_parser = value_parser!(u32).range(50..=100_000))]
    verdicts: u32,
    /// Number of concurrent callers
    #[arg(long, default_value_t = 16, value_parser = value_parser!(u32).range(1..=25))]
    callers: u32,
    /// Percentage of orders with a fault of the bank, or of mails with one of the mail server
    #[arg(long, default_value_t = 30, value_parser = value_parser!(u64).range(0..=100))]
    faults: u64,
    /// Repeat requests with an Idempotency-Key instead, and count what acted twice: `--verdicts`
    /// is then the number of keys
    #[arg(long)]
    keys: bool,
    /// Approve contacts and send their mails instead, while the mail server fails: `--verdicts` is
    /// then the number of contacts
    #[arg(long, conflicts_with = "keys")]
    mails: bool,
    /// Mail an announcement instead: `--verdicts` is then the number of persons
    #[arg(long, conflicts_with_all = ["keys", "mails"])]
    announcement: bool,
    /// Database to test
    #[arg(long, value_enum, default_value_t = On::Both)]
    database: On,
    /// Seed of the random numbers [default: random]
    #[arg(long)]
    seed: Option<u64>,
}

const EXAMPLE: &str = "Examples:\n  tests/chaos --kills 50 --verdicts 2000 --database postgres\n\
    \u{20} tests/chaos --keys\n  tests/chaos --mails --kills 50 --verdicts 1000\n\
    \u{20} tests/chaos --announcement --verdicts 100000 --database postgres\n\n\
    Exits with 1 if anything was lost or doubled, or if no kill aborted a request.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum On {
    Sqlite,
    Postgres,
    Both,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let seed = options.seed.unwrap_or_else(Chance::any_seed);
    let mut good = true;
    for store in Store::ALL {
        if options.database != On::Both && options.database != On::of(store) {
            continue;
        }
        println!("{}, seed {seed}", store.as_str());
        let (report, holds) = match (options.keys, options.mails) {
            _ if options.announcement => announce(&options, store, seed).await?,
            (true, _) => repeat(&options, store, seed).await?,
            (false, true) => mail(&options, store, seed).await?,
            (false, false) => endure(&options, store, seed).await?,
        };
        println!("\r{report}\n");
        good &= holds;
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl On {
    const fn of(store: Store) -> Self {
        match store {
            Store::Sqlite => Self::Sqlite,
            Store::Postgres => Self::Postgres,
        }
    }
}

/// The report as text, and whether it holds.
type Reported = (String, bool);

async fn endure(options: &Options, store: Store, seed: u64) -> anyhow::Result<Reported> {
    // Many faults would open the circuit breaker, which has its own tests.
    let changed = vec![("EFFECTS__BREAKER_FAILURES", "1000".to_owned())];
    let system = Arc::new(TestSystem::own(store, changed).await?);
    let kill_test = KillTest {
        verdicts: options.verdicts as usize,
        kills: options.kills,
        callers: options.callers as usize,
        faults: options.faults,
        scenarios: &KillTest::SCENARIOS,
        seed,
    };
    let report = kill_test.run(&system, progress).await?;
    Ok((report.to_string(), report.holds()))
}

async fn mail(options: &Options, store: Store, seed: u64) -> anyhow::Result<Reported> {
    let changed = vec![("EFFECTS__BREAKER_FAILURES", "1000".to_owned())];
    let system = Arc::new(TestSystem::own(store, changed).await?);
    let test = MailKillTest {
        contacts: options.verdicts as usize,
        kills: options.kills,
        approvers: options.callers as usize,
        faults: options.faults,
        seed,
    };
    let report = test.run(&system, progress).await?;
    Ok((report.to_string(), report.holds()))
}

/// The rest goes at once after a first batch.
async fn announce(options: &Options, store: Store, seed: u64) -> anyhow::Result<Reported> {
    let changed = vec![
        ("EFFECTS__BREAKER_FAILURES", "1000".to_owned()),
        ("CONTACTS__MAILS_PER_SECOND", "1000".to_owned()),
    ];
    let system = Arc::new(TestSystem::own(store, changed).await?);
    let test = AnnouncementKillTest { persons: options.verdicts, kills: options.kills, seed };
    let report = test.run(&system, progress).await?;
    Ok((report.to_string(), report.holds()))
}

/// Each member uses nine keys.
async fn repeat(options: &Options, store: Store, seed: u64) -> anyhow::Result<Reported> {
    let system = Arc::new(TestSystem::own(store, Vec::new()).await?);
    let (members, clients) = (options.verdicts.div_ceil(9) as usize, options.callers as usize);
    let test = KeyedKillTest { members, kills: options.kills, clients, seed };
    let report = test.run(&system, progress).await?;
    Ok((report.to_string(), report.holds()))
}

fn progress(how_far: &str) {
    if std::io::stdout().is_terminal() {
        show(how_far);
    } else {
        println!("  {how_far}");
    }
}

/// Replaces the previous progress line.
fn show(how_far: &str) {
    use std::io::Write;
    print!("\r\x1b[K  {how_far}");
    // A closed pipe is not an error.
    let _ = std::io::stdout().flush();
}
