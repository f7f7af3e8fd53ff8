//! The rows of the tables: each is parsed to a domain value or reported as corrupt.
//!
//! Every insert names every column (`treat_none_as_default_value = false`). So its SQL text is
//! always the same, and SQLite parses it once.

mod audit;
mod case;
mod effect;
mod history;
mod member;

pub(crate) use audit::{AuditRow, HeadRow};
pub(crate) use case::{CaseRow, QrRow, serial};
pub(crate) use effect::{EffectRow, EvidenceRow, ManualColumns, UnreadableRow};
pub(crate) use history::HistoryRow;
pub(crate) use member::MemberRow;

use madoguchi_domain::port::StoreError;
use madoguchi_domain::upgrade::{CaseId, CaseSnapshot};

/// The result of a lookup's join: a member, with its case and effect if there are any.
pub(crate) type SnapshotRow = (MemberRow, Option<CaseRow>, Option<EffectRow>);

/// Parses a joined row.
pub(crate) fn snapshot(
    (member, case, effect): SnapshotRow,
    scanned: Option<i32>,
    check_held_by: Option<CaseId>,
) -> Result<CaseSnapshot, StoreError> {
    Ok(CaseSnapshot {
        member: member.parse()?,
        case: case.map(CaseRow::parse).transpose()?,
        effect: effect.map(EffectRow::parse).transpose()?,
        scanned: scanned.map(|serial| whole(serial, "upgrade_qr.serial")).transpose()?,
        check_held_by,
    })
}

/// Parses passed cases without an effect. An unreadable row is logged and skipped, so that it does
/// not block the others.
pub(crate) fn orphaned(rows: Vec<(MemberRow, CaseRow)>) -> Vec<CaseSnapshot> {
    let snapshots = rows.into_iter().filter_map(|(member, case)| {
        let id = case.case_id;
        snapshot((member, Some(case), None), None, None)
            .inspect_err(
                |error| tracing::error!(case = %id.0, %error, "a case's row cannot be parsed"),
            )
            .ok()
    });
    snapshots.collect()
}

/// The error for an invalid value in `place`.
const fn corrupt(place: &'static str) -> StoreError {
    StoreError::Corrupt(place)
}

/// The parsed value, or an error that names `place`.
fn parsed_or_corrupt<T>(parsed: Option<T>, place: &'static str) -> Result<T, StoreError> {
    parsed.ok_or(corrupt(place))
}

fn whole(number: i32, place: &'static str) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| corrupt(place))
}
