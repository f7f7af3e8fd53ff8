//! Runs the `CoreBank` contract against the adapter over a real socket.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::effect::UpstreamCode;
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::port::CoreBank;
use madoguchi_domain::upgrade::{APPLIED_CODE, Guarantee};
use madoguchi_esb::{EsbSettings, UpstreamSettings};
use madoguchi_testkit::contract::core_bank::{ArrivedOrder, CoreBankUnderTest, order};
use madoguchi_testkit::contract::core_bank_http::{BankOverHttp, HttpBank};
use madoguchi_testkit::core_bank_http_contract;
use madoguchi_testkit::server::http_stub::{Received, StubResponse};

use crate::bank;

/// DA21, with or without our inquiry.
struct Da21 {
    inquires: bool,
}

impl HttpBank for Da21 {
    fn adapter(&self, url: &str, limit: Duration) -> Arc<dyn CoreBank> {
        let usual = EsbSettings::new(url.to_owned());
        let upstream =
            UpstreamSettings { connect_timeout: limit / 2, timeout: limit, ..usual.upstream };
        let upstream = UpstreamSettings { allow_plaintext: true, ..upstream };
        Arc::new(bank::esb(EsbSettings { inquiry: self.inquires, upstream, ..usual }))
    }

    /// The strictest that `esb.guarantee` may say.
    fn guarantee(&self) -> Guarantee {
        Guarantee::Dedupes
    }

    fn order(&self, request: &Received) -> Option<ArrivedOrder> {
        let json = request.json();
        let info = &json["ambody"]["AcctInfoModRq"]["ServiceBody"]["CustInfo"];
        Some(ArrivedOrder {
            arrangement: info["ArrngId"].as_str()?.to_owned(),
            level: info["AcctInfo"]["DgtlLvl"].as_str()?.to_owned(),
            transaction_id: Some(bank::transaction_id(request)),
        })
    }

    fn applied(&self, request: &Received) -> StubResponse {
        bank::answer(request, APPLIED_CODE)
    }

    fn refused(&self, request: &Received, code: &UpstreamCode) -> StubResponse {
        bank::answer(request, code.as_str())
    }

    fn names_its_order(&self) -> bool {
        true
    }

    fn inquiry(&self, request: &Received) -> Option<String> {
        bank::inquired(request)
    }

    fn shown(&self, request: &Received, level: Option<&AccountLevel>) -> Option<StubResponse> {
        Some(bank::shown(request, level.map_or("", AccountLevel::as_str)))
    }

    fn inquires(&self) -> bool {
        self.inquires
    }
}

core_bank_http_contract!(
    esb: async { Da21 { inquires: true } },
    esb_without_inquiries: async { Da21 { inquires: false } },
);

#[tokio::test]
async fn each_inquiry_has_a_transaction_id_of_its_own() {
    let bank = BankOverHttp::start(Da21 { inquires: true }).await;
    let order = order("T1222222");
    for _ in 0..3 {
        bank.will_show(None).await;
        bank.bank().inquire(&order.arrangement, &bank::correlation()).await;
    }
    let ids: BTreeSet<_> = bank.received().iter().map(bank::transaction_id).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| id.len() == 27 && id.starts_with('Q')), "{ids:?}");
}
