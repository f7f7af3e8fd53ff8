//! Delivers orders that set a level to the core bank.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_domain::consequence::Consequence;
use madoguchi_domain::effect::{
    Effect, EffectKind, EffectOrder, EffectPolicy, Inquired, Outcome, WhyNotSent,
};
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::port::CoreBank;
use madoguchi_domain::upgrade::{FinalCodes, SetLevel, classify, interpret};

use crate::Delivery;

/// Sends `SetLevel` orders, asks for levels, and interprets the core bank's answers.
pub struct SetLevelDelivery {
    /// The core bank.
    pub bank: Arc<dyn CoreBank>,
    /// Return codes that are a final refusal.
    pub finals: FinalCodes,
    /// The maximum duration of a call to the bank.
    pub call_lasts: SignedDuration,
    /// The policy; [`Guarantee::policy`](madoguchi_domain::upgrade::Guarantee::policy) makes it.
    pub policy: EffectPolicy,
}

impl fmt::Debug for SetLevelDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetLevelDelivery").field("policy", &self.policy).finish_non_exhaustive()
    }
}

#[async_trait]
impl Delivery for SetLevelDelivery {
    fn kind(&self) -> EffectKind {
        SetLevel::KIND
    }

    fn policy(&self) -> &EffectPolicy {
        &self.policy
    }

    fn call_lasts(&self) -> SignedDuration {
        self.call_lasts
    }

    fn supports(&self, order: &EffectOrder) -> bool {
        !SetLevel::is_newer(order)
    }

    async fn deliver(&self, effect: &Effect) -> Outcome {
        let Ok(order) = SetLevel::parse(&effect.order) else {
            return Outcome::NotSent(WhyNotSent::NotEncodable);
        };
        let answer = self.bank.set_level(&order, &effect.correlation).await;
        classify(&order, &answer, &self.finals)
    }

    async fn inquire(&self, effect: &Effect) -> Inquired {
        let Ok(order) = SetLevel::parse(&effect.order) else { return Inquired::NotSupported };
        let answer = self.bank.inquire(&order.arrangement, &effect.correlation).await;
        interpret(&order, &answer)
    }

    fn consequence(&self, after: &Effect) -> Result<Option<Consequence>, InvalidField> {
        SetLevel::consequence(after)
    }
}
