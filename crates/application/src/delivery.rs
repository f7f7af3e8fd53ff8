//! Use cases of the delivery watch: list it, and record what came back.

use madoguchi_domain::delivery::{
    DeliveryReport, ReportReceipt, WatchEntry, WatchQuery, record_bounce,
};
use madoguchi_domain::effect::{EffectId, EffectKey};
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::mail::{MailId, MailOrder};
use madoguchi_domain::redacted;

use crate::idempotency::once_until_moved;
use crate::{Answered, DeliveryStores, ServiceError};

redacted!(DeliveryService);

/// Shows whom our mails do not reach, and records bounces.
#[derive(Clone)]
pub struct DeliveryService {
    stores: DeliveryStores,
}

impl DeliveryService {
    /// A service over these stores.
    #[must_use]
    pub const fn new(stores: DeliveryStores) -> Self {
        Self { stores }
    }

    /// A page of the delivery watch, newest first.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn watch(&self, query: &WatchQuery) -> Result<Vec<WatchEntry>, ServiceError> {
        Ok(self.stores.delivery.watch(query).await?)
    }

    /// Records what a report says of the mail that it names. Several reports of one mail are one
    /// bounce.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn report(
        &self,
        report: &DeliveryReport,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<ReportReceipt>, ServiceError> {
        let ClientAct { act, keyed } = by.into();
        let mail = report.message_id.mail();
        let (platform, delivery) = (&self.stores.platform, &*self.stores.delivery);
        once_until_moved(
            &*platform.replays,
            keyed,
            || async {
                let (effect, known) = match mail {
                    Some(mail) => {
                        let found = platform.effects.find(&key(mail)).await?;
                        (found.map(|it| it.effect), delivery.bounce(mail).await?)
                    }
                    None => (None, None),
                };
                Ok(record_bounce(report, effect.as_ref(), known.as_ref(), &act)?)
            },
            |change| async move { delivery.commit(&[change]).await },
        )
        .await
    }
}

fn key(mail: MailId) -> EffectKey {
    EffectKey { kind: MailOrder::KIND, id: EffectId(mail.0) }
}
