//! One customer of the bank on the way up, and what each side knows of them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{bail, ensure};
use serde_json::Value;
use tokio::time::Instant;

use crate::test_system::TestSystem;
use crate::tokens;

const UNTIL_SETTLED: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(30);

/// Somebody with an account of their own, so that journeys never meet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Customer {
    /// The member id.
    pub member: String,
    /// The account at the bank.
    pub arrangement: String,
    /// The case; empty until one is open.
    pub case: String,
    /// What the QR code holds; empty until a case is open.
    pub qr: String,
}

impl Customer {
    /// Somebody the service has not heard of.
    #[must_use]
    pub fn stranger() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            member: format!("MEMBER-{number:05}"),
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

    /// A member whose case is `EDDASuccess`: where every verdict starts from.
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

    /// Opens a case, or finds the open one.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn open(&mut self, system: &TestSystem) -> anyhow::Result<Value> {
        let data = system.caller.open(&self.member).await?.data()?;
        data["caseId"].as_str().unwrap_or_default().clone_into(&mut self.case);
        let content = data["qrCode"]["content"].as_str().unwrap_or_default();
        content.rsplit('/').next().unwrap_or_default().clone_into(&mut self.qr);
        Ok(data)
    }

    /// The case as its readers see it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn read(&self, system: &TestSystem) -> anyhow::Result<Value> {
        let path = format!("/api/v1/upgrades/{}", self.case);
        system.caller.get(&path, tokens::READ).await?.data()
    }

    /// The level in the service's own record.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn level(&self, system: &TestSystem) -> anyhow::Result<String> {
        let path = format!("/api/v1/members/{}", self.member);
        let data = system.caller.get(&path, tokens::MEMBER_READ).await?.data()?;
        Ok(data["level"].as_str().unwrap_or_default().to_owned())
    }

    /// The case's past.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn timeline(&self, system: &TestSystem) -> anyhow::Result<Value> {
        let path = format!("/api/v1/upgrades/{}/timeline", self.case);
        system.caller.get(&path, tokens::READ).await?.data()
    }

    /// The states the case went through, in order.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn states(&self, system: &TestSystem) -> anyhow::Result<Vec<String>> {
        let timeline = self.timeline(system).await?;
        let history = timeline["history"].as_array().cloned().unwrap_or_default();
        let to = |entry: &Value| entry["to"].as_str().unwrap_or_default().to_owned();
        Ok(history.iter().map(to).collect())
    }

    /// Waits until nothing more will happen to the case by itself; returns it then.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn settled(&self, system: &TestSystem) -> anyhow::Result<Value> {
        let deadline = Instant::now() + UNTIL_SETTLED;
        loop {
            let case = self.read(system).await?;
            if is_settled(&case) {
                return Ok(case);
            }
            if Instant::now() > deadline {
                bail!("not settled: {case}; {}", self.timeline(system).await?);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
}

/// Whether nothing more will happen to a case by itself.
#[must_use]
pub fn is_settled(case: &Value) -> bool {
    let at_bank = case["coreBank"]["state"].as_str().unwrap_or_default();
    match case["state"].as_str().unwrap_or_default() {
        "EDDAFailure" | "CustomerFailure" => true,
        "CustomerSuccess" => ["Confirmed", "Rejected", "Manual"].contains(&at_bank),
        _ => false,
    }
}
