//! The `Act` of background tasks, which have no caller.

use madoguchi_domain::act::Act;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::effect::WorkerId;
use madoguchi_domain::port::{Clock, Ids};

/// The act of the task `id` now, with a new correlation id.
pub(crate) fn system_act(id: &WorkerId, clock: &dyn Clock, ids: &dyn Ids) -> Act {
    let by = ActorRef::new(ActorRef::OWN_ISSUER, &id.0, ActorKind::System);
    Act::new(by, clock.now(), CorrelationId::from_uuid(ids.uuid()))
}
