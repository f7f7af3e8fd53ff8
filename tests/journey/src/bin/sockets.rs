//! Holds thousands of connections in every way, and measures whether other clients are served.
#![expect(clippy::print_stdout, reason = "this program reports to its user")]

use std::net::IpAddr;
use std::time::Duration;

use anyhow::ensure;
use clap::Parser;
use madoguchi_journey::database::Store;
use madoguchi_journey::held::{Held, Hold, live_within};
use madoguchi_journey::test_system::TestSystem;

/// Holds connections and measures how long an ordinary client waits meanwhile.
#[derive(Debug, Parser)]
#[command(name = "tests/sockets", after_help = EXAMPLE)]
struct Options {
    /// Number of connections held in each way
    #[arg(long, default_value_t = 2100, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    held: u32,
}

const EXAMPLE: &str = "Example:\n  tests/sockets --held 2100\n\n\
    Fails if a client waits longer than 1 s, or 15 s if connections that are not idle are held \
    from its own address and the limit per address is off.";

const STRANGER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));
const HONEST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const PROBES: usize = 5;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let held = Options::parse().held as usize;
    println!("| connections held | from | limit for an address | held | longest wait | allowed |");
    println!("|---|---|---|---|---|---|");
    let mut late = 0;
    for how in Hold::ALL {
        late += usize::from(!measure(how, held, STRANGER, &[]).await?);
        let off = [("SERVER__TRUSTED_PROXIES", "[\"127.0.0.0/8\"]")];
        late += usize::from(!measure(how, held, HONEST, &off).await?);
    }
    ensure!(late == 0, "{late} waited too long");
    Ok(())
}

async fn measure(
    how: Hold,
    count: usize,
    from: IpAddr,
    changed: &[(&'static str, &str)],
) -> anyhow::Result<bool> {
    let changed: Vec<_> = changed.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    let limit = if changed.is_empty() { "on" } else { "off" };
    let patient = from == HONEST && !how.is_idle();
    let allowed = Duration::from_secs(if patient { 15 } else { 1 });
    let system = TestSystem::own(Store::Sqlite, changed).await?;
    let addr = system.caller.addr();
    let held = Held::open(how, addr, from, count).await;
    let mut longest = Duration::ZERO;
    for _ in 0..PROBES {
        let waited = live_within(addr, HONEST, Duration::from_secs(60)).await?;
        longest = longest.max(waited);
    }
    println!(
        "| {} | {from} | {limit} | {} | {:.3} s | {} s |",
        how.as_str(),
        held.count(),
        longest.as_secs_f64(),
        allowed.as_secs()
    );
    drop(held);
    system.stop()?;
    Ok(longest <= allowed)
}
