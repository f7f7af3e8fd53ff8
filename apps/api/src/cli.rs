//! The commands and options of the `madoguchi` program.

mod announcements;
mod backup;
mod bounces;
mod configured;
mod crm_role;
mod keys;
mod mail;
mod reconcile;
mod resolve;
mod retention;
mod rotation_progress;
mod stop_signals;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::settings::{DEFAULT_SOURCE_PREFIX, ENVIRONMENT_PREFIX, Settings};
use crate::{Server, logging, problem, routes, wiring};

use announcements::AnnouncementsCommand;
use backup::{BackupCommand, RestoreCommand};
use bounces::BouncesCommand;
use configured::Configured;
use crm_role::CrmRoleCommand;
use keys::KeysCommand;
use mail::MailCommand;
use reconcile::ReconcileCommand;
use resolve::ResolveCommand;
use retention::RetentionCommand;
use stop_signals::StopSignals;

/// The middle office between a contact centre and its core systems.
#[derive(Debug, Parser)]
#[command(name = "madoguchi", version, after_help = EXAMPLE)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLE: &str = "Example:\n  madoguchi migrate --config madoguchi.toml\n  \
    madoguchi serve --config madoguchi.toml\n\n\
    Every key of the file can be given as MADOGUCHI__SECTION__KEY in the environment instead.";

/// An attacker can make many guesses while the user is active, so a password must be random.
const LEAST_PASSWORD: usize = 16;

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve HTTP, send orders to the core bank and mails until SIGTERM. SIGHUP reloads tokens,
    /// users and keys.
    #[command(after_help = "Example:\n  madoguchi serve --config madoguchi.toml")]
    Serve {
        /// Remember these keys of secrets.* instead of those that the database was used with.
        /// docs/keys.md#keys-of-the-server says what is lost.
        #[arg(long)]
        accept_new_keys: bool,
        #[command(flatten)]
        configured: Configured,
    },
    /// Migrate the database to this version's schema.
    #[command(after_help = "Example:\n  madoguchi migrate --config madoguchi.toml")]
    Migrate(Configured),
    /// Copy the SQLite database to a new file, while servers use it.
    #[command(after_help = backup::BACKUP_EXAMPLE)]
    Backup(BackupCommand),
    /// Put a copy in the place of the SQLite database, which no process may use. The database
    /// before is kept beside it.
    #[command(after_help = backup::RESTORE_EXAMPLE)]
    Restore(RestoreCommand),
    /// Print the OpenAPI document of the API.
    #[command(after_help = "Example:\n  madoguchi openapi > openapi.json\n\n\
        With --config or MADOGUCHI__ variables, their server.source_prefix and error_codes are \
        used, and the whole configuration is checked, as by serve. Otherwise it is the default.")]
    Openapi(Configured),
    /// Read a password from standard input and print its hash for the gateway's user file.
    #[command(after_help = "Example:\n  \
        (umask 077; openssl rand -hex 16 | tee password | madoguchi hash-password)")]
    HashPassword,
    /// Print the SQL script that lets another system read the views, for psql.
    #[command(after_help = crm_role::EXAMPLE)]
    CrmRole(CrmRoleCommand),
    /// Show announcements, as a client of a running server.
    #[command(subcommand)]
    Announcements(AnnouncementsCommand),
    /// Compare our levels of all members with the core bank's, and change nothing.
    #[command(after_help = reconcile::EXAMPLE)]
    Reconcile(ReconcileCommand),
    /// Create, list, rotate and examine the keys that seal personal data.
    #[command(subcommand, after_help = keys::EXAMPLE)]
    Keys(KeysCommand),
    /// Preview mails to customers.
    #[command(subcommand, after_help = mail::EXAMPLE)]
    Mail(MailCommand),
    /// Read delivery reports about mails that came back.
    #[command(subcommand, after_help = bounces::EXAMPLE)]
    Bounces(BouncesCommand),
    /// Show and do what retention deletes, reports and purges.
    #[command(subcommand, after_help = retention::EXAMPLE)]
    Retention(RetentionCommand),
    /// See orders and mails that are stuck, and resolve them by two people, on a running server.
    #[command(subcommand, after_help = resolve::EXAMPLE)]
    Resolve(ResolveCommand),
}

