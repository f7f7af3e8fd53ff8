//! Runs the suite of the guide's adapter for a REST bank.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::effect::UpstreamCode;
use madoguchi_domain::port::CoreBank;
use madoguchi_domain::upgrade::Guarantee;
use madoguchi_testkit::contract::core_bank::ArrivedOrder;
use madoguchi_testkit::contract::core_bank_http::HttpBank;
use madoguchi_testkit::core_bank_http_contract;
use madoguchi_testkit::server::http_stub::{Received, StubResponse};

#[expect(unreachable_pub, reason = "it is printed for a crate that publishes it")]
#[path = "../../../docs/guide/rest_bank.rs"]
mod rest_bank;

use rest_bank::RestBank;

/// How it looks on the wire.
struct Rest;

impl HttpBank for Rest {
    fn adapter(&self, url: &str, limit: Duration) -> Arc<dyn CoreBank> {
        Arc::new(RestBank::new(url, limit).expect("a client"))
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::Dedupes
    }

    fn order(&self, request: &Received) -> Option<ArrivedOrder> {
        let arrangement = request.path().strip_prefix("/bank/accounts/")?.strip_suffix("/level")?;
        Some(ArrivedOrder {
            arrangement: arrangement.to_owned(),
            level: request.json()["level"].as_str()?.to_owned(),
            transaction_id: request.header("idempotency-key").map(str::to_owned),
        })
    }

    fn applied(&self, _: &Received) -> StubResponse {
        StubResponse::new(204, "")
    }

    fn refused(&self, _: &Received, code: &UpstreamCode) -> StubResponse {
        StubResponse::new(409, code.as_str())
    }

    fn names_its_order(&self) -> bool {
        false
    }
}

core_bank_http_contract!(rest: async { Rest });

/// The page shows the adapter, and this harness from its `impl` on.
#[test]
fn the_guide_prints_what_is_tested() {
    let guide = include_str!("../../../docs/guide/core-banks.md");
    let adapter = include_str!("../../../docs/guide/rest_bank.rs");
    let harness = include_str!("rest_bank.rs");
    let harness = harness.split_once("impl HttpBank").and_then(|(_, it)| it.split_once("#[test]"));
    let harness = harness.and_then(|(it, _)| it.rsplit_once("\n\n///")).expect("the harness").0;
    for printed in [adapter.trim_end(), harness.trim_end()] {
        assert!(guide.contains(printed), "docs/guide/core-banks.md is not up to date: {printed}");
    }
}
