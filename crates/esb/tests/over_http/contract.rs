//! Runs the `CoreBank` contract against the adapter over a real socket.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_domain::effect::UpstreamCode;
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::port::CoreBank;
use madoguchi_domain::upgrade::APPLIED_CODE;
use madoguchi_esb::{Esb, EsbSettings};
use madoguchi_testkit::contract::core_bank::{CoreBankUnderTest, order};
use madoguchi_testkit::core_bank_contract;
use madoguchi_testkit::server::http_stub::{HttpStub, StubBehaviour};

use crate::bank;

struct EsbOverStub {
    stub: HttpStub,
    esb: Arc<Esb>,
    inquires: bool,
}

impl EsbOverStub {
    async fn start(inquires: bool) -> Self {
        let stub = HttpStub::start().await.unwrap();
        let settings = EsbSettings { inquiry: inquires, ..EsbSettings::new(stub.url("/da21")) };
        Self { stub, esb: Arc::new(bank::esb(settings)), inquires }
    }

    fn will_answer(&self, code: &str) {
        let code = code.to_owned();
        self.stub.next(StubBehaviour::compute(move |order| bank::answer(order, &code)));
    }
}

#[async_trait]
impl CoreBankUnderTest for EsbOverStub {
    fn bank(&self) -> Arc<dyn CoreBank> {
        Arc::clone(&self.esb) as Arc<dyn CoreBank>
    }

    async fn will_apply(&self) {
        self.will_answer(APPLIED_CODE);
    }

    async fn will_refuse(&self, code: &UpstreamCode) {
        self.will_answer(code.as_str());
    }

    async fn will_lose_the_connection(&self) {
        self.stub.next(StubBehaviour::Close);
    }

    async fn will_be_unreachable(&self) {
        self.stub.stop().await;
    }

    async fn arrived(&self) -> Vec<String> {
        let received = self.stub.received();
        let orders = received.iter().filter(|message| bank::inquired(message).is_none());
        orders.map(bank::transaction_id).collect()
    }

    fn inquires(&self) -> bool {
        self.inquires
    }

    async fn will_show(&self, level: Option<&AccountLevel>) {
        let level = level.map_or("", AccountLevel::as_str).to_owned();
        self.stub.next(StubBehaviour::compute(move |inquiry| bank::shown(inquiry, &level)));
    }

    async fn inquired(&self) -> Vec<String> {
        self.stub.received().iter().filter_map(bank::inquired).collect()
    }
}

core_bank_contract!(
    esb: EsbOverStub::start(true).await,
    esb_without_inquiries: EsbOverStub::start(false).await,
);

#[tokio::test]
async fn each_inquiry_has_a_transaction_id_of_its_own() {
    let bank = EsbOverStub::start(true).await;
    let order = order("T1222222");
    for _ in 0..3 {
        bank.will_show(None).await;
        bank.esb.inquire(&order.arrangement, &bank::correlation()).await;
    }
    let ids: BTreeSet<_> = bank.stub.received().iter().map(bank::transaction_id).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| id.len() == 27 && id.starts_with('Q')), "{ids:?}");
}
