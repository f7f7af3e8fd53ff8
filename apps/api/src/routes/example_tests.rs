//! The examples of the API document as a walk: what each step teaches the next ones.

use madoguchi_domain::effect::EffectEvent;
use madoguchi_domain::port::{Clock, EffectQueue};
use madoguchi_testkit::samples;
use serde_json::{Value, json};

use crate::test_app::TestApp;

/// The operations in an order in which each one succeeds, with the status of its answer.
pub(super) fn steps(examples: &Value) -> Vec<(&str, u16)> {
    let steps = examples["walk"].as_array().unwrap().iter();
    let step = steps.map(|step| step.as_str().unwrap().split_once(' ').unwrap());
    step.map(|(id, status)| (id, status.parse().unwrap())).collect()
}

/// What has to be so before a step: no worker runs here, so an order gets stuck on request.
pub(super) async fn prepare(id: &str, app: &TestApp) {
    if id == "proposeResolution" {
        let now = app.clock.now();
        for effect in app.store.claim(&samples::claim(1, 100, now)).await.unwrap() {
            let policy = samples::claim(1, 1, now).policy;
            let change = samples::moved(&effect, EffectEvent::SetAside, &policy, now);
            app.store.record(&[change]).await.unwrap();
        }
    }
}

/// Later requests name the case that was opened, and the contact that was added as it was read.
pub(super) fn learn(step: (&str, u16), examples: &mut Value, answer: &Value) {
    let data = &answer["data"];
    match step {
        ("openUpgrade", 201) => {
            examples["parameters"]["caseId"] = data["caseId"].clone();
            examples["parameters"]["effectId"] = data["caseId"].clone();
            let content = data["qrCode"]["content"].as_str().unwrap();
            examples["verifyScanned"]["request"]["qrToken"] = content.rsplit('/').next().into();
        }
        ("addContact", 201) => {
            examples["parameters"]["contactId"] = data["contactId"].clone();
        }
        ("readContact", 200) => {
            let (id, hash) = (&data["contactId"], &data["contentHash"]);
            examples["approveContacts"]["request"] =
                json!([{ "contactId": id, "contentHash": hash }]);
        }
        ("proposeResolution", 201) => {
            examples["approveResolution"]["request"]["contentHash"] = data["contentHash"].clone();
        }
        _ => {}
    }
}
