//! Checks of proposals and of how they end.

use madoguchi_domain::audit::{Action, AuditEntry};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::effect::{
    Doubt, Effect, EffectEvent, EffectStateName, ManualOutcome, Outcome,
};
use madoguchi_domain::port::Recorded;
use madoguchi_domain::resolution::{Resolution, ResolutionStateName, ResolutionWrite};
use madoguchi_domain::upgrade::{CaseKey, Lookup};

use super::{
    BothStores, POLICY, all, approval, commit, doubted_orders, found, ids, proposal, proposed,
    record, stuck_orders, with_stuck,
};
use crate::contract::audit_rows;
use crate::contract::race::race;
use crate::contract::replay_store::stores_its_answer;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{answered, at, claim, moved, person_act, sweep};

/// With its sealed texts.
pub async fn a_proposal_reads_back_and_is_open(stores: BothStores) {
    let [effect] = &stuck_orders(&stores.0, 1).await[..] else { panic!("one order") };
    let key = &effect.order.key;
    assert_eq!(stores.1.resolutions.open(key).await, Ok(None));
    let proposal = proposed(&stores, key, (1, 600), ManualOutcome::Confirmed).await;
    assert_eq!(stores.1.resolutions.open(key).await, Ok(Some(proposal.clone())));
    assert_eq!(all(&stores).await, [proposal]);
}

/// Approved, withdrawn, lapsed: none of them is open.
pub async fn every_end_of_a_resolution_reads_back(stores: BothStores) {
    let effects = stuck_orders(&stores.0, 3).await;
    let mut ended = Vec::new();
    for (number, effect) in (1..).zip(&effects) {
        let key = &effect.order.key;
        let proposal = proposed(&stores, key, (number, 600), ManualOutcome::Rejected).await;
        let (changes, after) = match number {
            1 => approval(&stores, &proposal, "bob", 700).await,
            2 => {
                let act = person_act("cho", 700);
                let withdrawn = with_stuck(&stores, key, |stuck| stuck.withdraw(&act)).await;
                withdrawn.expect("it can be withdrawn")
            }
            _ => {
                let change = proposal.facts.lapsed(&person_act("job", 9000));
                let ResolutionWrite::Close(facts) = &change.write else { panic!("it closes") };
                let after = Resolution { facts: (**facts).clone(), ..proposal.clone() };
                (vec![change], after)
            }
        };
        assert_eq!(commit(&stores, &changes).await, Committed::Moved);
        assert_eq!(stores.1.resolutions.open(key).await, Ok(None));
        // A decision is made once.
        assert_eq!(commit(&stores, &changes[changes.len() - 1..]).await, Committed::Lost);
        ended.push(after);
    }
    let states: Vec<_> = ended.iter().map(|it| it.facts.state.name()).collect();
    use ResolutionStateName::{Approved, Lapsed, Withdrawn};
    assert_eq!(states, [Approved, Withdrawn, Lapsed]);
    let mut read = all(&stores).await;
    read.sort_by_key(|it| it.facts.id);
    assert_eq!(read, ended);
}

/// The level becomes the member's, marked as manual.
pub async fn an_approval_moves_its_effect_and_what_follows(stores: BothStores) {
    let effects = stuck_orders(&stores.0, 2).await;
    for (number, outcome) in (1..).zip([ManualOutcome::Confirmed, ManualOutcome::Planned]) {
        let key = &effects[number as usize - 1].order.key;
        let proposal = proposed(&stores, key, (number, 600), outcome).await;
        let (changes, _) = approval(&stores, &proposal, "bob", 700).await;
        assert_eq!(commit(&stores, &changes).await, Committed::Moved);
        let state = found(&stores.0, key).await.effect.state.name();
        assert_eq!(state.as_str(), outcome.as_str());
    }
    let newest = UpgradeDriver::at(&stores.0).look_up(&[by_case(&effects[0])]).await;
    let member = newest[0].clone().expect("the case is stored").snapshot.member;
    assert!(
        member.confirmed.is_some() && member.confirmed_manually,
        "the level is confirmed, and marked as confirmed by hand"
    );
    assert_eq!(member.target, None);
    // What is planned again is sent under the same id.
    let again = stores.0.platform.effects.claim(&claim(2, 9, at(800))).await;
    let again = again.expect("orders are claimed");
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].order, effects[1].order);
}

