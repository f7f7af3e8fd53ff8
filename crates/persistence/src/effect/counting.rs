//! Counts effects that are not settled.

use diesel::dsl::{count_star, min, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use madoguchi_domain::effect::{EffectKind, EffectStateName, UnsettledEffects};

use super::Conn;
use crate::database::column::At;
use crate::database::fault::Fault;
use crate::database::parse::{corrupt, moment};
use crate::database::schema::effect;

pub(crate) fn unsettled(
    conn: &mut Conn,
    kind: &EffectKind,
) -> Result<Vec<UnsettledEffects>, Fault> {
    // As in the index, which a bound list of states would not prove.
    let is_unsettled = sql::<Bool>("state in ('Planned', 'Sending', 'Unknown', 'Manual')");
    let rows: Vec<(String, i64, Option<At>)> = effect::table
        .filter(effect::kind.eq(kind.as_str()))
        .filter(is_unsettled)
        .group_by(effect::state)
        .select((effect::state, count_star(), min(effect::planned_at)))
        .load(conn)?;
    let mut unsettled = Vec::with_capacity(rows.len());
    for (state, count, oldest) in rows {
        let state = EffectStateName::parse(&state).ok_or(corrupt("effect.state"))?;
        let oldest = moment(oldest.ok_or(corrupt("effect.planned_at"))?, "effect.planned_at")?;
        let count = u64::try_from(count).map_err(|_| corrupt("count of effect"))?;
        unsettled.push(UnsettledEffects { state, count, oldest });
    }
    Ok(unsettled)
}
