//! The demo's journeys of a phone call: caller lookup by the API and through the gateway.

use std::time::{Duration, Instant};

use anyhow::Context;
use madoguchi_client::{AccountOwner, FindCaller, FoundCaller, LookupPart};
use serde_json::{Value, json};

use crate::tokens;

use super::context::DemoContext;
use super::walk::Walk;

/// The source's example replies, for comparison.
const CONTEXT_EXAMPLE: &str = include_str!("../../tests/contextos_reply.json");
const OWNER_EXAMPLE: &str = include_str!("../../tests/codigo_reply.json");
/// An account that none of the ten callers owns, so its owner is the source's example.
const NOBODYS: &str = "341341150100098790";
/// The account of `CTX0002`.
const SECOND: &str = "341341005700123457";
/// The default deadline of a caller lookup.
const DEADLINE: Duration = Duration::from_secs(2);

/// The journeys of a phone call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Call {
    WhoIsCalling,
    ThroughTheGateway,
    HalfIsLate,
}

impl Call {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::WhoIsCalling => "An agent looks up the caller",
            Self::ThroughTheGateway => "A desktop calls the documented gateway",
            Self::HalfIsLate => "One of two lookups is late",
        }
    }

    pub(super) async fn walk(self, demo: &DemoContext, walk: &mut Walk) -> anyhow::Result<()> {
        match self {
            Self::WhoIsCalling => who_is_calling(demo, walk).await,
            Self::ThroughTheGateway => through_the_gateway(demo, walk).await,
            Self::HalfIsLate => half_is_late(demo, walk).await,
        }
    }
}

async fn who_is_calling(demo: &DemoContext, walk: &mut Walk) -> anyhow::Result<()> {
    let who = ask(demo, "CTX0001").await?;
    walk.check(matches!(who.context, LookupPart::Fresh { .. }), "the context of the call is found");
    let owner = who.account.value().context("the account has no owner")?;
    let name = owner.name.as_deref();
    walk.same(name, Some("Maria Silva"), "the owner of its account is found");
    walk.same(owner.is_caller, Some(true), "the owner is the caller");
    let shown = who.context.value().and_then(|context| context.cpf.as_deref());
    walk.same(shown, Some("***.982.247-**"), "her CPF is shown masked");
    let contexts = received(demo, "contextos").await?;
    let asked = contexts.last().cloned().unwrap_or_default();
    let sent = asked["body"]["contextId"].as_str().unwrap_or_default();
    walk.same(sent, "Q1RYMDAwMQ==", "the downstream received the context id in Base64");
    let flow = asked["headers"]["x-itau-flowid"].as_str().unwrap_or_default();
    walk.check(flow.len() == 36, "with a generated flow id");
    let again = ask(demo, "CTX0001").await?.context;
    walk.check(
        matches!(again, LookupPart::Cached { .. }),
        "a second lookup uses the cached context",
    );
    let asked = received(demo, "contextos").await?.len();
    walk.same(asked, contexts.len(), "and sends no request downstream");
    let before = received(demo, "codigo").await?.len();
    let stranger = ask(demo, "CTX0009").await?;
    walk.same(stranger.account, missing("not_identified"), "an unidentified caller has no account");
    let after = received(demo, "codigo").await?.len();
    walk.same(after, before, "no account is looked up");
    Ok(())
}

async fn through_the_gateway(demo: &DemoContext, walk: &mut Walk) -> anyhow::Result<()> {
    let gateway = |password| demo.stack.api.with_user(tokens::GATEWAY_USER, password);
    let desktop = gateway(tokens::GATEWAY_PASSWORD);
    let question = FindCaller::new("123123213");
    let answer = desktop.contextos(&question).await?;
    walk.check(
        (answer.status, answer.json()) == (200, serde_json::from_str(CONTEXT_EXAMPLE)?),
        "the source's example request gets the source's example reply",
    );
    let answer = desktop.codigo(&json!({ "codigo_conta": NOBODYS })).await?;
    walk.check(
        (answer.status, answer.json()) == (200, serde_json::from_str(OWNER_EXAMPLE)?),
        "also for the lookup of an account's owner",
    );
    let wrong = gateway("another-password").contextos(&question).await?;
    walk.same(wrong.status, 401, "a wrong password is refused");
    let absent = demo.stack.api.contextos(&question).await?;
    walk.check(absent == wrong, "with the same reply as without a password");
    let refused = desktop.codigo(&json!({ "codigo_conta": "94****96@qq.com" })).await?;
    let body = refused.json();
    let message = body["message"].as_str().unwrap_or_default();
    let named = message.contains("codigo_conta") && !message.contains("@");
    walk.check(refused.status == 400 && named, "the error names the field, not the value");
    walk.note(message);
    Ok(())
}

async fn half_is_late(demo: &DemoContext, walk: &mut Walk) -> anyhow::Result<()> {
    demo.stack.world.plays("codigo", "slow:10000", Some(SECOND), Some(1)).await?;
    walk.note("the account lookup will take 10 s");
    let began = Instant::now();
    let who = ask(demo, "CTX0002").await?;
    let took = began.elapsed();
    walk.check(took < DEADLINE + Duration::from_millis(500), "answered before the deadline");
    walk.note(&format!("after {} ms", took.as_millis()));
    let identified = who.context.value().and_then(|context| context.identification.as_deref());
    walk.same(identified, Some("AUT"), "with the part that was found");
    walk.same(who.account, missing("deadline_exceeded"), "and the reason for the missing part");
    let asked = received(demo, "codigo").await?.pop().unwrap_or_default();
    let met = asked["scenario"].as_str().unwrap_or_default();
    walk.same(met, "slow:10000", "the account lookup was sent and takes 10 s");
    Ok(())
}

async fn ask(demo: &DemoContext, context: &str) -> anyhow::Result<FoundCaller> {
    let agent = demo.as_user(tokens::AGENT);
    Ok(agent.find_caller(&FindCaller::new(context), None).await?.data()?)
}

fn missing(reason: &str) -> LookupPart<AccountOwner> {
    LookupPart::Missing { reason: reason.to_owned() }
}

/// The requests received on a channel of the world, oldest first.
async fn received(demo: &DemoContext, channel: &str) -> anyhow::Result<Vec<Value>> {
    demo.stack.world.received(channel).await
}
