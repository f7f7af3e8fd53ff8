//! The documentation of the routes of account upgrade.

use madoguchi_domain::upgrade::CaseId;

use super::bodies::{OpenUpgrade, ScannedVerification, VerdictOnCase, Verification};
use super::timeline_view::EntryBody;
use super::view::{CaseBody, CaseStateBody, OpenedBody};
use crate::body::text_of;
use crate::operation::{Answer, Link, Operation, Parameter, Place, named};
use crate::problem::Code;

const TAG: &str = "upgrades";

const CASE_ID: Parameter = Parameter {
    name: "caseId",
    place: Place::Path,
    text: "The id of the case, from the answer to its opening.",
    schema: text_of::<CaseId>,
};

/// The operations on the case that an answer names.
const OF_THIS_CASE: [Link; 5] = [
    by_id("readUpgrade"),
    by_id("readTimeline"),
    by_id("drawQrCode"),
    by_id("verifyUpgrade"),
    by_id("decideUpgrade"),
];

const fn by_id(to: &'static str) -> Link {
    Link { to, parameter: "caseId", from: "/data/caseId" }
}

pub(super) const OPEN: Operation = Operation {
    id: "openUpgrade",
    tag: TAG,
    summary: "Open an upgrade case, or show the QR code of the open one",
    text: "A member has at most one open case. Asking again is safe: it answers with the open \
           case and its valid QR code, and with a new code if the old one expired.",
    body: Some(named::<OpenUpgrade>),
    answers: &[
        Answer::data::<OpenedBody>(201, "A case was opened.").linked(&OF_THIS_CASE),
        Answer::data::<OpenedBody>(200, "The member had an open case.").linked(&OF_THIS_CASE),
    ],
    refusals: &[Code::CustomerInfoNotFound, Code::UpgradeInProgress, Code::UpgradeAtTarget],
    ..Operation::EMPTY
};

pub(super) const READ: Operation = Operation {
    id: "readUpgrade",
    tag: TAG,
    summary: "Read a case: its state, its order to the core bank, and what it waits for",
    text: "`coreBank` is the order to the core bank after a passed verdict; `blockedOn` says what \
           the case waits for.",
    parameters: &[CASE_ID],
    answers: &[Answer::data::<CaseBody<'_>>(200, "The case.")],
    refusals: &[Code::UpgradeCaseNotFound],
    ..Operation::EMPTY
};

pub(super) const TIMELINE: Operation = Operation {
    id: "readTimeline",
    tag: TAG,
    summary: "Read a case's state transitions and attempts to send its order, oldest first",
    parameters: &[CASE_ID],
    answers: &[Answer::list::<EntryBody<'_>>("The timeline, complete.")],
    refusals: &[Code::UpgradeCaseNotFound],
    ..Operation::EMPTY
};

pub(super) const QR_PICTURE: Operation = Operation {
    id: "drawQrCode",
    tag: TAG,
    summary: "Draw the case's valid QR code",
    text: "Only a case in state `New` has a valid code.",
    parameters: &[CASE_ID],
    answers: &[Answer::text("image/svg+xml", "The QR code.")],
    refusals: &[Code::UpgradeCaseNotFound, Code::QrExpired],
    ..Operation::EMPTY
};

pub(super) const VERIFY: Operation = Operation {
    id: "verifyUpgrade",
    tag: TAG,
    summary: "Report a verification service's result for a case",
    text: "The first result is final: the same result again is accepted and changes nothing, \
           another one is refused. `reference` names the result at the verification service.",
    body: Some(named::<Verification>),
    parameters: &[CASE_ID],
    answers: &[Answer::data::<CaseStateBody>(200, "The result is recorded.").linked(&OF_THIS_CASE)],
    refusals: &[Code::UpgradeCaseNotFound, Code::VerificationContradiction],
    ..Operation::EMPTY
};

pub(super) const VERIFY_SCANNED: Operation = Operation {
    id: "verifyScanned",
    tag: TAG,
    summary: "Report the scan-code service's result for a scanned QR code",
    text: "The same for a customer who scanned the QR code; the source is `EDDA`.",
    body: Some(named::<ScannedVerification>),
    answers: &[Answer::data::<CaseStateBody>(200, "The result is recorded.")],
    refusals: &[Code::UpgradeCaseNotFound, Code::VerificationContradiction, Code::QrExpired],
    ..Operation::EMPTY
};

pub(super) const DECIDE: Operation = Operation {
    id: "decideUpgrade",
    tag: TAG,
    summary: "Give the agent's verdict on a case",
    text: "The case must be `EDDASuccess`. The first verdict is final: repeating it is safe, the \
           opposite is refused. The answer comes once the verdict and its order to the core bank \
           are stored.",
    body: Some(named::<VerdictOnCase>),
    parameters: &[CASE_ID],
    answers: &[Answer::data::<CaseStateBody>(200, "The verdict is recorded.")],
    refusals: &[Code::UpgradeCaseNotFound, Code::UpgradeNotVerified, Code::UpgradeContradiction],
    ..Operation::EMPTY
};