impl Cli {
    /// Runs the command until it ends, and returns the exit code.
    ///
    /// # Errors
    /// When the command fails; the message says what to do.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let done = match self.command {
            Command::Serve { accept_new_keys, configured } => {
                serve(&configured, accept_new_keys).await
            }
            Command::Migrate(configured) => migrate(&configured.read()?).await,
            Command::Backup(command) => command.run(),
            Command::Restore(command) => command.run(),
            Command::Openapi(configured) => openapi(&configured),
            Command::HashPassword => hash_password(),
            Command::CrmRole(command) => command.run(),
            Command::Keys(command) => command.run().await,
            Command::Mail(command) => command.run(),
            Command::Reconcile(command) => return Ok(command.run().await),
            Command::Announcements(command) => command.run().await,
            Command::Bounces(command) => return Ok(command.run().await),
            Command::Resolve(command) => command.run().await,
            Command::Retention(command) => command.run().await,
        };
        done.map(|()| ExitCode::SUCCESS)
    }
}

async fn migrate(settings: &Settings) -> anyhow::Result<()> {
    let _logging = logging::start();
    let current = wiring::migrate(settings).await?;
    let was = if current { "was current" } else { "is current now" };
    tracing::info!("the database's schema {was}");
    Ok(())
}

fn openapi(configured: &Configured) -> anyhow::Result<()> {
    let in_environment = std::env::vars_os()
        .any(|(name, _)| name.to_str().is_some_and(|name| name.starts_with(ENVIRONMENT_PREFIX)));
    let prefix = if configured.config.is_some() || in_environment {
        let settings = configured.read()?;
        problem::show_as(settings.error_codes)?;
        settings.server.source_prefix
    } else {
        DEFAULT_SOURCE_PREFIX.to_owned()
    };
    let document = routes::document(&prefix)?;
    write!(std::io::stdout(), "{document}").context("standard output was closed")
}

fn hash_password() -> anyhow::Result<()> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("standard input must hold the password")?;
    let password = line.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(
        password.len() >= LEAST_PASSWORD,
        "the password must have at least {LEAST_PASSWORD} bytes: draw it at random, for example \
         with openssl rand -hex 16"
    );
    let hash = wiring::hash_password(password)?;
    writeln!(std::io::stdout(), "{hash}").context("standard output was closed")
}

async fn serve(configured: &Configured, accept_new_keys: bool) -> anyhow::Result<()> {
    // Before anything else: without a handler each of these signals kills the process.
    let mut hangup = signal(SignalKind::hangup())?;
    let mut stop = StopSignals::listen()?;
    let settings = Settings { accept_new_keys, ..configured.read()? };
    let _logging = logging::start();
    let guarantee = settings.esb.guarantee.as_str();
    let running = tokio::select! {
        started = Server::start(settings) => started?,
        // Safe as after a crash: the next start completes or rolls back unfinished work.
        () = stop.received() => return Ok(()),
    };
    let (addr, admin) = (running.addr(), running.admin_addr());
    tracing::info!(%addr, %admin, guarantee, "serving");
    let ended = loop {
        tokio::select! {
            () = stop.received() => break None,
            Some(()) = hangup.recv() => running.reload(),
            what = running.ended() => break Some(what),
        }
    };
    if let Some(what) = ended {
        tracing::error!(what, "ended by itself");
        bail!("{what} ended by itself: start again, and report the log before this");
    }
    tracing::info!("stopping: not ready any more, still answering; a second signal hurries");
    let drain = running.drain();
    tokio::pin!(drain);
    loop {
        tokio::select! {
            () = &mut drain => break,
            () = stop.received() => break,
            Some(()) = hangup.recv() => running.reload(),
        }
    }
    tracing::info!("stopping: answering what was asked, finishing what was claimed");
    running.stop().await?;
    tracing::info!("stopped");
    Ok(())
}
