//! The member store on SQLite.

use diesel::prelude::*;
use madoguchi_domain::member::{Member, MemberId};
use madoguchi_domain::port::{Registered, Registration};
use madoguchi_domain::secret::SecretKey;

use super::audit;
use crate::fault::Fault;
use crate::rows::MemberRow;
use crate::schema::members;

pub(super) fn register(
    conn: &mut SqliteConnection,
    registrations: &[Registration],
    key: &SecretKey,
) -> Result<Vec<Registered>, Fault> {
    let registered: Result<Vec<Registered>, Fault> =
        registrations.iter().map(|registration| one(conn, registration)).collect();
    let registered = registered?;
    let new = registrations.iter().zip(&registered);
    let new = new.filter(|(_, became)| **became == Registered::New);
    audit::append(conn, key, new.map(|(registration, _)| &registration.audit))?;
    Ok(registered)
}

fn one(conn: &mut SqliteConnection, registration: &Registration) -> Result<Registered, Fault> {
    let row = MemberRow::from(&registration.member);
    let inserted =
        diesel::insert_into(members::table).values(&row).on_conflict_do_nothing().execute(conn)?;
    if inserted == 1 {
        return Ok(Registered::New);
    }
    match row_of(conn, &row.member_id)? {
        Some(known) if known.says_the_same(&row) => Ok(Registered::Same(Box::new(known.parse()?))),
        Some(_) | None => Ok(Registered::Different),
    }
}

pub(super) fn find(conn: &mut SqliteConnection, id: &MemberId) -> Result<Option<Member>, Fault> {
    Ok(row_of(conn, id.expose())?.map(MemberRow::parse).transpose()?)
}

fn row_of(conn: &mut SqliteConnection, id: &str) -> Result<Option<MemberRow>, Fault> {
    Ok(members::table.find(id).select(MemberRow::as_select()).get_result(conn).optional()?)
}
