//! The contract suite of [`ResolutionStore`](madoguchi_domain::port::ResolutionStore), and of how
//! operators see effects.

mod deciding;
mod reading;

pub use deciding::*;
pub use reading::*;

use jiff::SignedDuration;
use madoguchi_application::ResolutionStores;
use madoguchi_domain::approval::ContentSalt;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::effect::{
    Doubt, Effect, EffectEvent, EffectKey, EffectPolicy, FoundEffect, ManualOutcome, Outcome,
};
use madoguchi_domain::port::{EffectChange, Recorded};
use madoguchi_domain::resolution::{
    NewResolutionIds, ProposedOutcome, Resolution, ResolutionDecision, ResolutionEvidence,
    ResolutionFilter, ResolutionId, ResolutionQuery, ResolutionReason, ResolutionWrite,
    StuckEffect,
};
use madoguchi_domain::sealed::DataKeyId;
use madoguchi_domain::upgrade::SetLevel;
use uuid::Uuid;

use crate::contract::{UpgradeStores, audit_rows};
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{answered, at, claim, moved, person_act};

/// The stores under test, on one database.
pub type BothStores = (UpgradeStores, ResolutionStores);

/// Runs the suite on each adapter: `resolution_store_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores<BothStores>`](crate::contract::TestStores).
#[macro_export]
macro_rules! resolution_store_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            resolution_store of resolution_store, of_stores [
                a_proposal_reads_back_and_is_open
                every_end_of_a_resolution_reads_back
                an_approval_moves_its_effect_and_what_follows
                an_effect_has_one_open_resolution
                of_twenty_raced_approvals_one_is_written
                a_proof_before_the_approval_wins
                a_lost_decision_leaves_no_trace
                what_is_sent_again_is_not_taken_over
                a_decision_stores_its_answer
                a_taken_over_effect_is_not_sent
                resolutions_are_listed_newest_first_page_by_page
                lapsed_proposals_are_found_oldest_first
                a_timeline_has_the_steps_of_resolutions
                a_resolved_effect_is_listed_with_its_code
            ]
            $($adapters)+
        }
    };
}

const POLICY: EffectPolicy = EffectPolicy::standard();

/// The orders of this many passed cases, in `Manual` since second 500.
async fn stuck_orders(upgrades: &UpgradeStores, count: u32) -> Vec<Effect> {
    let mut stuck = Vec::new();
    for effect in doubted_orders(upgrades, count).await {
        let change = moved(&effect, EffectEvent::SetAside, &POLICY, at(500));
        stuck.push(change.write.after.clone());
        record(upgrades, change).await;
    }
    stuck
}

/// The same in `Unknown` since second 400.
async fn doubted_orders(upgrades: &UpgradeStores, count: u32) -> Vec<Effect> {
    let driver = UpgradeDriver::at(upgrades);
    driver.passed(1..=count).await;
    let mut doubted = Vec::new();
    for effect in driver.claim(&claim(1, count, at(300))).await {
        let change = answered(&effect, Outcome::Unknown(Doubt::TimedOut), at(400));
        doubted.push(change.write.after.clone());
        record(upgrades, change).await;
    }
    assert_eq!(doubted.len(), count as usize);
    doubted
}

async fn record(upgrades: &UpgradeStores, change: EffectChange) {
    assert_eq!(UpgradeDriver::at(upgrades).record(&change).await, Recorded::Written);
}

fn ids(number: u32) -> NewResolutionIds {
    let id = |kind: u128| Uuid::from_u128(kind << 64 | u128::from(number));
    NewResolutionIds {
        resolution: ResolutionId(id(7)),
        data_key: DataKeyId(id(8)),
        salt: ContentSalt::new([9; 32]),
    }
}

fn sample(outcome: ManualOutcome) -> ProposedOutcome {
    let reason = ResolutionReason::parse("the bank called").expect("the sample reason parses");
    let evidence = ResolutionEvidence::parse("statement 7").expect("the sample evidence parses");
    let needs_it = outcome == ManualOutcome::Confirmed;
    ProposedOutcome { outcome, reason, evidence: needs_it.then_some(evidence) }
}

/// What people see of an effect.
async fn with_stuck<T>(
    (upgrades, stores): &BothStores,
    key: &EffectKey,
    decide: impl FnOnce(&StuckEffect<'_>) -> T,
) -> T {
    let found = found(upgrades, key).await;
    let open = stores.resolutions.open(key).await.expect("resolutions are read");
    decide(&StuckEffect {
        found: &found,
        open: open.as_ref(),
        policy: &POLICY,
        consequence: &SetLevel::consequence,
        is_contradicted: false,
    })
}

async fn found(upgrades: &UpgradeStores, key: &EffectKey) -> FoundEffect {
    let found = upgrades.platform.effects.find(key).await.expect("effects are read");
    found.expect("the effect is stored")
}

async fn commit(stores: &BothStores, changes: &[Change<ResolutionWrite>]) -> Committed {
    let before = audit_rows::heads(&stores.0).await;
    let committed = stores.1.resolutions.commit(changes).await.expect("decisions are committed");
    let each = vec![committed; changes.len()];
    audit_rows::are_of(&stores.0, &before, changes, &each).await;
    committed
}

/// Ann's proposal, decided on the effect as it is.
async fn proposal(
    stores: &BothStores,
    key: &EffectKey,
    (number, seconds): (u32, i64),
    outcome: ManualOutcome,
) -> ResolutionDecision {
    let hour = SignedDuration::from_hours(1);
    let (act, ids) = (person_act("ann", seconds), ids(number));
    let propose = |stuck: &StuckEffect<'_>| stuck.propose(sample(outcome), ids, hour, &act);
    with_stuck(stores, key, propose).await.expect("it can be proposed")
}

async fn proposed(
    stores: &BothStores,
    key: &EffectKey,
    (number, seconds): (u32, i64),
    outcome: ManualOutcome,
) -> Resolution {
    let (changes, proposal) = proposal(stores, key, (number, seconds), outcome).await;
    assert_eq!(commit(stores, &changes).await, Committed::Moved);
    proposal
}

/// Bob's approval, decided on the effect as it is.
async fn approval(
    stores: &BothStores,
    proposal: &Resolution,
    who: &str,
    seconds: i64,
) -> ResolutionDecision {
    let (hash, act) = (proposal.content_hash(), person_act(who, seconds));
    let key = &proposal.facts.effect;
    let approved = with_stuck(stores, key, |stuck| stuck.approve(hash, &act)).await;
    approved.expect("it can be approved")
}

async fn listed(stores: &BothStores, filter: ResolutionFilter) -> Vec<Resolution> {
    let query = ResolutionQuery { filter, after: None, limit: 100 };
    stores.1.resolutions.list(&query).await.expect("resolutions are listed")
}

async fn all(stores: &BothStores) -> Vec<Resolution> {
    listed(stores, ResolutionFilter::default()).await
}
