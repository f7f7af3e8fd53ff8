//! Runs the `CoreBank` contract against the adapter over a real socket.

use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_domain::effect::UpstreamCode;
use madoguchi_domain::port::CoreBank;
use madoguchi_domain::upgrade::APPLIED_CODE;
use madoguchi_esb::{Esb, EsbSettings};
use madoguchi_testkit::core_bank_contract;
use madoguchi_testkit::core_bank_contract::CoreBankUnderTest;
use madoguchi_testkit::http_stub::{HttpStub, StubBehaviour};

use crate::bank;

struct EsbOverStub {
    stub: HttpStub,
    esb: Arc<Esb>,
}

impl EsbOverStub {
    async fn start() -> Self {
        let stub = HttpStub::start().await.unwrap();
        let esb = Arc::new(bank::esb(EsbSettings::new(stub.url("/da21"))));
        Self { stub, esb }
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
        self.stub.received().iter().map(bank::transaction_id).collect()
    }
}

core_bank_contract!(esb: EsbOverStub::start().await);
