//! The store of members.

use async_trait::async_trait;
use diesel::prelude::*;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::member::{ArrangementId, Member, MemberId, NewMember};
use madoguchi_domain::port::{MemberStore, StoreError};

use super::commit::commit;
use super::{Conn, Store};
use crate::database::fault::Fault;
use crate::database::schema::members;
use crate::member::row::MemberRow;

#[async_trait]
impl MemberStore for Store {
    async fn find(&self, id: &MemberId) -> Result<Option<Member>, StoreError> {
        let id = id.clone();
        self.read(move |conn| {
            let found = members::table.find(id.expose()).select(MemberRow::as_select());
            let row = found.get_result(conn).optional()?;
            Ok(row.map(MemberRow::parse).transpose()?)
        })
        .await
    }

    async fn with_id_or_arrangement(
        &self,
        id: &MemberId,
        arrangement: &ArrangementId,
    ) -> Result<Vec<Member>, StoreError> {
        let (id, arrangement) = (id.clone(), arrangement.clone());
        self.read(move |conn| {
            let is_one = members::member_id.eq(id.expose());
            let is_one = is_one.or(members::arrangement_id.eq(arrangement.expose()));
            let rows: Vec<MemberRow> =
                members::table.filter(is_one).select(MemberRow::as_select()).load(conn)?;
            Ok(rows.into_iter().map(MemberRow::parse).collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn page(&self, after: Option<MemberId>, limit: u32) -> Result<Vec<Member>, StoreError> {
        self.read(move |conn| {
            // No id is empty.
            let after = after.as_ref().map_or("", MemberId::expose);
            let rows: Vec<MemberRow> = members::table
                .filter(members::member_id.gt(after))
                .order(members::member_id)
                .limit(limit.into())
                .select(MemberRow::as_select())
                .load(conn)?;
            Ok(rows.into_iter().map(MemberRow::parse).collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn commit(&self, changes: &[Change<NewMember>]) -> Result<Vec<Committed>, StoreError> {
        let (changes, key) = (changes.to_vec(), self.audit_key.clone());
        self.write(move |conn| commit(conn, &changes, &key, insert)).await
    }
}

/// Inserts a member, unless its id or its arrangement is taken.
fn insert(conn: &mut Conn, change: &Change<NewMember>) -> Result<bool, Fault> {
    let row = MemberRow::from(&change.write.0);
    let insert = diesel::insert_into(members::table).values(&row);
    Ok(insert.on_conflict_do_nothing().execute(conn)? == 1)
}
