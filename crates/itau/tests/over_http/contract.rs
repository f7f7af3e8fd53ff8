//! Runs the lookup contracts against the adapter over a real socket.

use std::sync::Arc;

use madoguchi_itau::Itau;
use madoguchi_testkit::{account_directory_contract, caller_contexts_contract};

use crate::harness::LookupHarness;

async fn over_stub() -> (Arc<Itau>, Arc<LookupHarness>) {
    let harness = LookupHarness::open().await;
    let itau = harness.itau(harness.settings());
    (Arc::new(itau), Arc::new(harness))
}

caller_contexts_contract!(contexts: over_stub());
account_directory_contract!(accounts: over_stub());
