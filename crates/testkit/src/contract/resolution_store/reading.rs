//! Checks of what operators read.

use madoguchi_domain::change::Committed;
use madoguchi_domain::effect::{
    EffectEvent, EffectFilter, EffectQuery, EffectStateName, ListedEffect, ManualOutcome,
};
use madoguchi_domain::resolution::{ResolutionFilter, ResolutionQuery, ResolutionStateName};

use super::{
    BothStores, POLICY, all, approval, commit, found, listed, proposed, record, stuck_orders,
};
use crate::samples::{at, moved, person_act};

/// By state and by effect, too.
pub async fn resolutions_are_listed_newest_first_page_by_page(stores: BothStores) {
    let effects = stuck_orders(&stores.0, 3).await;
    let mut proposals = Vec::new();
    for (number, effect) in (1..).zip(&effects) {
        // Two of them at the same time.
        let seconds = 600 + i64::from(number / 2);
        let outcome = ManualOutcome::Rejected;
        proposals.push(proposed(&stores, &effect.order.key, (number, seconds), outcome).await);
    }
    proposals.reverse();
    assert_eq!(all(&stores).await, proposals);
    let mut after = None;
    for expected in &proposals {
        let query = ResolutionQuery { filter: ResolutionFilter::default(), after, limit: 1 };
        let page = stores.1.resolutions.list(&query).await.expect("resolutions are listed");
        after = page.last().map(|last| last.facts.position());
        assert_eq!(page, std::slice::from_ref(expected));
    }
    let (changes, approved) = approval(&stores, &proposals[1], "bob", 700).await;
    assert_eq!(commit(&stores, &changes).await, Committed::Moved);
    let state = Some(ResolutionStateName::Approved);
    let by_state = ResolutionFilter { state, effect: None };
    assert_eq!(listed(&stores, by_state).await, [approved]);
    let effect = Some(proposals[0].facts.effect.clone());
    let by_effect = ResolutionFilter { state: None, effect };
    assert_eq!(listed(&stores, by_effect).await, [proposals[0].clone()]);
}

/// Of those that are open, up to the limit.
pub async fn lapsed_proposals_are_found_oldest_first(stores: BothStores) {
    let effects = stuck_orders(&stores.0, 3).await;
    for (number, seconds) in [(1, 620), (2, 600), (3, 610)] {
        let key = &effects[number as usize - 1].order.key;
        proposed(&stores, key, (number, seconds), ManualOutcome::Rejected).await;
    }
    let key = |number: usize| effects[number - 1].order.key.clone();
    let lapsed = async |seconds, limit| {
        let found = stores.1.resolutions.lapsed(at(seconds), limit).await;
        let found = found.expect("resolutions are found").into_iter();
        found.map(|facts| facts.effect).collect::<Vec<_>>()
    };
    assert_eq!(lapsed(600 + 3599, 9).await, []);
    assert_eq!(lapsed(600 + 3600, 9).await, [key(2)]);
    assert_eq!(lapsed(9_999, 2).await, [key(2), key(3)]);
    let open = stores.1.resolutions.open(&key(2)).await.expect("resolutions are read");
    let change = open.expect("one is open").facts.lapsed(&person_act("job", 9_999));
    assert_eq!(commit(&stores, &[change]).await, Committed::Moved);
    assert_eq!(lapsed(9_999, 9).await, [key(3), key(1)]);
    // Without people, by a proof: nobody has to decide any more.
    let proven = moved(&effects[0], EffectEvent::ProvenApplied, &POLICY, at(700));
    record(&stores.0, proven).await;
    assert_eq!(lapsed(700, 9).await, [key(1)]);
    let found = stores.1.resolutions.lapsed(at(700), 9).await.expect("resolutions are found");
    assert_eq!(
        commit(&stores, &[found[0].lapsed(&person_act("job", 700))]).await,
        Committed::Moved
    );
    assert_eq!(lapsed(700, 9).await, []);
}

/// In the timeline of its case.
pub async fn a_timeline_has_the_steps_of_resolutions(stores: BothStores) {
    let [effect] = &stuck_orders(&stores.0, 1).await[..] else { panic!("one order") };
    let proposal = proposed(&stores, &effect.order.key, (1, 600), ManualOutcome::Rejected).await;
    let (changes, approved) = approval(&stores, &proposal, "bob", 700).await;
    assert_eq!(commit(&stores, &changes).await, Committed::Moved);
    let timeline = stores.0.upgrades.timeline(effect.order.key.id.0.into()).await;
    assert_eq!(timeline.expect("timelines are read").resolutions, [approved.facts]);
}

/// In the list of effects, too.
pub async fn a_resolved_effect_is_listed_with_its_code(stores: BothStores) {
    let effects = stuck_orders(&stores.0, 3).await;
    let mut expected: Vec<ListedEffect> = effects.iter().map(ListedEffect::from).collect();
    expected.sort_by_key(|it| std::cmp::Reverse(it.key.id));
    let key = &expected[1].key;
    let proposal = proposed(&stores, key, (1, 600), ManualOutcome::Rejected).await;
    let (changes, _) = approval(&stores, &proposal, "bob", 700).await;
    assert_eq!(commit(&stores, &changes).await, Committed::Moved);
    expected[1] = (&found(&stores.0, key).await.effect).into();
    assert_eq!(expected[1].code.as_deref(), Some("resolved"));
    for state in [None, Some(EffectStateName::Manual), Some(EffectStateName::Rejected)] {
        let filter = EffectFilter { state, ..EffectFilter::default() };
        let matching: Vec<_> = expected.iter().filter(|it| filter.shows(it)).cloned().collect();
        let query = EffectQuery { filter, after: None, limit: 9 };
        assert_eq!(stores.0.platform.effects.list(&query).await, Ok(matching));
    }
}
