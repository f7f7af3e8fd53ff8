//! What lists of effects and resolutions ask for.

use madoguchi_domain::effect::{EffectFilter, EffectId, EffectKey, EffectKind, EffectStateName};
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::resolution::{ResolutionFilter, ResolutionStateName};
use uuid::Uuid;

use crate::problem::Problem;
use crate::query::Query;

/// The parameters of a list of effects.
pub(super) const EFFECTS: &[&str] = &["kind", "state", "subject", "from", "to", "cursor", "limit"];

/// The parameters of a list of resolutions.
pub(super) const RESOLUTIONS: &[&str] = &["state", "kind", "effectId", "cursor", "limit"];

pub(super) fn effects(mut query: Query) -> Result<EffectFilter, Problem> {
    Ok(EffectFilter {
        kind: query.take("kind", EffectKind::parse)?,
        state: query.one_of(
            "state",
            EffectStateName::parse,
            "must be Planned, Sending, Unknown, Confirmed, Rejected, Cancelled or Manual",
        )?,
        id: query.take("subject", id)?,
        from: query.time("from")?,
        before: query.time("to")?,
    })
}

fn id(text: &str) -> Result<EffectId, InvalidField> {
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    id.map(EffectId).ok_or(InvalidField::new("subject", "must be a UUID with hyphens"))
}

pub(super) fn resolutions(mut query: Query) -> Result<ResolutionFilter, Problem> {
    let state = query.one_of(
        "state",
        ResolutionStateName::parse,
        "must be PROPOSED, APPROVED, WITHDRAWN or LAPSED",
    )?;
    let (kind, id) = (query.take("kind", EffectKind::parse)?, query.take("effectId", id)?);
    let effect = match (kind, id) {
        (Some(kind), Some(id)) => Some(EffectKey { kind, id }),
        (None, None) => None,
        (_, _) => return Err(Problem::invalid("kind and effectId must be given together")),
    };
    Ok(ResolutionFilter { state, effect })
}
