//! Asks the other system about effects before they are sent again.

use std::sync::Arc;

use madoguchi_domain::effect::{Doubt, Inquired, Overdue};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument;

use super::call_limit::unless_it_hangs;
use super::registry::Delivery;

/// Maximum concurrent inquiries.
const AT_ONCE: usize = 16;

/// Asks about each of these effects, in their order. It starts no further inquiry after one that
/// learned nothing, none once a call's maximum duration is over, and none after `stop`: those left
/// out are overdue in the next sweep too.
pub(super) async fn inquire(
    delivery: &Arc<dyn Delivery>,
    overdue: Vec<Overdue>,
    stop: &watch::Receiver<bool>,
) -> Vec<(Overdue, Inquired)> {
    let until = Instant::now() + delivery.call_lasts().unsigned_abs();
    let (mut left, mut calls, mut found) = (overdue.into_iter(), JoinSet::new(), Vec::new());
    let mut is_answered = true;
    loop {
        while is_answered && !*stop.borrow() && calls.len() < AT_ONCE && Instant::now() < until {
            let Some(one) = left.next() else { break };
            calls.spawn(call(Arc::clone(delivery), one));
        }
        let Some(done) = calls.join_next().await else { return found };
        if let Ok(one) = done {
            is_answered &= !matches!(one.1, Inquired::Unanswered(_));
            found.push(one);
        }
    }
}

fn call(
    delivery: Arc<dyn Delivery>,
    overdue: Overdue,
) -> impl Future<Output = (Overdue, Inquired)> + Send {
    let (key, correlation) = (&overdue.effect.order.key, overdue.effect.correlation.as_str());
    let span = tracing::info_span!("inquiry", effect = %key, correlation);
    let call = async move {
        let found = unless_it_hangs(&*delivery, delivery.inquire(&overdue.effect)).await;
        let found = found.unwrap_or(Inquired::Unanswered(Doubt::TimedOut));
        if let Inquired::Unanswered(doubt) = found {
            tracing::warn!(%doubt, "an inquiry had no answer");
        }
        (overdue, found)
    };
    call.instrument(span)
}
