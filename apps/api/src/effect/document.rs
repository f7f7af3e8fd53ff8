//! The documentation of the routes of effects and resolutions.

use madoguchi_domain::effect::EffectStateName;
use madoguchi_domain::resolution::{ResolutionId, ResolutionStateName};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use super::bodies::{ApproveResolution, ProposeResolution};
use super::resolution_view::{ResolutionView, WrittenResolutionView};
use super::view::{EffectDetail, EffectView};
use crate::body::{NoFields, one_of, text_of};
use crate::cursor::{CURSOR, LIMIT};
use crate::lists::LAG;
use crate::operation::{Answer, Operation, Parameter, Place, named};
use crate::problem::Code;
use crate::query::Moment;

const EMPTY: Operation = Operation { tag: "effects", ..Operation::EMPTY };

fn kinds() -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[A-Za-z]{1,32}$"));
    text.into()
}

const fn parameter(
    name: &'static str,
    place: Place,
    text: &'static str,
    schema: fn() -> RefOr<Schema>,
) -> Parameter {
    Parameter { name, place, text, schema }
}

const KIND: Parameter = parameter("kind", Place::Path, "The kind of the effect.", kinds);
const EFFECT_ID: Parameter = parameter(
    "effectId",
    Place::Path,
    "Its id: that of the case or mail it is about.",
    text_of::<ResolutionId>,
);

const OF_ONE: &[Parameter] = &[KIND, EFFECT_ID];

pub(super) const LIST: Operation = Operation {
    id: "listEffects",
    summary: "List effects of every kind",
    text: "Orders to other systems: `SetLevel` to the core bank, `Mail` to the mail server. By id, \
           the newest first: ids begin with the time at which the case or the mail began. With a \
           `state` that is not final the list is fast, however many effects there are.",
    parameters: &[
        parameter("kind", Place::Query, "Effects of this kind.", kinds),
        parameter("state", Place::Query, "Effects in this state.", || {
            one_of(EffectStateName::ALL.map(EffectStateName::as_str)).into()
        }),
        parameter(
            "subject",
            Place::Query,
            "The case or mail that it is about.",
            text_of::<ResolutionId>,
        ),
        parameter("from", Place::Query, "In their state since then, or later.", text_of::<Moment>),
        parameter("to", Place::Query, "In their state since before then.", text_of::<Moment>),
        CURSOR,
        LIMIT,
    ],
    answers: &[Answer::list::<EffectView>("A page of effects.").with(&[LAG])],
    ..EMPTY
};

pub(super) const READ: Operation = Operation {
    id: "readEffect",
    summary: "Read an effect, what happened to it, and its open resolution",
    parameters: OF_ONE,
    answers: &[Answer::data::<EffectDetail<'_>>(200, "The effect.")],
    refusals: &[Code::EffectNotFound],
    ..EMPTY
};

pub(super) const PROPOSE: Operation = Operation {
    id: "proposeResolution",
    summary: "Propose the outcome of an effect that is stuck",
    text: "A person finds out what the other system did, and proposes what follows: `Confirmed` \
           (it was applied; needs evidence), `Rejected` (it was not, and is not sent again) or \
           `Planned` (it is sent again, under the same id). An effect whose outcome is unknown for \
           the settle time is taken over, so that nothing is sent meanwhile. Nothing becomes true \
           before another person approves it. It lapses after a configured time.",
    body: Some(named::<ProposeResolution>),
    parameters: OF_ONE,
    answers: &[Answer::data::<WrittenResolutionView>(201, "It waits for another person.")],
    refusals: &[
        Code::EffectNotFound,
        Code::NotFound,
        Code::EffectSettled,
        Code::EffectInProgress,
        Code::EffectProven,
        Code::EffectUnreadable,
        Code::EffectKindUnknown,
        Code::ResolutionContradicted,
        Code::ResolutionPending,
        Code::FourEyes,
    ],
    ..EMPTY
};

pub(super) const APPROVE: Operation = Operation {
    id: "approveResolution",
    summary: "Approve the outcome that another person proposed",
    text: "The effect gets the outcome in the same moment. `contentHash` is that of the proposal \
           as it was read. If the other system has proven the outcome meanwhile, the proof wins.",
    body: Some(named::<ApproveResolution>),
    parameters: OF_ONE,
    answers: &[Answer::data::<WrittenResolutionView>(200, "The effect has the outcome.")],
    refusals: &[
        Code::EffectNotFound,
        Code::NotFound,
        Code::EffectSettled,
        Code::EffectProven,
        Code::EffectUnreadable,
        Code::EffectKindUnknown,
        Code::ResolutionContradicted,
        Code::ResolutionNotFound,
        Code::FourEyes,
        Code::ContentMoved,
    ],
    ..EMPTY
};

pub(super) const WITHDRAW: Operation = Operation {
    id: "withdrawResolution",
    summary: "Withdraw a proposal",
    text: "By its proposer, or by another person who disagrees. The effect stays in `Manual`.",
    body: Some(named::<NoFields>),
    parameters: OF_ONE,
    answers: &[Answer::data::<WrittenResolutionView>(200, "It is withdrawn.")],
    refusals: &[
        Code::EffectNotFound,
        Code::NotFound,
        Code::EffectKindUnknown,
        Code::ResolutionNotFound,
        Code::FourEyes,
    ],
    ..EMPTY
};

pub(super) const RESOLUTIONS: Operation = Operation {
    id: "listResolutions",
    summary: "List resolutions, newest first",
    text: "With `state=PROPOSED`, the inbox of approvers.",
    parameters: &[
        parameter("state", Place::Query, "The state.", || {
            one_of(ResolutionStateName::ALL.map(ResolutionStateName::as_str)).into()
        }),
        parameter("kind", Place::Query, "Of this kind of effect; with `effectId`.", kinds),
        parameter(
            "effectId",
            Place::Query,
            "Of this effect; with `kind`.",
            text_of::<ResolutionId>,
        ),
        CURSOR,
        LIMIT,
    ],
    answers: &[Answer::list::<ResolutionView<'_>>("A page of resolutions.").with(&[LAG])],
    refusals: &[Code::NotFound],
    ..EMPTY
};
