//! The messages as the bank reads and writes them: DA21 (`AcctInfoModRq`, `AcctInfoModRs`), and the
//! inquiry of our own design (`AcctInfoInqRq`, `AcctInfoInqRs`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::world::clock;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// DA21: set a level.
    Modify,
    /// Show a level.
    Inquire,
}

impl Operation {
    /// `OperationName`, and the start of the names of its bodies.
    const fn name(self) -> &'static str {
        match self {
            Self::Modify => "AcctInfoMod",
            Self::Inquire => "AcctInfoInq",
        }
    }

    const fn txn_id(self) -> &'static str {
        match self {
            Self::Modify => "DA21",
            Self::Inquire => "DA21INQ",
        }
    }
}

/// A valid request.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) operation: Operation,
    header: Header,
    service: ServiceHeader,
    signon: Signon,
    customer: CustInfo,
}

#[derive(Debug, Deserialize)]
struct Envelope {
    amheader: Header,
    ambody: RequestBody,
}

/// The variant's name is the JSON key.
#[derive(Debug, Deserialize)]
enum RequestBody {
    AcctInfoModRq(Root),
    AcctInfoInqRq(Root),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Root {
    service_header: ServiceHeader,
    signon: Signon,
    service_body: Option<ServiceBodyRq>,
    cust_info: Option<CustInfo>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServiceBodyRq {
    cust_info: Option<CustInfo>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    #[serde(rename = "ChannelID")]
    channel: String,
    service_domain: String,
    operation_name: String,
    #[serde(rename = "ConsumerID")]
    consumer: String,
    #[serde(rename = "TransactionID")]
    transaction: String,
    rq_timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rs_timestamp: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServiceHeader {
    txn_id: String,
    txn_no: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Signon {
    custid: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CustInfo {
    #[serde(rename = "ArrngId")]
    arrangement: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    prod_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acct_info: Option<AcctInfo>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct AcctInfo {
    #[serde(rename = "DgtlLvl")]
    level: String,
}

impl Request {
    /// Parses a request, with `CustInfo` under `ServiceBody` or beside it.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub(super) fn parse(body: &[u8]) -> Result<Self, String> {
        let Envelope { amheader: header, ambody } =
            serde_json::from_slice(body).map_err(|error| format!("not a DA21 request: {error}"))?;
        let (operation, request) = match ambody {
            RequestBody::AcctInfoModRq(root) => (Operation::Modify, root),
            RequestBody::AcctInfoInqRq(root) => (Operation::Inquire, root),
        };
        let nested = request.service_body.and_then(|body| body.cust_info);
        let customer = match (nested, request.cust_info) {
            (Some(customer), None) | (None, Some(customer)) => customer,
            (None, None) => return Err("CustInfo: is missing".to_owned()),
            (Some(_), Some(_)) => return Err("CustInfo: is given twice".to_owned()),
        };
        let Root { service_header: service, signon, .. } = request;
        let request = Self { operation, header, service, signon, customer };
        request.check().map(|()| request)
    }

    fn check(&self) -> Result<(), String> {
        let Header { operation_name, transaction, rq_timestamp, .. } = &self.header;
        let is_order = self.operation == Operation::Modify;
        let CustInfo { arrangement, prod_name, acct_info } = &self.customer;
        let level = acct_info.as_ref().map(|info| info.level.as_str());
        let is_upper = |b: u8| b.is_ascii_digit() || b.is_ascii_uppercase();
        let demands = [
            (operation_name == self.operation.name(), "OperationName: must fit the body"),
            (self.service.txn_id == self.operation.txn_id(), "TxnId: must fit the body"),
            (!self.service.txn_no.is_empty(), "TxnNo: must not be empty"),
            (!transaction.is_empty(), "TransactionID: must not be empty"),
            (is_bank_time(rq_timestamp), "RqTimestamp: must be like 2015-12-06T12:01:01.00+08:00"),
            (self.header.rs_timestamp.is_none(), "RsTimestamp: belongs to replies only"),
            (
                (1..=36).contains(&arrangement.len()) && arrangement.bytes().all(is_upper),
                "ArrngId: must be 1 to 36 digits or upper-case letters",
            ),
            (!is_order || prod_name.is_some(), "ProdName: is missing"),
            (
                !is_order || level.is_some_and(|level| !level.is_empty()),
                "DgtlLvl: must not be empty",
            ),
            (is_order || level.is_none(), "DgtlLvl: belongs to orders only"),
        ];
        match demands.into_iter().find(|(met, _)| !met) {
            Some((_, demand)) => Err(demand.to_owned()),
            None => Ok(()),
        }
    }

    /// The arrangement whose level is set or shown.
    pub(super) fn arrangement(&self) -> &str {
        &self.customer.arrangement
    }

    /// The order in the request: equal values mean the same order, repeated.
    pub(super) fn order(&self) -> Value {
        json!({
            "arrangementId": self.customer.arrangement,
            "level": self.customer.acct_info.as_ref().map(|info| &info.level),
            "transactionId": self.header.transaction,
        })
    }

    /// Whether this effect is on the arrangement.
    pub(super) fn is_about(&self, effect: &Value) -> bool {
        effect["arrangementId"] == self.customer.arrangement
    }

    /// The same request with this level, for the reply to an inquiry.
    pub(super) fn showing(&self, level: &str) -> Self {
        let acct_info = Some(AcctInfo { level: level.to_owned() });
        Self { customer: CustInfo { acct_info, ..self.customer.clone() }, ..self.clone() }
    }

    /// The reply with this return code, which echoes the request.
    pub(super) fn reply(&self, code: &str, description: &str, at: Timestamp) -> Vec<u8> {
        let header = Header { rs_timestamp: Some(clock::bank_time(at)), ..self.header.clone() };
        let reply = json!({
            "amheader": header,
            "ambody": { format!("{}Rs", self.operation.name()): {
                "ServiceHeader": self.service,
                "Signon": self.signon,
                "ServiceBody": {
                    "RtrnStatCode": [{ "RtrnCode": code, "RtrnDesc": description }],
                    "HeaderInfo": {},
                    "CustInfo": self.customer,
                },
            } },
        });
        reply.to_string().into_bytes()
    }

    /// The same request for another arrangement.
    pub(super) fn about_another(&self) -> Self {
        let others = ["AA19001OTHER", "AA19002OTHER"];
        let other = others.into_iter().find(|other| *other != self.customer.arrangement);
        let arrangement = other.unwrap_or_default().to_owned();
        Self { customer: CustInfo { arrangement, ..self.customer.clone() }, ..self.clone() }
    }
}

fn is_bank_time(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok_and(|at| clock::bank_time(at) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str = include_str!("../../../../tests/da21_request.json");
    const REPLY: &str = include_str!("../../../../tests/da21_reply.json");

    fn parse(change: impl FnOnce(&mut Value)) -> Result<Request, String> {
        let mut message: Value = serde_json::from_str(REQUEST).unwrap();
        change(&mut message);
        Request::parse(message.to_string().as_bytes())
    }

    #[test]
    fn the_sources_request_gets_the_sources_reply() {
        let request = Request::parse(REQUEST.as_bytes()).unwrap();
        let at = "2015-12-06T04:01:10Z".parse().unwrap();
        let reply = request.reply("200", "200{success}", at);
        let reply: Value = serde_json::from_slice(&reply).unwrap();
        assert_eq!(reply, serde_json::from_str::<Value>(REPLY).unwrap());
    }

    #[test]
    fn a_flat_request_orders_the_same_as_a_nested_one() {
        let nested = Request::parse(REQUEST.as_bytes()).unwrap();
        let flat = parse(|message| {
            let request = &mut message["ambody"]["AcctInfoModRq"];
            request["CustInfo"] = request["ServiceBody"]["CustInfo"].take();
            request["ServiceBody"] = Value::Null;
        });
        assert_eq!(flat.unwrap().order(), nested.order());
    }

    #[test]
    fn what_is_no_request_is_refused_by_name() {
        let change = |pointer: &str, value: Value| {
            parse(|message| *message.pointer_mut(pointer).unwrap() = value).unwrap_err()
        };
        assert!(Request::parse(b"{").unwrap_err().contains("not a DA21 request"));
        assert!(change("/amheader/TransactionID", json!("")).contains("TransactionID"));
        assert!(change("/amheader/OperationName", json!("Other")).contains("OperationName"));
        assert!(change("/amheader/RqTimestamp", json!("2015-12-06")).contains("RqTimestamp"));
        let customer = "/ambody/AcctInfoModRq/ServiceBody/CustInfo";
        assert!(change(customer, Value::Null).contains("CustInfo"));
        assert!(change(&format!("{customer}/ArrngId"), json!("aa")).contains("ArrngId"));
    }

    #[test]
    fn another_is_never_the_one_asked_about() {
        let request = Request::parse(REQUEST.as_bytes()).unwrap();
        let other = request.about_another();
        assert_ne!(other.arrangement(), request.arrangement());
        assert_ne!(other.about_another().arrangement(), other.arrangement());
    }
}
