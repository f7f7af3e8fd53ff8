//! Tests that every type has exactly the fields of the API document's examples.
#![expect(clippy::unwrap_used, reason = "a document of another shape has failed the test")]

use madoguchi_client::{
    AddAnnouncement, AddContact, AnnouncementReceipt, ApprovalOutcome, BounceReceipt, CaseAnswer,
    CaseState, CompletionAnswer, ContactReceipt, EffectAnswer, EffectDetail, EffectResolution,
    FindCaller, FoundCaller, HoldAnswer, HoldReceipt, MemberAnswer, Message, OpenedCase, PlaceHold,
    PlacedHoldAnswer, ProposeResolution, PurgeReceiptAnswer, RegisterMember, ResolutionReceipt,
    ScannedVerification, TimelineEvent, UnansweredContact, Verification, WatchAnswer,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

/// The operation with this id.
fn operation(id: &str) -> Value {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let mut all = paths.flat_map(|path| path.as_object().unwrap().values());
    all.find(|operation| operation["operationId"] == id).unwrap().clone()
}

/// Checks that the value is read, and written again, without any loss.
fn assert_whole<T: Serialize + DeserializeOwned>(value: &Value) {
    let read: T = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), *value);
}

fn assert_request<T: Serialize + DeserializeOwned>(id: &str) {
    assert_whole::<T>(&operation(id)["requestBody"]["content"]["application/json"]["example"]);
}

fn assert_answer<T: Serialize + DeserializeOwned>(id: &str, status: &str) {
    let content = &operation(id)["responses"][status]["content"]["application/json"];
    let example = &content["examples"]["example"]["value"];
    assert_whole::<T>(&example["data"]);
}

#[test]
fn every_request_is_as_documented() {
    assert_request::<RegisterMember>("registerMember");
    assert_request::<Verification>("verifyUpgrade");
    assert_request::<ScannedVerification>("verifyScanned");
    assert_request::<FindCaller>("findCaller");
    assert_request::<FindCaller>("contextos");
    assert_request::<AddContact>("addContact");
    assert_request::<AddAnnouncement>("addAnnouncement");
    assert_request::<ProposeResolution>("proposeResolution");
    assert_request::<PlaceHold>("placeHold");
}

#[test]
fn every_answer_is_as_documented() {
    assert_answer::<MemberAnswer>("registerMember", "201");
    assert_answer::<MemberAnswer>("readMember", "200");
    assert_answer::<OpenedCase>("openUpgrade", "201");
    assert_answer::<CaseState>("verifyUpgrade", "200");
    assert_answer::<CaseState>("decideUpgrade", "200");
    assert_answer::<CaseAnswer>("readUpgrade", "200");
    assert_answer::<Vec<TimelineEvent>>("readTimeline", "200");
    assert_answer::<FoundCaller>("findCaller", "200");
    assert_answer::<Vec<EffectAnswer>>("listEffects", "200");
    assert_answer::<EffectDetail>("readEffect", "200");
    assert_answer::<Vec<EffectResolution>>("listResolutions", "200");
    assert_answer::<ResolutionReceipt>("proposeResolution", "201");
    assert_answer::<ContactReceipt>("addContact", "201");
    assert_answer::<Vec<ApprovalOutcome>>("approveContacts", "200");
    assert_answer::<Vec<Message>>("listMessages", "200");
    for act in ["submit", "approve", "reject", "release", "stop"] {
        assert_answer::<AnnouncementReceipt>(&format!("{act}Announcement"), "200");
    }
    assert_answer::<CompletionAnswer>("completeApplication", "200");
    assert_answer::<Vec<UnansweredContact>>("listUnanswered", "200");
    assert_answer::<PlacedHoldAnswer>("placeHold", "201");
    assert_answer::<Vec<HoldAnswer>>("listHolds", "200");
    assert_answer::<HoldReceipt>("releaseHold", "200");
    assert_answer::<Vec<PurgeReceiptAnswer>>("listPurgeReceipts", "200");
    assert_answer::<Vec<WatchAnswer>>("listDeliveryWatch", "200");
    assert_answer::<BounceReceipt>("reportDelivery", "200");
}
