//! The simulated downstream's two lookups, of a context and of an account's owner.

mod callers;

use madoguchi_testkit::server::http_stub::{StubBehaviour, StubResponse};
use serde_json::{Map, Value, json};

use crate::world::channel::{Channel, Http, Meets, Message, Plan};
use crate::world::reply;
use crate::world::scenario::Known;

/// The documented paths of the gateway's downstream.
const CONTEXTOS: &str = "/apiaccess/rest/ccmessaging/v1/itau/ps7/contextos";
const CODIGO: &str = "/apiaccess/rest/ccmessaging/v1/itau/codigo";

/// How a lookup is answered. The table is in the documentation of `world`.
const SCENARIOS: Known<Answer> = Known {
    whose: "lookups have",
    forms: &[
        ("ok", Answer::Found),
        ("business_failure", Answer::BusinessFailure),
        ("slow:<ms>", Answer::Found),
        ("http_401", Answer::Refused(401, "the simulated downstream does not know you")),
        ("http_404", Answer::Refused(404, "the simulated downstream has nothing here")),
        ("http_500", Answer::OutOfOrder),
        ("garbage", Answer::Garbage),
        ("truncated", Answer::Half),
        ("object_for_array", Answer::OtherShape),
    ],
};

/// The answer to the client.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Found,
    BusinessFailure,
    Refused(u16, &'static str),
    OutOfOrder,
    Garbage,
    Half,
    OtherShape,
}

/// The channels `contextos` and `codigo`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lookup {
    Context,
    Owner,
}

impl Channel for Lookup {
    fn name(&self) -> &'static str {
        match self {
            Self::Context => "contextos",
            Self::Owner => "codigo",
        }
    }

    fn scenario(&self, text: &str) -> Result<String, String> {
        SCENARIOS.canonical(text)
    }

    fn http(&self) -> Option<Http> {
        Some(match self {
            Self::Context => Http { path: CONTEXTOS, read: |body, _| Self::Context.read(body) },
            Self::Owner => Http { path: CODIGO, read: |body, _| Self::Owner.read(body) },
        })
    }
}

impl Lookup {
    /// The request field with the lookup key.
    const fn field(self) -> &'static str {
        match self {
            Self::Context => "contextId",
            Self::Owner => "codigo_conta",
        }
    }

    fn read(self, body: Option<&[u8]>) -> Message {
        let Some(key) = body.and_then(|body| self.key(body)) else {
            let message = format!("{} is missing", self.field());
            return Message::malformed(refused(400, &message));
        };
        Message {
            meets: Meets::ScenarioOf(key.clone()),
            plan: Box::new(move |scenario, _| {
                let (answer, wait) = SCENARIOS.parse(scenario)?;
                let reply = Box::new(move || self.reply(&key, answer)) as _;
                Ok(Plan { wait, effect: None, answer: Some(reply) })
            }),
        }
    }

    /// The lookup key of a request, if it is valid.
    fn key(self, body: &[u8]) -> Option<String> {
        let fields: Map<String, Value> = serde_json::from_slice(body).ok()?;
        let key = fields.get(self.field())?.as_str()?;
        (!key.is_empty()).then(|| key.to_owned())
    }

    fn reply(self, key: &str, answer: Answer) -> StubBehaviour {
        let found = || match self {
            Self::Context => callers::context_reply(key),
            Self::Owner => callers::owner_reply(key),
        };
        StubBehaviour::Respond(match answer {
            Answer::Found => reply::of(&found()),
            Answer::BusinessFailure => {
                let status = match self {
                    Self::Context => 200,
                    Self::Owner => 500,
                };
                refused(status, "the simulated downstream fails over this")
            }
            Answer::Refused(status, message) => refused(status, message),
            Answer::OutOfOrder => {
                StubResponse::json(500, "<html>the simulated downstream is out of order</html>")
            }
            Answer::Garbage => reply::garbage(),
            Answer::Half => return reply::half(reply::of(&found())),
            Answer::OtherShape => reply::of(&self.in_the_other_shape(found())),
        })
    }

    /// Replaces documented lists by one object, and a documented object by a list.
    fn in_the_other_shape(self, mut reply: Value) -> Value {
        match self {
            Self::Context => {
                let contexto = &mut reply["payload"]["contexto"];
                *contexto = json!([contexto.take()]);
            }
            Self::Owner => {
                for list in ["telefones", "emails"] {
                    let list = &mut reply["data"][list];
                    *list = list.get_mut(0).map(Value::take).unwrap_or_default();
                }
            }
        }
        reply
    }
}

fn refused(status: u16, message: &str) -> StubResponse {
    StubResponse::json(status, json!({ "code": "1", "message": message }).to_string())
}
