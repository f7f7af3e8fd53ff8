//! What a channel is: one simulated system with its own scenarios, messages and effects.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_testkit::server::http_stub::{StubBehaviour, StubResponse};
use serde_json::Value;

use super::esb_mode::{EsbMode, EsbOptions};
use super::ledger::Effect;

/// A simulated system. A new one is a file beside the others and a line in `CHANNELS`.
pub(super) trait Channel: Sync {
    /// Its name in the control API and in the file.
    fn name(&self) -> &'static str;

    /// Checks the text of a scenario and returns its canonical form. Every channel has `ok`.
    ///
    /// # Errors
    /// A message that starts with `scenario: ` and names the scenarios of this channel.
    fn scenario(&self, text: &str) -> Result<String, String>;

    /// Its HTTP side; `None` if it has only a listener of its own.
    fn http(&self) -> Option<Http> {
        None
    }

    /// Whether it does not apply an effect again that equals an earlier one.
    fn dedupes(&self, _mode: EsbMode) -> bool {
        false
    }
}

/// The HTTP side of a channel.
pub(super) struct Http {
    /// The path that its messages are posted to.
    pub(super) path: &'static str,
    /// Parses a body. `None` is a body that was too large to read.
    pub(super) read: fn(Option<&[u8]>, EsbOptions) -> Message,
}

/// A message that was posted to a channel.
pub(super) struct Message {
    pub(super) meets: Meets,
    pub(super) plan: PlanByScenario,
}

impl Message {
    /// A message that is not valid, and its reply.
    pub(super) fn malformed(reply: StubResponse) -> Self {
        let answer = Some(Box::new(move || StubBehaviour::Respond(reply)) as _);
        let plan = Plan { wait: Duration::ZERO, effect: None, answer };
        Self { meets: Meets::Always("malformed"), plan: Box::new(move |_, _| Ok(plan)) }
    }
}

/// The scenario that a message meets.
pub(super) enum Meets {
    /// The one that is set for this key, or for all.
    ScenarioOf(String),
    /// This one, which cannot be set and uses none up.
    Always(&'static str),
}

/// What follows a message: a wait, then an effect, then the answer.
pub(super) struct Plan<A> {
    pub(super) wait: Duration,
    /// What the system applies, as an object without the field `at`.
    pub(super) effect: Option<Value>,
    pub(super) answer: A,
}

/// A plan whose answer is a reply, built after the wait. `None` drops the connection at once.
pub(super) type HttpPlan = Plan<Option<Box<dyn FnOnce() -> StubBehaviour + Send>>>;

/// Selects the plan of a message by the scenario that it meets, and by the effects so far.
type PlanByScenario = Box<dyn FnOnce(&str, &[Arc<Effect>]) -> Result<HttpPlan, String> + Send>;
