//! Checks that an effect's counters are stored and read back.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::effect::{
    Doubt, EffectEvent, EffectPolicy, EffectStateName, Outcome, WhyNotSent,
};
use madoguchi_domain::port::Recorded;

use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{answered, at, case_id, claim, moved};

/// Not sent twice, unknown, settled, unknown again: all counters and times read back.
pub async fn counters_and_doubt_are_kept_through_every_turn(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=1).await;
    let not_sent = || Outcome::NotSent(WhyNotSent::NoConnection);
    let unknown = || Outcome::Unknown(Doubt::ConnectionLost);
    let turns = [
        (at(200), not_sent(), (1, 0, 0)),
        (at(300), not_sent(), (2, 0, 0)),
        (at(400), unknown(), (0, 1, 0)),
        (at(800), not_sent(), (1, 1, 120)),
        (at(900), unknown(), (0, 2, 120)),
    ];
    let (mut fence, mut evidence) = (0, Vec::new());
    for (moment, outcome, counted) in turns {
        let sending = driver.claim(&claim(1, 1, moment)).await.remove(0);
        fence += 1;
        assert_eq!((sending.fence.0, &driver.effect(1).await), (fence, &sending));
        let change = answered(&sending, outcome, moment);
        assert_eq!(driver.record(&change).await, Recorded::Written);
        let found = driver.effect(1).await;
        assert_eq!(found, change.write.after);
        assert_eq!((found.unsent, found.ambiguous, found.ambiguous_for.as_secs()), counted);
        evidence.extend(change.write.evidence);
        if found.state.name() == EffectStateName::Unknown {
            let settles_at = found.state.next_attempt_at().expect("doubt has an end");
            let event = EffectEvent::Settled;
            let settled = moved(&found, event, &EffectPolicy::standard(), settles_at);
            assert_eq!(driver.record(&settled).await, Recorded::Written);
            assert_eq!(driver.effect(1).await, settled.write.after);
        }
    }
    assert_eq!(driver.timeline(case_id(1)).await.evidence, evidence, "oldest first");
}
