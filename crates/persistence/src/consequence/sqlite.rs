//! Consequences on SQLite.

use diesel::SqliteConnection;
use madoguchi_domain::consequence::Consequence;

use crate::database::fault::Fault;
use crate::{contact, member};

pub(crate) fn write(conn: &mut SqliteConnection, consequence: &Consequence) -> Result<(), Fault> {
    match consequence {
        Consequence::LevelConfirmed { member, level } => {
            member::sqlite::confirm(conn, member, level)
        }
        Consequence::MailMoved { mail, status } => contact::sqlite::move_mail(conn, *mail, status),
    }
}
