//! The simulated ESB: receives DA21 orders, sets levels, and can fail in every way. It answers
//! inquiries with the levels that it has set.

mod da21;

use std::sync::Arc;
use std::time::Duration;

use madoguchi_testkit::server::http_stub::{StubBehaviour, StubResponse};

use crate::world::channel::{Channel, Http, Meets, Message, Plan};
use crate::world::clock;
use crate::world::esb_mode::{EsbMode, EsbOptions};
use crate::world::ledger::Effect;
use crate::world::reply;
use crate::world::scenario::Known;
use da21::{Operation, Request};

/// The size of the description in a `huge` reply, in bytes.
const HUGE: usize = 4 << 20;

const FINE: &str = "200{success}";
const SUCCESS: Option<Answer> = Some(Answer::Code("200", FINE));

/// Whether the level is set, and the answer. The table is in the documentation of `world`.
const SCENARIOS: Known<(bool, Option<Answer>)> = Known {
    whose: "the esb channel has",
    forms: &[
        ("ok", (true, SUCCESS)),
        ("refused", (false, Some(Answer::Code("E-REFUSED", "refused for good")))),
        ("unlisted_code", (false, Some(Answer::Code("E-0001", "a code nobody lists")))),
        ("applied_then_cut", (true, None)),
        ("cut", (false, None)),
        ("applied_late:<ms>", (true, None)),
        ("slow:<ms>", (true, SUCCESS)),
        ("http_500", (false, Some(Answer::Failure))),
        ("http_429", (false, Some(Answer::TooMany))),
        ("garbage", (true, Some(Answer::Garbage))),
        ("truncated", (true, Some(Answer::Half))),
        ("wrong_echo", (true, Some(Answer::OtherEcho))),
        ("huge", (true, Some(Answer::Huge))),
    ],
};

/// The answer to the client.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Code(&'static str, &'static str),
    Failure,
    TooMany,
    Garbage,
    Half,
    OtherEcho,
    Huge,
}

/// The channel `esb`.
pub(super) struct Esb;

impl Channel for Esb {
    fn name(&self) -> &'static str {
        "esb"
    }

    fn scenario(&self, text: &str) -> Result<String, String> {
        SCENARIOS.canonical(text)
    }

    fn http(&self) -> Option<Http> {
        Some(Http { path: "/esb", read })
    }

    fn dedupes(&self, mode: EsbMode) -> bool {
        mode == EsbMode::Dedupes
    }
}

fn read(body: Option<&[u8]>, esb: EsbOptions) -> Message {
    let body = body.ok_or_else(|| "the body is larger than 1 MiB".to_owned());
    match body.and_then(Request::parse) {
        Ok(request) if request.operation == Operation::Modify => order(request),
        Ok(request) if esb.inquiry => inquiry(request),
        Ok(_) => {
            let message = "OperationName: AcctInfoInq needs the option --esb-inquiry";
            Message::malformed(reply::refusal(400, message))
        }
        Err(message) => Message::malformed(reply::refusal(400, &message)),
    }
}

/// An inquiry is answered in every scenario, with the newest level that was really set.
fn inquiry(request: Request) -> Message {
    Message {
        meets: Meets::Always("inquiry"),
        plan: Box::new(move |_, applied| {
            let is_its = |effect: &&Arc<Effect>| request.is_about(&effect.what);
            let newest = applied.iter().rfind(is_its);
            let level = newest.and_then(|effect| effect.what["level"].as_str());
            let shown = request.showing(level.unwrap_or_default());
            let answer = Some(Box::new(move || reply_to(&shown, Answer::Code("200", FINE))) as _);
            Ok(Plan { wait: Duration::ZERO, effect: None, answer })
        }),
    }
}

fn order(request: Request) -> Message {
    Message {
        meets: Meets::ScenarioOf(request.arrangement().to_owned()),
        plan: Box::new(move |scenario, _| {
            let ((sets_level, answer), wait) = SCENARIOS.parse(scenario)?;
            let effect = sets_level.then(|| request.order());
            let answer = answer.map(|answer| Box::new(move || reply_to(&request, answer)) as _);
            Ok(Plan { wait, effect, answer })
        }),
    }
}

fn reply_to(request: &Request, answer: Answer) -> StubBehaviour {
    let code = |request: &Request, code, text: &str| {
        StubResponse::json(200, request.reply(code, text, clock::now()))
    };
    StubBehaviour::Respond(match answer {
        Answer::Code(number, text) => code(request, number, text),
        Answer::Failure => reply::refusal(500, "the simulated bank is out of order"),
        Answer::TooMany => {
            reply::refusal(429, "the simulated bank is busy").with_header("retry-after", "1")
        }
        Answer::Garbage => reply::garbage(),
        Answer::Half => return reply::half(code(request, "200", FINE)),
        Answer::OtherEcho => code(&request.about_another(), "200", FINE),
        Answer::Huge => code(request, "200", &"long ".repeat(HUGE / 5)),
    })
}
