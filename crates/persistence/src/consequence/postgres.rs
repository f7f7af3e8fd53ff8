//! Consequences on PostgreSQL: levels are one batch, mails are few.

use diesel_async::AsyncPgConnection;
use madoguchi_domain::consequence::Consequence;

use crate::database::fault::Fault;
use crate::{contact, member};

pub(crate) async fn write<'a>(
    conn: &mut AsyncPgConnection,
    consequences: impl Iterator<Item = &'a Consequence> + Send,
) -> Result<(), Fault> {
    let (mut levels, mut mails) = (Vec::new(), Vec::new());
    for consequence in consequences {
        match consequence {
            Consequence::LevelConfirmed { member, level, manually } => {
                levels.push((member, level, *manually));
            }
            Consequence::MailMoved { mail, status } => mails.push((*mail, status)),
        }
    }
    // All batches lock rows in the same order, so that two of them cannot deadlock.
    mails.sort_by_key(|(mail, _)| *mail);
    for (mail, status) in mails {
        contact::postgres::move_mail(conn, mail, status).await?;
    }
    member::postgres::confirm(conn, levels).await
}
