//! Consequences on SQLite.

use diesel::SqliteConnection;
use madoguchi_domain::consequence::Consequence;

use crate::database::fault::Fault;
use crate::member;
use crate::sqlite::consequence::move_mail;

pub(crate) fn write(conn: &mut SqliteConnection, consequence: &Consequence) -> Result<(), Fault> {
    match consequence {
        Consequence::LevelConfirmed { member, level, manually } => {
            member::sqlite::confirm(conn, member, (level, *manually))
        }
        Consequence::MailMoved { mail, status } => move_mail(conn, *mail, status),
    }
}
