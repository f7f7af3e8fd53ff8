//! One customer with an upgrade case, as the API shows them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{bail, ensure};
use madoguchi_client::{ApiAnswer, CaseAnswer, TimelineEvent};
use serde_json::Value;
use tokio::time::Instant;

use crate::test_system::TestSystem;
use crate::tokens;

const UNTIL_SETTLED: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(30);

/// A customer with their own account, so that journeys do not collide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Customer {
    /// The member id.
    pub member: String,
    /// The account at the bank.
    pub arrangement: String,
    /// The case; empty until one is open.
    pub case: String,
    /// The QR token; empty until a case is open.
    pub qr: String,
}

impl Customer {
    /// A customer who is not registered.
    #[must_use]
    pub fn stranger() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            member: format!("MEMBER-{number:08}"),
            arrangement: format!("AA24{:03}{:05}", 1 + number % 365, number),
            case: String::new(),
            qr: String::new(),
        }
    }

    /// A registered member.
    ///
    /// # Errors
    /// When registering fails.
    pub async fn registered(system: &TestSystem) -> anyhow::Result<Self> {
        let customer = Self::stranger();
        let answer = system.caller.register(&customer.member, &customer.arrangement).await?;
        ensure!(answer.status == 201, "registering: {} {}", answer.status, answer.body);
        Ok(customer)
    }

    /// A member whose case is `New`.
    ///
    /// # Errors
    /// When opening fails.
    pub async fn opened(system: &TestSystem) -> anyhow::Result<Self> {
        let mut customer = Self::registered(system).await?;
        customer.open(system).await?;
        Ok(customer)
    }

    /// A member whose case is `EDDASuccess`, ready for a verdict.
    ///
    /// # Errors
    /// When the verification fails.
    pub async fn verified(system: &TestSystem) -> anyhow::Result<Self> {
        let customer = Self::opened(system).await?;
        let reference = format!("check-{}", customer.case);
        let data = system.caller.verify(&customer.case, &reference, true).await?.data()?;
        ensure!(data["state"] == "EDDASuccess", "{data}");
        Ok(customer)
    }

    /// Opens a case, or returns the open one.
    ///
    /// # Errors
    /// When the request is refused.
    pub async fn open(&mut self, system: &TestSystem) -> anyhow::Result<Value> {
        let answer = system.caller.with(tokens::OPEN).open_upgrade(&self.member).await?;
        let opened = answer.data()?;
        self.case = opened.case_id;
        self.qr = opened.qr_code.map(|code| code.token().to_owned()).unwrap_or_default();
        Ok(answer.untyped().data()?)
    }

    /// The case as the API returns it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn read(&self, system: &TestSystem) -> anyhow::Result<Value> {
        Ok(self.answer(system).await?.untyped().data()?)
    }

    /// Whether no automatic step is left for the case.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn is_settled(&self, system: &TestSystem) -> anyhow::Result<bool> {
        Ok(self.answer(system).await?.data()?.is_settled())
    }

    async fn answer(&self, system: &TestSystem) -> anyhow::Result<ApiAnswer<CaseAnswer>> {
        Ok(system.caller.with(tokens::READ).upgrade(&self.case).await?)
    }

    /// The level that the service has recorded.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn level(&self, system: &TestSystem) -> anyhow::Result<String> {
        Ok(system.caller.with(tokens::MEMBER_READ).member(&self.member).await?.data()?.level)
    }

    /// The case's timeline.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn timeline(&self, system: &TestSystem) -> anyhow::Result<Value> {
        let answer = system.caller.with(tokens::READ).timeline(&self.case).await?;
        Ok(answer.untyped().data()?)
    }

    /// The case's states, in order.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn states(&self, system: &TestSystem) -> anyhow::Result<Vec<String>> {
        let timeline = system.caller.with(tokens::READ).timeline(&self.case).await?.data()?;
        Ok(timeline.iter().filter_map(TimelineEvent::state).map(str::to_owned).collect())
    }

    /// Waits until the case is final, then returns it.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn settled(&self, system: &TestSystem) -> anyhow::Result<Value> {
        let deadline = Instant::now() + UNTIL_SETTLED;
        loop {
            let case = self.answer(system).await?;
            if case.data()?.is_settled() {
                return Ok(case.untyped().data()?);
            }
            if Instant::now() > deadline {
                bail!("not settled: {}; {}", case.body, self.timeline(system).await?);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
}