fn by_case(effect: &Effect) -> Lookup {
    Lookup { key: CaseKey::Id(effect.order.key.id.0.into()), check: None }
}

/// The results of decisions that are committed at the same moment.
async fn raced(
    stores: &BothStores,
    decisions: Vec<Vec<Change<ResolutionWrite>>>,
) -> Vec<Committed> {
    let before = audit_rows::heads(&stores.0).await;
    let runner = |changes: Vec<Change<ResolutionWrite>>| {
        let resolutions = std::sync::Arc::clone(&stores.1.resolutions);
        async move { resolutions.commit(&changes).await.expect("decisions are committed") }
    };
    let committed = race(decisions.iter().cloned().map(runner).collect()).await;
    let each = decisions.iter().zip(&committed).flat_map(|(it, is)| vec![*is; it.len()]);
    let each: Vec<_> = each.collect();
    audit_rows::are_of(&stores.0, &before, &decisions.concat(), &each).await;
    committed
}

/// Also of proposals that were decided at the same moment.
pub async fn an_effect_has_one_open_resolution(stores: BothStores) {
    let effects = stuck_orders(&stores.0, 2).await;
    let (one, other) = (&effects[0].order.key, &effects[1].order.key);
    let mut decisions = Vec::new();
    for number in 1..=8 {
        decisions.push(proposal(&stores, one, (number, 600), ManualOutcome::Rejected).await.0);
    }
    let committed = raced(&stores, decisions).await;
    assert_eq!(committed.iter().filter(|it| **it == Committed::Moved).count(), 1);
    assert_eq!(all(&stores).await.len(), 1);
    proposed(&stores, other, (9, 600), ManualOutcome::Rejected).await;
}

/// All of them decided on the same proposal.
pub async fn of_twenty_raced_approvals_one_is_written(stores: BothStores) {
    let [effect] = &stuck_orders(&stores.0, 1).await[..] else { panic!("one order") };
    let proposal = proposed(&stores, &effect.order.key, (1, 600), ManualOutcome::Rejected).await;
    let mut decisions = Vec::new();
    for number in 0..20 {
        decisions.push(approval(&stores, &proposal, &format!("bob-{number}"), 700).await.0);
    }
    let committed = raced(&stores, decisions).await;
    assert_eq!(committed.iter().filter(|it| **it == Committed::Moved).count(), 1);
    let [read] = &all(&stores).await[..] else { panic!("one resolution") };
    let winner = committed.iter().position(|it| *it == Committed::Moved).expect("one is written");
    let by = read.facts.state.closed_by().expect("a person approved it");
    assert_eq!(*by.subject, *format!("bob-{winner}"));
}

/// A worker that had lost its claim reports late, after the approval was decided.
pub async fn a_proof_before_the_approval_wins(stores: BothStores) {
    UpgradeDriver::at(&stores.0).passed(1..=1).await;
    let effects = &stores.0.platform.effects;
    let sending =
        effects.claim(&claim(1, 1, at(300))).await.expect("an order is claimed").remove(0);
    let lapsed = moved(&sending, EffectEvent::LeaseLapsed, &POLICY, at(400));
    let doubted = lapsed.write.after.clone();
    record(&stores.0, lapsed).await;
    record(&stores.0, moved(&doubted, EffectEvent::SetAside, &POLICY, at(500))).await;
    let key = &sending.order.key;
    let proposal = proposed(&stores, key, (1, 600), ManualOutcome::Rejected).await;
    let (changes, _) = approval(&stores, &proposal, "bob", 700).await;
    // What proves nothing takes back no proof.
    for outcome in [Outcome::Applied, Outcome::Unknown(Doubt::TimedOut)] {
        let late = effects.record(&[answered(&sending, outcome, at(650))]).await;
        assert_eq!(late, Ok(vec![Recorded::FencedOut]));
    }
    assert_eq!(commit(&stores, &changes).await, Committed::Lost);
    let found = found(&stores.0, key).await;
    assert!(found.is_proven(), "the late proof is kept");
    assert_eq!(found.effect.state.name(), EffectStateName::Manual);
    record(&stores.0, moved(&found.effect, EffectEvent::ProvenApplied, &POLICY, at(800))).await;
}

