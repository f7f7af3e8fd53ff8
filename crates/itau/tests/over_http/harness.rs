//! A scripted upstream for tests, and adapters that call it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::caller::ForwardedHeaders;
use madoguchi_domain::port::{AccountDirectory, CallerContexts, LookupError};
use madoguchi_domain::secret::Credentials;
use madoguchi_itau::{CONTEXT_PATH, Itau, ItauSettings};
use madoguchi_testkit::contract::scripted_upstream::{Arrived, ScriptedUpstream, UpstreamReply};
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::samples;
use madoguchi_testkit::server::http_stub::{HttpStub, Received, StubBehaviour, StubResponse};

/// An upstream that answers both lookups.
pub(crate) struct LookupHarness {
    pub(crate) stub: HttpStub,
    pub(crate) clock: ManualClock,
}

impl LookupHarness {
    pub(crate) async fn open() -> Self {
        Self { stub: HttpStub::start().await.unwrap(), clock: ManualClock::default() }
    }

    /// The default settings with short timeouts, so that tests are fast.
    pub(crate) fn settings(&self) -> ItauSettings {
        let credentials = Credentials::new("canary-user", "canary-password");
        let usual = ItauSettings::new(self.stub.url(""), credentials);
        let upstream = madoguchi_itau::UpstreamSettings {
            connect_timeout: Duration::from_millis(400),
            timeout: Duration::from_millis(800),
            ..usual.upstream
        };
        let breaker = BreakerSettings::steady(1000, SignedDuration::from_secs(30));
        ItauSettings { upstream, breaker, pause: Duration::from_millis(1), ..usual }
    }

    pub(crate) fn itau(&self, settings: ItauSettings) -> Itau {
        let clock = Arc::new(self.clock.clone());
        Itau::new(settings, clock, Arc::new(SeededIds::new(1))).unwrap()
    }

    pub(crate) fn answers(&self, status: u16, body: &str) {
        self.stub.from_now_on(StubBehaviour::Respond(StubResponse::json(status, body)));
    }
}

/// The results of looking both samples up, the context first.
pub(crate) async fn both(itau: &Itau) -> [Result<(), LookupError>; 2] {
    let forwarded = ForwardedHeaders::of(samples::flow(1));
    [
        itau.context(&samples::context_query(), &forwarded).await.map(drop),
        itau.owner(&samples::account_query(), &forwarded).await.map(drop),
    ]
}

fn document(request: &Received) -> &'static str {
    if request.path() == CONTEXT_PATH { samples::CONTEXT_DOCUMENT } else { samples::OWNER_DOCUMENT }
}

#[async_trait]
impl ScriptedUpstream for LookupHarness {
    async fn will_reply(&self, reply: UpstreamReply) {
        match reply {
            UpstreamReply::Found => self.stub.from_now_on(StubBehaviour::compute(|request| {
                StubResponse::json(200, document(request))
            })),
            UpstreamReply::Malformed => self.answers(400, "{}"),
            UpstreamReply::Unauthorized => self.answers(401, "{}"),
            UpstreamReply::Nothing => self.answers(404, "{}"),
            UpstreamReply::Failure => self.answers(500, r#"{"code":"1","message":"no"}"#),
            UpstreamReply::Garbage => self.answers(200, "<html>"),
        }
    }

    async fn will_be_unreachable(&self) {
        self.stub.stop().await;
    }

    async fn arrived(&self) -> Vec<Arrived> {
        self.stub.received().iter().map(arrived).collect()
    }
}

fn arrived(request: &Received) -> Arrived {
    let body = request.json();
    let asked = body.get("contextId").or(body.get("codigo_conta")).unwrap();
    let names = ["encoded", "tipo_estrutura", "segmento", "servico_digital"];
    let given = |name| Some((name, body.get(name)?.as_str().unwrap().to_owned()));
    let with = names.into_iter().filter_map(given).collect();
    let header = |name| request.header(name);
    let forwarded = ForwardedHeaders {
        flow: madoguchi_domain::caller::FlowId::parse(header("x-itau-flowID").unwrap()).unwrap(),
        correlation: header("x-itau-correlationID").map(samples::correlation),
        api_key: header("x-itau-apikey").map(samples::api_key),
    };
    Arrived { asked: asked.as_str().unwrap().to_owned(), with, forwarded }
}
