//! Who did something, as the JSON that callers see.

use madoguchi_domain::actor::{ActorKind, ActorRef};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::body::one_of;

/// Who did something.
#[derive(Serialize, ToSchema)]
pub(crate) struct Who<'a> {
    /// The actor's subject.
    by: &'a str,
    #[schema(schema_with = actor_kinds)]
    kind: &'static str,
}

/// The schema of an actor's kind.
pub(crate) fn actor_kinds() -> RefOr<Schema> {
    one_of(ActorKind::ALL.map(ActorKind::as_str)).into()
}

impl<'a> From<&'a ActorRef> for Who<'a> {
    fn from(by: &'a ActorRef) -> Self {
        Self { by: &by.subject, kind: by.kind.as_str() }
    }
}
