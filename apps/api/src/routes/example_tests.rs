//! The examples of the API document as a walk: what each step teaches the next ones.

use serde_json::{Value, json};

/// The operations in an order in which each one succeeds, with the status of its answer.
pub(super) fn steps(examples: &Value) -> Vec<(&str, u16)> {
    let steps = examples["walk"].as_array().unwrap().iter();
    let step = steps.map(|step| step.as_str().unwrap().split_once(' ').unwrap());
    step.map(|(id, status)| (id, status.parse().unwrap())).collect()
}

/// Later requests name the case that was opened, and the contact that was added as it was read.
pub(super) fn learn(step: (&str, u16), examples: &mut Value, answer: &Value) {
    let data = &answer["data"];
    match step {
        ("openUpgrade", 201) => {
            examples["parameters"]["caseId"] = data["caseId"].clone();
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
        _ => {}
    }
}
