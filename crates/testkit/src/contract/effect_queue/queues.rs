//! Checks that effects of one queue are sent one at a time.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::change::Committed;
use madoguchi_domain::effect::{
    CancelReason, Doubt, EffectKind, OnUnknown, Ordering, Outcome, UpstreamCode, WhyNotSent,
};

use super::notices::{Notices, id, ids, notice};

/// Effects of one queue are sent one at a time, in the order of their planning; one that is not
/// settled holds back those behind it, and no other queue.
pub async fn effects_of_a_queue_are_sent_one_at_a_time(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    let queued = |number, key| notice(number, Ordering::Queue, key);
    let effects = vec![queued(3, "a"), queued(1, "a"), queued(2, "a"), queued(4, "b")];
    assert_eq!(notices.plan(effects).await, Committed::Moved, "a queue holds more than one");
    let first = notices.claim(10).await;
    assert_eq!(ids(&first), [id(1), id(4)]);
    assert_eq!(notices.claim(10).await, []);
    let held = first.into_iter().find(|effect| effect.order.key.id == id(1));
    let held = held.expect("notice 1 is claimed");
    // An earlier one that is committed late does not run beside the one that is being sent.
    assert_eq!(notices.plan(vec![queued(0, "a")]).await, Committed::Moved);
    assert_eq!(notices.claim(10).await, []);

    let not_sent = Outcome::NotSent(WhyNotSent::NoConnection);
    notices.answer(&held, not_sent, 201).await;
    let next = notices.claim(10).await;
    assert_eq!(ids(&next), [id(0)], "while the other one waits, the earliest is first");
    notices.answer(&next[0], Outcome::Unknown(Doubt::TimedOut), 202).await;
    notices.wait(60);
    assert_eq!(notices.claim(10).await, [], "doubt holds the queue back");
    notices.wait(1000);
    assert_eq!(notices.sweep().await, 2, "doubt ends in `Manual`, and notice 4 lapsed");
    assert_eq!(notices.claim(10).await, [], "and so does `Manual`");
}

/// What cannot be sent yet does not keep what can be sent from being claimed.
pub async fn what_waits_in_a_queue_takes_no_place_of_a_claim(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    let mut effects: Vec<_> = (1..=5).map(|it| notice(it, Ordering::Queue, "a")).collect();
    effects.push(notice(6, Ordering::Queue, "b"));
    assert_eq!(notices.plan(effects).await, Committed::Moved);
    assert_eq!(ids(&notices.claim(2).await), [id(1), id(6)]);
}

/// The next effect of a queue is sent when the one before it is settled.
pub async fn a_queue_goes_on_after_every_end(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    let queued = |number| notice(number, Ordering::Queue, "a");
    assert_eq!(notices.plan((1..=4).map(queued).collect()).await, Committed::Moved);
    let refused = Outcome::Refused(UpstreamCode::parse("E").expect("the code parses"));
    let ends = [refused, Outcome::Withdrawn(CancelReason::of("answered")), Outcome::Applied];
    for (number, end) in (1..).zip(ends) {
        let claimed = notices.claim(10).await;
        assert_eq!(ids(&claimed), [id(number)]);
        notices.answer(&claimed[0], end, 201).await;
    }
    assert_eq!(ids(&notices.claim(10).await), [id(4)]);
}

/// An effect that may have been sent holds its queue back while it waits to be sent again, also
/// from earlier ones that were committed late.
pub async fn doubt_that_is_sent_again_keeps_its_place(stores: UpgradeStores) {
    let notices = Notices::with(&stores, OnUnknown::Resend);
    let queued = |number| notice(number, Ordering::Queue, "a");
    assert_eq!(notices.plan(vec![queued(2)]).await, Committed::Moved);
    let first = notices.claim(10).await.remove(0);
    notices.answer(&first, Outcome::Unknown(Doubt::TimedOut), 201).await;
    assert_eq!(notices.plan(vec![queued(1)]).await, Committed::Moved);
    notices.wait(1000);
    assert_eq!(notices.sweep().await, 1, "it is planned again");
    notices.wait(1000);
    assert_eq!(ids(&notices.claim(10).await), [id(2)]);
}

/// A queue belongs to one kind: another kind with the same key does not hold it back.
pub async fn queues_of_two_kinds_are_independent(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    let mut other = notice(1, Ordering::Queue, "a");
    other.order.key.kind = EffectKind::of("Other");
    let own = notice(2, Ordering::Queue, "a");
    assert_eq!(notices.plan(vec![other, own]).await, Committed::Moved);
    assert_eq!(ids(&notices.claim(10).await), [id(2)]);
}
