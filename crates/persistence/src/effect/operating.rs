//! Reads effects for operators, and moves one as people decided it.

use diesel::dsl::{exists, min};
use diesel::prelude::*;
use madoguchi_domain::audit::Subject;
use madoguchi_domain::consequence::Consequence;
use madoguchi_domain::effect::{
    EffectId, EffectKey, EffectKind, EffectQuery, EffectStateName, Fence, FoundEffect,
    ListedEffect, Outcome, Transition,
};
use madoguchi_domain::port::StoreError;

use super::{Conn, consequence};
use crate::database::column::{At, Chars, Count, Key};
use crate::database::fault::Fault;
use crate::database::parse::{corrupt, moment, parsed_or_corrupt};
use crate::database::schema::{effect, effect_evidence};
use crate::effect::row::{EvidenceRow, OrderRow, StateRow, parse_leniently};

pub(crate) fn find(conn: &mut Conn, key: &EffectKey) -> Result<Option<FoundEffect>, Fault> {
    // First the evidence: what is added meanwhile came with a later state of the effect.
    let attempts: Vec<EvidenceRow<'static>> = effect_evidence::table
        .filter(effect_evidence::id.eq(Key(key.id.0)))
        .filter(effect_evidence::kind.eq(key.kind.as_str()))
        .order(effect_evidence::evidence_id)
        .select(EvidenceRow::as_select())
        .load(conn)?;
    let row: Option<(OrderRow<'static>, StateRow)> = effect::table
        .find((Key(key.id.0), key.kind.as_str()))
        .select((OrderRow::as_select(), StateRow::as_select()))
        .get_result(conn)
        .optional()?;
    let Some((order, state)) = row else {
        return Ok(None);
    };
    let (effect, is_readable) = parse_leniently(order, state)?;
    let attempts = attempts.into_iter().map(EvidenceRow::parse).collect::<Result<_, _>>()?;
    Ok(Some(FoundEffect { effect, is_readable, attempts }))
}

/// What a list shows of a row.
type ListedRow = (
    String,
    Key,
    Chars<'static>,
    Option<Chars<'static>>,
    String,
    Count,
    Option<At>,
    Option<Chars<'static>>,
    At,
);

pub(crate) fn list(conn: &mut Conn, query: &EffectQuery) -> Result<Vec<ListedEffect>, Fault> {
    let EffectQuery { filter, after, limit } = query;
    let mut rows = effect::table
        .select((
            effect::kind,
            effect::id,
            effect::subject_kind,
            effect::subject_id,
            effect::state,
            effect::fence,
            effect::due_at,
            effect::code,
            effect::since,
        ))
        .order(effect::id.desc())
        .limit((*limit).into())
        .into_boxed();
    if let Some(kind) = &filter.kind {
        rows = rows.filter(effect::kind.eq(kind.as_str()));
    }
    if let Some(state) = filter.state {
        rows = rows.filter(effect::state.eq(state.as_str()));
        // The index of what is unfinished begins with the kind.
        if filter.kind.is_none() && !state.is_settled() {
            rows = rows.filter(effect::kind.eq_any(kinds(conn)?));
        }
    }
    if let Some(id) = filter.id {
        rows = rows.filter(effect::id.eq(Key(id.0)));
    }
    if let Some(from) = filter.from {
        rows = rows.filter(effect::since.ge(At::from(from)));
    }
    if let Some(before) = filter.before {
        rows = rows.filter(effect::since.lt(At::from(before)));
    }
    if let Some(last) = after {
        rows = rows.filter(effect::id.lt(Key(*last)));
    }
    let rows: Vec<ListedRow> = rows.load(conn)?;
    rows.into_iter().map(parse).collect::<Result<_, _>>().map_err(Fault::from)
}

/// The kinds of all stored effects, each found by one step in an index.
fn kinds(conn: &mut Conn) -> Result<Vec<String>, Fault> {
    let mut kinds: Vec<String> = Vec::new();
    loop {
        let last = kinds.last().map_or("", String::as_str);
        let next = effect::table.filter(effect::kind.gt(last)).select(min(effect::kind));
        match next.get_result::<Option<String>>(conn)? {
            Some(kind) => kinds.push(kind),
            None => return Ok(kinds),
        }
    }
}

fn parse(
    (kind, id, subject_kind, subject_id, state, fence, due_at, code, since): ListedRow,
) -> Result<ListedEffect, StoreError> {
    let kind = parsed_or_corrupt(EffectKind::parse(&kind).ok(), "effect.kind")?;
    let subject_id = subject_id.map_or_else(|| id.0.to_string(), |id| id.to_string());
    Ok(ListedEffect {
        key: EffectKey { kind, id: EffectId(id.0) },
        subject: Subject::parse(&subject_kind, &subject_id),
        state: EffectStateName::parse(&state).ok_or(corrupt("effect.state"))?,
        since: moment(since, "effect.since")?,
        next_attempt_at: due_at.and_then(At::moment),
        code: code.map(|code| code.to_string()),
        fence: Fence(i32::try_from(fence.0).unwrap_or(i32::MAX)),
    })
}

/// Writes a transition with what follows from it; false if it is fenced out, or proven otherwise by
/// now. The caller then undoes what is written.
pub(crate) fn move_one(conn: &mut Conn, moved: &Transition<Consequence>) -> Result<bool, Fault> {
    let key = &moved.after.order.key;
    let as_decided = effect::table
        .find((Key(key.id.0), key.kind.as_str()))
        .filter(effect::state.eq(moved.from.as_str()))
        .filter(effect::fence.eq(moved.expected.0));
    let state = StateRow::from(&moved.after);
    if diesel::update(as_decided).set(&state).execute(conn)? == 0 {
        return Ok(false);
    }
    // After the update: what is committed while it waits for the row is seen by this statement.
    let proof = effect_evidence::table
        .filter(effect_evidence::id.eq(Key(key.id.0)))
        .filter(effect_evidence::kind.eq(key.kind.as_str()))
        .filter(effect_evidence::outcome.eq(Outcome::APPLIED));
    let is_confirmed = moved.after.state.name() == EffectStateName::Confirmed;
    if !is_confirmed && diesel::select(exists(proof)).get_result(conn)? {
        return Ok(false);
    }
    moved.consequence.iter().try_for_each(|it| consequence::write(conn, it))?;
    Ok(true)
}
