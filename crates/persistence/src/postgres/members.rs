//! The member store on PostgreSQL.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::member::{Member, MemberId};
use madoguchi_domain::port::{Registered, Registration};
use madoguchi_domain::secret::SecretKey;

use super::audit;
use crate::fault::Fault;
use crate::rows::MemberRow;
use crate::schema::members;
use crate::statement::{Script, array, statement};

/// Inserts new members in the order of the arrays, and returns their ids.
struct Insert;

impl Script for Insert {
    const HEAD: &'static str = "insert into members \
        (member_id, arrangement_id, product_name, registered_level) select * from unnest(";
    const TAIL: &'static str = ") on conflict do nothing returning member_id";
    type Row = (Text,);
}

pub(super) async fn register(
    conn: &mut AsyncPgConnection,
    registrations: &[Registration],
    key: &SecretKey,
) -> Result<Vec<Registered>, Fault> {
    let rows: Vec<MemberRow> =
        registrations.iter().map(|registration| (&registration.member).into()).collect();
    let inserted: Vec<(String,)> = statement::<Insert, _>((
        array!(rows, Text, |row| &*row.member_id),
        array!(rows, Text, |row| &*row.arrangement_id),
        array!(rows, Text, |row| &*row.product_name),
        array!(rows, Nullable<Text>, |row| row.registered_level.as_deref()),
    ))
    .load(conn)
    .await?;
    let mut new: HashSet<String> = inserted.into_iter().map(|(id,)| id).collect();
    let known = known(conn, &rows).await?;
    let mut registered = Vec::with_capacity(rows.len());
    for row in &rows {
        registered.push(match known.get(&row.member_id) {
            // Of equal members in one batch the first is new, unless another has its arrangement.
            Some(stands) if stands.says_the_same(row) => {
                if new.remove(&row.member_id) {
                    Registered::New
                } else {
                    Registered::Same(Box::new(stands.clone().parse()?))
                }
            }
            Some(_) | None => Registered::Different,
        });
    }
    let audits = registrations.iter().zip(&registered);
    let audits = audits.filter(|(_, became)| **became == Registered::New);
    let audits: Vec<_> = audits.map(|(registration, _)| &registration.audit).collect();
    audit::append(conn, key, audits).await?;
    Ok(registered)
}

async fn known(
    conn: &mut AsyncPgConnection,
    rows: &[MemberRow],
) -> Result<HashMap<String, MemberRow>, Fault> {
    let ids: Vec<&str> = rows.iter().map(|row| &*row.member_id).collect();
    let known: Vec<MemberRow> = members::table
        .filter(members::member_id.eq_any(ids))
        .select(MemberRow::as_select())
        .load(conn)
        .await?;
    Ok(known.into_iter().map(|row| (row.member_id.clone(), row)).collect())
}

pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    id: &MemberId,
) -> Result<Option<Member>, Fault> {
    let row: Option<MemberRow> = members::table
        .find(id.expose())
        .select(MemberRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(MemberRow::parse).transpose()?)
}
