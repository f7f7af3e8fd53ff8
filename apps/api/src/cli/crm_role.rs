//! The command that prints the script of the reader's role.

use std::io::Write;

use anyhow::Context;
use clap::Args;
use madoguchi_persistence::PgName;

use crate::wiring;

/// Needs no configuration and no database: an administrator reads the script and runs it.
#[derive(Debug, Args)]
pub(super) struct CrmRoleCommand {
    /// The role to create or to correct.
    #[arg(long, default_value = "crm_reader", value_parser = PgName::parse)]
    name: PgName,
    /// The database of the server.
    #[arg(long, default_value = "madoguchi", value_parser = PgName::parse)]
    database: PgName,
}

pub(super) const EXAMPLE: &str = "Example:\n  \
    madoguchi crm-role --name crm_reader --database madoguchi | \
    psql --host db.bank.example --username postgres\n\n\
    The role may log in and read the views crm_contact_v1, crm_person_v1 and crm_upgrade_v1, and \
    nothing else. Run the script again after each migration. It sets no password: \
    use \\password crm_reader in psql.";

impl CrmRoleCommand {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let script = wiring::crm_role_script(&self.name, &self.database);
        write!(std::io::stdout(), "{script}").context("standard output was closed")
    }
}
