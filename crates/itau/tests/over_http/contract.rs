//! The adapter over a real socket meets the contracts that the fake meets.

use std::sync::Arc;

use madoguchi_itau::Itau;
use madoguchi_testkit::{account_directory_contract, caller_contexts_contract};

use crate::stage::Stage;

async fn over_stub() -> (Arc<Itau>, Arc<Stage>) {
    let stage = Stage::open().await;
    let itau = stage.itau(stage.settings());
    (Arc::new(itau), Arc::new(stage))
}

caller_contexts_contract!(contexts: over_stub());
account_directory_contract!(accounts: over_stub());
