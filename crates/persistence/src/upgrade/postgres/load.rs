//! Loads case snapshots on PostgreSQL: one query per kind of key.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::upgrade::{CaseId, CaseKey, FoundCase, Lookup, SetLevel};

use crate::database::column::Key;
use crate::database::fault::Fault;
use crate::database::schema::{Id, upgrade_qr};
use crate::database::statement::{Columns, Part, Script, array, statement};
use crate::effect::row::{OrderRow, StateRow};
use crate::member::row::MemberRow;
use crate::upgrade::row::{CaseRow, key};
use crate::upgrade::snapshot::{SnapshotRow, found_case};

/// A place in the batch, and the rows found for it.
type FoundSql = (
    BigInt,
    <MemberRow as Columns>::Sql,
    Nullable<<CaseRow as Columns>::Sql>,
    Nullable<<OrderRow<'static> as Columns>::Sql>,
    Nullable<<StateRow as Columns>::Sql>,
);
type FoundRow = (i64, MemberRow, Option<CaseRow>, Option<OrderRow<'static>>, Option<StateRow>);

/// The columns of [`FoundRow`], of a batch that follows.
const FOUND: &[Part] = &[
    Part::Sql("select i.place, "),
    Part::Of("m", MemberRow::COLUMNS),
    Part::Sql(", "),
    Part::Of("c", CaseRow::COLUMNS),
    Part::Sql(", "),
    Part::Of("e", OrderRow::COLUMNS),
    Part::Sql(", "),
    Part::Of("e", StateRow::COLUMNS),
    Part::Sql(" from unnest("),
];

/// The effect of a case.
const ITS_EFFECT: Part = Part::All(&[
    Part::Sql(" left join effect e on e.kind = '"),
    Part::Sql(SetLevel::KIND_NAME),
    Part::Sql("' and e.id = c.case_id"),
]);

/// Members with their newest case and its effect.
struct NewestOf;

impl Script for NewestOf {
    const HEAD: &'static [Part] = FOUND;
    const TAIL: &'static [Part] = &[
        Part::Sql(
            ") with ordinality as i (member_id, place) \
             join members m on m.member_id = i.member_id \
             left join lateral (select * from upgrade_case c where c.member_id = m.member_id \
                 order by c.attempt desc limit 1) c on true",
        ),
        ITS_EFFECT,
    ];
    type Row = FoundSql;
}

/// Cases with their member and effect.
struct ById;

impl Script for ById {
    const HEAD: &'static [Part] = FOUND;
    const TAIL: &'static [Part] = &[
        Part::Sql(
            ") with ordinality as i (case_id, place) \
             join upgrade_case c on c.case_id = i.case_id \
             join members m on m.member_id = c.member_id",
        ),
        ITS_EFFECT,
    ];
    type Row = FoundSql;
}

/// Cases that hold these checks.
struct HeldChecks;

impl Script for HeldChecks {
    const HEAD: &'static [Part] =
        &[Part::Sql("select c.source, c.reference, c.case_id from unnest(")];
    const TAIL: &'static [Part] = &[Part::Sql(
        ") as i (source, reference) join upgrade_check c \
         on c.source = i.source and c.reference = i.reference",
    )];
    type Row = (Text, Text, Id);
}

pub(super) async fn load(
    conn: &mut AsyncPgConnection,
    lookups: &[Lookup],
) -> Result<Vec<Option<FoundCase>>, Fault> {
    let scanned = scanned(conn, lookups).await?;
    let holders = holders(conn, lookups).await?;
    let mut found = rows(conn, lookups, &scanned).await?;
    let snapshots = lookups.iter().enumerate().map(|(place, lookup)| {
        let Some(row) = found.remove(&place) else {
            return Ok(None);
        };
        let serial = match &lookup.key {
            CaseKey::Scanned(hash) => scanned.get(hash.0.as_slice()).map(|(_, serial)| *serial),
            CaseKey::NewestOf(_) | CaseKey::Id(_) => None,
        };
        let holder = lookup.check.as_ref().and_then(|(source, reference)| {
            holders.get(&(source.as_str().into(), reference.expose().into())).copied()
        });
        Ok(Some(found_case(row, serial, holder)?))
    });
    snapshots.collect()
}

type Scanned = HashMap<Vec<u8>, (Key, i32)>;

async fn scanned(conn: &mut AsyncPgConnection, lookups: &[Lookup]) -> Result<Scanned, Fault> {
    let hashes = lookups.iter().filter_map(|lookup| match &lookup.key {
        CaseKey::Scanned(hash) => Some(hash.0.as_slice()),
        CaseKey::NewestOf(_) | CaseKey::Id(_) => None,
    });
    let hashes: Vec<&[u8]> = hashes.collect();
    if hashes.is_empty() {
        return Ok(HashMap::new());
    }
    let codes: Vec<(Vec<u8>, Key, i32)> =
        upgrade_qr::table.filter(upgrade_qr::token_hash.eq_any(hashes)).load(conn).await?;
    Ok(codes.into_iter().map(|(hash, case, serial)| (hash, (case, serial))).collect())
}

type Holders = HashMap<(String, String), CaseId>;

async fn holders(conn: &mut AsyncPgConnection, lookups: &[Lookup]) -> Result<Holders, Fault> {
    let checks: Vec<_> = lookups.iter().filter_map(|lookup| lookup.check.as_ref()).collect();
    if checks.is_empty() {
        return Ok(HashMap::new());
    }
    let held: Vec<(String, String, Key)> = statement::<HeldChecks, _>((
        array!(checks, Text, |check| check.0.as_str()),
        array!(checks, Text, |check| check.1.expose()),
    ))
    .load(conn)
    .await?;
    Ok(held.into_iter().map(|(source, text, case)| ((source, text), case.0.into())).collect())
}

/// The rows found for each place in the batch.
async fn rows(
    conn: &mut AsyncPgConnection,
    lookups: &[Lookup],
    scanned: &Scanned,
) -> Result<HashMap<usize, SnapshotRow>, Fault> {
    let (mut members, mut cases) = (Vec::new(), Vec::new());
    for (place, lookup) in lookups.iter().enumerate() {
        match &lookup.key {
            CaseKey::NewestOf(member) => members.push((place, member.expose())),
            CaseKey::Id(id) => cases.push((place, key(*id))),
            CaseKey::Scanned(hash) => {
                let code = scanned.get(hash.0.as_slice());
                cases.extend(code.map(|(case, _)| (place, *case)));
            }
        }
    }
    let mut found = HashMap::with_capacity(lookups.len());
    if !members.is_empty() {
        let query = statement::<NewestOf, _>((array!(members, Text, |member| member.1),));
        let rows: Vec<FoundRow> = query.load(conn).await?;
        found.extend(rows.into_iter().map(|row| placed(row, &members)));
    }
    if !cases.is_empty() {
        let query = statement::<ById, _>((array!(cases, Id, |case| case.1),));
        let rows: Vec<FoundRow> = query.load(conn).await?;
        found.extend(rows.into_iter().map(|row| placed(row, &cases)));
    }
    Ok(found)
}

/// Maps a row back to the place of its key in the batch; PostgreSQL counts from 1.
fn placed<K>(
    (ordinal, member, case, order, state): FoundRow,
    asked: &[(usize, K)],
) -> (usize, SnapshotRow) {
    let index = usize::try_from(ordinal - 1).unwrap_or(usize::MAX);
    let place = asked.get(index).map_or(usize::MAX, |(place, _)| *place);
    (place, (member, case, order.zip(state)))
}
