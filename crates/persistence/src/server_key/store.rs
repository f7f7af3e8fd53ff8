//! The store of what is remembered of the server's keys.

use async_trait::async_trait;
use diesel::prelude::*;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::port::{ServerKeys, StoreError};
use madoguchi_domain::server_key::{FingerprintedKey, KeyWrite};

use super::commit::commit_all;
use super::{Conn, Store};
use crate::database::fault::Fault;
use crate::database::schema::server_key;
use crate::server_key::row::ServerKeyRow;

#[async_trait]
impl ServerKeys for Store {
    async fn remembered(&self) -> Result<Vec<FingerprintedKey>, StoreError> {
        self.read(|conn| {
            let rows: Vec<ServerKeyRow> =
                server_key::table.select(ServerKeyRow::as_select()).load(conn)?;
            Ok(rows.into_iter().map(ServerKeyRow::parse).collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn remember(&self, changes: &[Change<KeyWrite>]) -> Result<Committed, StoreError> {
        let (changes, key) = (changes.to_vec(), self.audit_key.clone());
        self.write(move |conn| commit_all(conn, &changes, &key, write)).await
    }
}

fn write(conn: &mut Conn, change: &Change<KeyWrite>) -> Result<bool, Fault> {
    let KeyWrite { before, after } = &change.write;
    let row = ServerKeyRow::from(after);
    let written = match before {
        None => diesel::insert_into(server_key::table)
            .values(&row)
            .on_conflict_do_nothing()
            .execute(conn)?,
        Some(before) => {
            let same = server_key::fingerprint.eq(&before.0[..]);
            diesel::update(server_key::table.find(&row.name).filter(same))
                .set(server_key::fingerprint.eq(&row.fingerprint))
                .execute(conn)?
        }
    };
    Ok(written == 1)
}
