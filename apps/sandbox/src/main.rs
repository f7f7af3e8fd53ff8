//! The command line of the sandbox: its commands and options.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use madoguchi_sandbox::{Addresses, EsbOptions, StackOptions, demo, up, world_alone};
use tracing_subscriber::EnvFilter;

const API_PORT: u16 = 8080;
const WORLD_PORT: u16 = 8090;
const SMTP_PORT: u16 = 8025;
const DATA: &str = "sandbox-data";

/// The service and a simulation of the external systems it calls, on this machine.
#[derive(Debug, Parser)]
#[command(
    name = "madoguchi-sandbox",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Example: madoguchi-sandbox          (the same as: madoguchi-sandbox up)"
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the API and the simulated world, with ten members and access tokens
    #[command(after_help = "Example: madoguchi-sandbox up --api 127.0.0.1:0 --data ./sandbox-data")]
    Up(Options),
    /// Run every journey and print what each step proves; exit 0 only if all were as expected
    #[command(after_help = "Example: madoguchi-sandbox demo --esb dedupes --esb-inquiry")]
    Demo(Options),
    /// Start the simulated world only, for a separate `madoguchi serve`
    #[command(after_help = "Example: madoguchi-sandbox world --world 127.0.0.1:8090")]
    World(WorldOptions),
}

#[derive(Debug, Args)]
struct Options {
    /// Address of the API; port 0 picks a free port [default: 127.0.0.1:8080; demo: a free port]
    #[arg(long, value_name = "ADDR")]
    api: Option<SocketAddr>,
    #[command(flatten)]
    world: WorldOptions,
    /// PostgreSQL or SQLite URL, instead of the SQLite file in the data directory
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

#[derive(Debug, Args)]
struct WorldOptions {
    /// Address of the world; port 0 picks a free port [default: 127.0.0.1:8090; demo: a free port]
    #[arg(long, value_name = "ADDR")]
    world: Option<SocketAddr>,
    /// Address of the world's mail server [default: 127.0.0.1:8025; demo: a free port]
    #[arg(long, value_name = "ADDR")]
    smtp: Option<SocketAddr>,
    /// Directory for all files [default: ./sandbox-data; demo: a temporary directory]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    esb: EsbOptions,
}

impl Options {
    fn on_known_ports(self) -> StackOptions {
        StackOptions {
            api: self.api.unwrap_or(local(API_PORT)),
            world: self.world.addresses(WORLD_PORT, SMTP_PORT),
            data: self.world.data.unwrap_or_else(|| DATA.into()),
            database_url: self.database_url,
            esb: self.world.esb,
        }
    }

    fn on_free_ports(self, data: PathBuf) -> StackOptions {
        StackOptions {
            api: self.api.unwrap_or(local(0)),
            world: self.world.addresses(0, 0),
            data,
            database_url: self.database_url,
            esb: self.world.esb,
        }
    }
}

impl WorldOptions {
    fn addresses(&self, http: u16, smtp: u16) -> Addresses {
        Addresses {
            http: self.world.unwrap_or(local(http)),
            smtp: self.smtp.unwrap_or(local(smtp)),
        }
    }
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr();
    match run(cli).await {
        Ok(code) => code,
        Err(error) => {
            // Not `eprintln!`, which panics if standard error is closed.
            _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command.unwrap_or(Command::Up(cli.options)) {
        Command::Up(options) => up(options.on_known_ports()).await?,
        Command::Demo(mut options) => {
            let kept = options.world.data.take();
            let fresh = tempfile::tempdir()?;
            let data = kept.unwrap_or_else(|| fresh.path().to_owned());
            if !demo(options.on_free_ports(data)).await? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::World(options) => {
            let addresses = options.addresses(WORLD_PORT, SMTP_PORT);
            let data = options.data.unwrap_or_else(|| DATA.into());
            world_alone(addresses, &data, options.esb).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Logs errors only, unless `RUST_LOG` says otherwise, to keep the output readable.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_up_is_the_default() {
        Cli::command().debug_assert();
        let cli = Cli::parse_from(["madoguchi-sandbox", "--api", "127.0.0.1:0"]);
        assert!(cli.command.is_none());
        assert_eq!(cli.options.on_known_ports().api.port(), 0);
    }

    #[test]
    fn every_command_explains_itself_with_an_example() {
        let mut cli = Cli::command();
        for command in
            std::iter::once(cli.clone()).chain(cli.get_subcommands_mut().map(|c| c.clone()))
        {
            let help = command.clone().render_help().to_string();
            assert!(help.contains("Example: madoguchi-sandbox"), "{help}");
        }
    }
}
