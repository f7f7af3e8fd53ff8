//! A scripted bank for tests: it parses an order and builds the reply.

use std::sync::Arc;

use madoguchi_domain::correlation::CorrelationId;
use madoguchi_esb::{Esb, EsbSettings};
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::server::http_stub::{Received, StubResponse};
use serde_json::{Value, json};

pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at("2026-11-22T01:02:03.456789Z".parse().unwrap()))
}

pub(crate) fn ids() -> Arc<SeededIds> {
    Arc::new(SeededIds::new(1))
}

/// The id of the request that planned the sample order.
pub(crate) fn correlation() -> CorrelationId {
    CorrelationId::parse("call-1").unwrap()
}

pub(crate) fn esb(settings: EsbSettings) -> Esb {
    Esb::new(settings, clock(), ids()).unwrap()
}

pub(crate) fn transaction_id(order: &Received) -> String {
    order.json()["amheader"]["TransactionID"].as_str().unwrap().to_owned()
}

/// The bank's reply to an order, with this code.
pub(crate) fn answer(order: &Received, code: &str) -> StubResponse {
    let order = order.json();
    let info = &order["ambody"]["AcctInfoModRq"]["ServiceBody"]["CustInfo"];
    StubResponse::json(200, reply(&order["amheader"], info, code).to_string())
}

/// The arrangement of an inquiry; `None` for an order.
pub(crate) fn inquired(message: &Received) -> Option<String> {
    let body = &message.json()["ambody"]["AcctInfoInqRq"]["ServiceBody"];
    body["CustInfo"]["ArrngId"].as_str().map(str::to_owned)
}

/// The bank's reply to an inquiry, with this level.
pub(crate) fn shown(inquiry: &Received, level: &str) -> StubResponse {
    let info = json!({ "ArrngId": inquired(inquiry), "AcctInfo": { "DgtlLvl": level } });
    let mut reply = reply(&inquiry.json()["amheader"], &info, "200");
    reply["ambody"] = json!({ "AcctInfoInqRs": reply["ambody"]["AcctInfoModRs"] });
    StubResponse::json(200, reply.to_string())
}

/// The fixed success reply to the sample order.
pub(crate) fn applied() -> StubResponse {
    let info = json!({ "ArrngId": "AA19337Z8L29", "AcctInfo": { "DgtlLvl": "1A" } });
    let header = json!({ "TransactionID": "T1222222" });
    StubResponse::json(200, reply(&header, &info, "200").to_string())
}

fn reply(header: &Value, info: &Value, code: &str) -> Value {
    let codes = json!([{ "RtrnCode": code, "RtrnDesc": "canary-desc" }]);
    let body = json!({ "RtrnStatCode": codes, "CustInfo": info });
    json!({ "amheader": header, "ambody": { "AcctInfoModRs": { "ServiceBody": body } } })
}
