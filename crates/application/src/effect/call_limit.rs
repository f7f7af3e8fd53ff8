//! Ends calls that do not end by themselves.

use std::time::Duration;

use super::registry::Delivery;

/// Time for the end of a call that lasts exactly as long as its delivery says.
const GRACE: Duration = Duration::from_millis(250);

/// How long a worker that stops waits for its calls.
pub(super) fn longest_call(delivery: &dyn Delivery) -> Duration {
    delivery.call_lasts().unsigned_abs().saturating_add(GRACE)
}

/// The answer of a call. `None` when it lasts twice as long as a lease and the settle time: until
/// then a late answer is still proof, after that its order was decided otherwise.
pub(super) async fn unless_it_hangs<T>(
    delivery: &dyn Delivery,
    call: impl Future<Output = T>,
) -> Option<T> {
    let policy = delivery.policy();
    let decided = policy.lease.unsigned_abs().saturating_add(policy.settle.unsigned_abs());
    tokio::time::timeout(decided.saturating_mul(2), call).await.ok()
}
