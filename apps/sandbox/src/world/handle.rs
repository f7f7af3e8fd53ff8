//! Simulates DA21: journals the request, then executes and answers by its scenario.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use jiff::Timestamp;

use super::bank::{Bank, Met};
use super::clock;
use super::da21::{Order, Request};
use super::received;
use super::reply::{self, Cut, Reply};
use super::scenario::Channel;
use super::scenario::esb::{Answer, EffectTiming, Plan};

/// The size of the description in a `huge` reply, in bytes.
const HUGE: usize = 4 << 20;

/// Answers `POST /esb`. `None` is a body that was too large to read.
pub(super) async fn esb(
    bank: Arc<Bank>,
    headers: &HeaderMap,
    body: Option<Bytes>,
) -> Result<Reply, Cut> {
    let parsed = match &body {
        Some(body) => Request::parse(body),
        None => Err("the body is larger than 1 MiB".to_owned()),
    };
    let entry =
        |at: Timestamp, scenario: &str| received::entry(at, headers, body.as_deref(), scenario);
    match parsed {
        Err(message) => Ok(match bank.meet_malformed(Channel::Esb, entry) {
            Ok(()) => reply::refusal(StatusCode::BAD_REQUEST, &message),
            Err(error) => reply::broken(&error),
        }),
        Ok(request) => match bank.receive(&request.order(), entry) {
            Ok(met) => act(bank, request, met).await,
            Err(error) => Ok(reply::broken(&error)),
        },
    }
}

/// Waits as the scenario says. The rest happens even if the caller disconnects: a bank does not
/// stop because its client left.
async fn act(bank: Arc<Bank>, request: Request, met: Met) -> Result<Reply, Cut> {
    let part = met.scenario.part();
    if part.wait.is_zero() {
        return act_now(&bank, &request, met.age, part);
    }
    let acting = tokio::spawn(async move {
        tokio::time::sleep(part.wait).await;
        act_now(&bank, &request, met.age, part)
    });
    acting.await.unwrap_or(Err(Cut))
}

fn act_now(bank: &Arc<Bank>, request: &Request, age: u64, part: Plan) -> Result<Reply, Cut> {
    match part.timing {
        EffectTiming::Never => {}
        EffectTiming::BeforeAnswering => {
            if let Err(error) = bank.carry_out(&request.order(), age) {
                return Ok(reply::broken(&error));
            }
        }
        EffectTiming::After(wait) => {
            let (bank, order) = (Arc::clone(bank), request.order());
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                carry_out_late(&bank, &order, age);
            });
        }
    }
    answer(request, part.answer)
}

fn carry_out_late(bank: &Bank, order: &Order, age: u64) {
    if let Err(error) = bank.carry_out(order, age) {
        tracing::warn!(%error, "a late effect was lost");
    }
}

fn answer(request: &Request, answer: Answer) -> Result<Reply, Cut> {
    const FINE: &str = "200{success}";
    let now = clock::now();
    Ok(match answer {
        Answer::Code(code, text) => reply::whole(StatusCode::OK, request.reply(code, text, now)),
        Answer::Nothing => return Err(Cut),
        Answer::Failure => {
            reply::refusal(StatusCode::INTERNAL_SERVER_ERROR, "the simulated bank is out of order")
        }
        Answer::TooMany => {
            let mut reply =
                reply::refusal(StatusCode::TOO_MANY_REQUESTS, "the simulated bank is busy");
            reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            reply
        }
        Answer::Garbage => reply::garbage(),
        Answer::Half => reply::half(&request.reply("200", FINE, now)),
        Answer::OtherEcho => {
            reply::whole(StatusCode::OK, request.about_another().reply("200", FINE, now))
        }
        Answer::Huge => {
            reply::whole(StatusCode::OK, request.reply("200", &"long ".repeat(HUGE / 5), now))
        }
    })
}
