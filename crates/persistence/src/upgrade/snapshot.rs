//! The result of a lookup's join: a member, with its case and effect if there are any.

use madoguchi_domain::effect::Effect;
use madoguchi_domain::port::StoreError;
use madoguchi_domain::upgrade::{CaseId, CaseSnapshot, FoundCase};

use super::row::CaseRow;
use crate::database::parse::whole;
use crate::effect::row::{OrderRow, StateRow, parse, parse_leniently};
use crate::member::row::MemberRow;

/// An effect's row, in two halves.
pub(crate) type EffectRow = (OrderRow<'static>, StateRow);

/// A joined row.
pub(crate) type SnapshotRow = (MemberRow, Option<CaseRow>, Option<EffectRow>);

/// Parses an effect. Nobody reads the order of a settled one, so that a broken one spoils nothing.
fn read((order, state): EffectRow) -> Result<Effect, StoreError> {
    if state.is_settled() {
        parse_leniently(order, state).map(|(effect, _)| effect)
    } else {
        parse(order, state)
    }
}

/// Parses a joined row.
pub(crate) fn snapshot((member, case, effect): SnapshotRow) -> Result<CaseSnapshot, StoreError> {
    Ok(CaseSnapshot {
        member: member.parse()?,
        case: case.map(CaseRow::parse).transpose()?,
        effect: effect.map(read).transpose()?,
    })
}

/// Parses the joined row of a lookup.
pub(crate) fn found_case(
    row: SnapshotRow,
    scanned: Option<i32>,
    check_held_by: Option<CaseId>,
) -> Result<FoundCase, StoreError> {
    let scanned = scanned.map(|serial| whole(serial, "upgrade_qr.serial")).transpose()?;
    Ok(FoundCase { snapshot: snapshot(row)?, scanned, check_held_by })
}