/// Neither of the resolution nor of the effect.
pub async fn a_lost_decision_leaves_no_trace(stores: BothStores) {
    let [effect] = &stuck_orders(&stores.0, 1).await[..] else { panic!("one order") };
    let key = &effect.order.key;
    let proposal = proposed(&stores, key, (1, 600), ManualOutcome::Rejected).await;
    let (mut changes, _) = approval(&stores, &proposal, "bob", 700).await;
    let before = (found(&stores.0, key).await, all(&stores).await);
    // The transition is written first: it is undone with the rest.
    let mut other = proposal.facts.clone();
    other.id = ids(99).resolution;
    let audit = AuditEntry::new(
        Action::RESOLUTION_APPROVED,
        other.id.subject(),
        "",
        &person_act("bob", 700),
    );
    changes[1] = Change::new(ResolutionWrite::Close(Box::new(other)), audit);
    assert_eq!(commit(&stores, &changes).await, Committed::Lost);
    assert_eq!((found(&stores.0, key).await, all(&stores).await), before);
}

/// A person decides on what was doubted, and meanwhile it is sent and doubted again.
pub async fn what_is_sent_again_is_not_taken_over(stores: BothStores) {
    let [doubted] = &doubted_orders(&stores.0, 1).await[..] else { panic!("one order") };
    let key = &doubted.order.key;
    let (changes, _) = proposal(&stores, key, (1, 600), ManualOutcome::Rejected).await;
    record(&stores.0, moved(doubted, EffectEvent::Settled, &POLICY, at(600))).await;
    let driver = UpgradeDriver::at(&stores.0);
    let sending = driver.claim(&claim(2, 1, at(601))).await.remove(0);
    assert_eq!(commit(&stores, &changes).await, Committed::Lost, "it is being sent");
    assert_eq!(found(&stores.0, key).await.effect, sending);
    let again = answered(&sending, Outcome::Unknown(Doubt::TimedOut), at(602));
    record(&stores.0, again.clone()).await;
    assert_eq!(commit(&stores, &changes).await, Committed::Lost, "it was sent under another fence");
    assert_eq!(found(&stores.0, key).await.effect, again.write.after);
    assert_eq!(all(&stores).await, []);
}

/// A proposal, a withdrawal and an approval; a key that has an answer makes them lost.
pub async fn a_decision_stores_its_answer(stores: BothStores) {
    let [effect] = &stuck_orders(&stores.0, 1).await[..] else { panic!("one order") };
    let key = &effect.order.key;
    let write = async |changes: &[Change<ResolutionWrite>]| commit(&stores, changes).await;
    let (changes, _) = proposal(&stores, key, (1, 600), ManualOutcome::Rejected).await;
    stores_its_answer(&stores.0, (1, &changes), write).await;
    let act = person_act("ann", 610);
    let withdrawn = with_stuck(&stores, key, |stuck| stuck.withdraw(&act)).await;
    let (changes, _) = withdrawn.expect("it can be withdrawn");
    stores_its_answer(&stores.0, (2, &changes), write).await;
    let proposal = proposed(&stores, key, (2, 620), ManualOutcome::Rejected).await;
    let (changes, _) = approval(&stores, &proposal, "bob", 700).await;
    stores_its_answer(&stores.0, (3, &changes), write).await;
}

/// It is in `Manual` with the proposal, and stays there if that is withdrawn.
pub async fn a_taken_over_effect_is_not_sent(stores: BothStores) {
    let [effect] = &doubted_orders(&stores.0, 1).await[..] else { panic!("one order") };
    let key = &effect.order.key;
    proposed(&stores, key, (1, 600), ManualOutcome::Rejected).await;
    assert_eq!(found(&stores.0, key).await.effect.state.name(), EffectStateName::Manual);
    let act = person_act("ann", 700);
    let (changes, _) =
        with_stuck(&stores, key, |stuck| stuck.withdraw(&act)).await.expect("it can be withdrawn");
    assert_eq!(commit(&stores, &changes).await, Committed::Moved);
    let sweep = sweep(9, at(9_999));
    let overdue = stores.0.platform.effects.overdue(&sweep).await;
    assert_eq!(overdue, Ok(Vec::new()));
}
