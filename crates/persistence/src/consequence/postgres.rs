//! Consequences on PostgreSQL: each kind is one batch.

use diesel_async::AsyncPgConnection;
use madoguchi_domain::consequence::Consequence;

use crate::database::fault::Fault;
use crate::member;

pub(crate) async fn write<'a>(
    conn: &mut AsyncPgConnection,
    consequences: impl Iterator<Item = &'a Consequence> + Send,
) -> Result<(), Fault> {
    let mut levels = Vec::new();
    for consequence in consequences {
        match consequence {
            Consequence::LevelConfirmed { member, level } => levels.push((member, level)),
        }
    }
    member::postgres::confirm(conn, levels).await
}
