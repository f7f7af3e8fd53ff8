//! All error codes with their status and message.

use std::collections::HashMap;
use std::sync::OnceLock;

use actix_web::http::StatusCode;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:ident, $message:literal;)*) => {
        /// An error code. `docs/errors.md` explains each; a test keeps the two consistent.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $message] $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The default name on the wire, which `[error_codes]` can replace.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The default message.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }
        }
    };
}

codes! {
    CustomerInfoNotFound = "CUSTOMER_INFO_NOT_FOUND", NOT_FOUND,
        "The member is not known: register it first.";
    UpgradeCaseNotFound = "UPGRADE_CASE_NOT_FOUND", NOT_FOUND,
        "There is no such upgrade case: open one first.";
    UpgradeNotVerified = "UPGRADE_NOT_VERIFIED", CONFLICT,
        "The case has not passed its verification: wait for it, or open a new case.";
    UpgradeContradiction = "UPGRADE_CONTRADICTION", CONFLICT,
        "The opposite verdict was given before and is final.";
    UpgradeInProgress = "UPGRADE_IN_PROGRESS", CONFLICT,
        "A passed case is not finished at the core bank yet: read it to see where it stands.";
    UpgradeAtTarget = "UPGRADE_AT_TARGET", CONFLICT,
        "The account already has the target level: nothing is left to do.";
    VerificationContradiction = "VERIFICATION_CONTRADICTION", CONFLICT,
        "Another result was reported for this case or reference before and is final.";
    QrExpired = "QR_EXPIRED", CONFLICT,
        "The QR code is no longer valid: open the case again to get a fresh one.";
    MemberConflict = "MEMBER_CONFLICT", CONFLICT,
        "This memberId or arrangementId is registered with other data; nothing was changed.";
    PersonNotFound = "PERSON_NOT_FOUND", NOT_FOUND,
        "The person is not known.";
    PersonConflict = "PERSON_CONFLICT", CONFLICT,
        "This personId, or its account, is registered with other data; nothing was changed.";
    PersonAmbiguous = "PERSON_AMBIGUOUS", CONFLICT,
        "Several persons have this address: use a personId.";
    AccountNotFound = "ACCOUNT_NOT_FOUND", NOT_FOUND,
        "No person has this account.";
    ContactNotFound = "CONTACT_NOT_FOUND", NOT_FOUND,
        "There is no such contact.";
    ContactAnswered = "CONTACT_ANSWERED", CONFLICT,
        "The contact is answered, which is final: delete it and write another one.";
    ContactNotValid = "CONTACT_NOT_VALID", CONFLICT,
        "The contact is deleted, or is not one that can be answered now.";
    ApprovalClosed = "APPROVAL_CLOSED", CONFLICT,
        "It is approved or rejected already: read it again.";
    FourEyes = "FOUR_EYES", FORBIDDEN,
        "You wrote, edited or proposed it, so another person must decide; a program never can.";
    ContentMoved = "CONTENT_MOVED", PRECONDITION_FAILED,
        "The content was changed since you saw it: read it again and decide again.";
    AnnouncementNotFound = "ANNOUNCEMENT_NOT_FOUND", NOT_FOUND,
        "There is no such announcement.";
    AnnouncementNotSubmitted = "ANNOUNCEMENT_NOT_SUBMITTED", CONFLICT,
        "The announcement does not wait for a decision: edit and submit it first.";
    AnnouncementWithoutRecipients = "ANNOUNCEMENT_WITHOUT_RECIPIENTS", CONFLICT,
        "Nobody is registered who could get the announcement.";
    AnnouncementWithoutMails = "ANNOUNCEMENT_WITHOUT_MAILS", CONFLICT,
        "The announcement has no mails: it is not approved, or was written without.";
    AnnouncementNotHeld = "ANNOUNCEMENT_NOT_HELD", CONFLICT,
        "The mails do not wait for a release: read the announcement.";
    ApplicationNotFound = "APPLICATION_NOT_FOUND", NOT_FOUND,
        "No contact names this application.";
    CompletionConflict = "COMPLETION_CONFLICT", CONFLICT,
        "The application completed on another day in Japan, which is recorded and final.";
    HoldNotFound = "HOLD_NOT_FOUND", NOT_FOUND,
        "There is no such legal hold.";
    EffectNotFound = "EFFECT_NOT_FOUND", NOT_FOUND,
        "There is no such effect.";
    EffectSettled = "EFFECT_SETTLED", CONFLICT,
        "The effect has its final outcome: nothing is left to resolve.";
    EffectInProgress = "EFFECT_IN_PROGRESS", CONFLICT,
        "The effect is not stuck: its next step is automatic, and blockedOn says when it is.";
    EffectProven = "EFFECT_PROVEN", CONFLICT,
        "The order is proven to be applied: it is confirmed without people, nothing is left to do.";
    EffectUnreadable = "EFFECT_UNREADABLE", CONFLICT,
        "The stored order cannot be read: it can only be Rejected.";
    EffectKindUnknown = "EFFECT_KIND_UNKNOWN", CONFLICT,
        "This server does not deliver effects of this kind: ask one that is configured for it.";
    ResolutionContradicted = "RESOLUTION_CONTRADICTED", CONFLICT,
        "The other system shows another level than the order's: it cannot be Confirmed.";
    ResolutionPending = "RESOLUTION_PENDING", CONFLICT,
        "A resolution of the effect waits for approval already: read it.";
    ResolutionNotFound = "RESOLUTION_NOT_FOUND", NOT_FOUND,
        "No resolution of the effect waits for approval: it was decided, withdrawn or has lapsed.";
    ReportUnreadable = "REPORT_UNREADABLE", BAD_REQUEST,
        "The message is no delivery report (RFC 3464) that names a mail.";
    MailNotFound = "MAIL_NOT_FOUND", NOT_FOUND,
        "The report names no mail of ours.";
    MailNotSent = "MAIL_NOT_SENT", CONFLICT,
        "The mail that the report names was not sent, so that it cannot have come back.";
    PreconditionFailed = "PRECONDITION_FAILED", PRECONDITION_FAILED,
        "It was changed since you read it: read it again and decide again.";
    PreconditionRequired = "PRECONDITION_REQUIRED", PRECONDITION_REQUIRED,
        "If-Match is missing: send the ETag that you read.";
    IdempotencyInProgress = "IDEMPOTENCY_IN_PROGRESS", CONFLICT,
        "A request with this Idempotency-Key is being worked on: repeat it later.";
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", UNPROCESSABLE_ENTITY,
        "This Idempotency-Key belongs to another request: use a new key for each request.";
    InvalidRequest = "INVALID_REQUEST", BAD_REQUEST,
        "The request is malformed.";
    Unauthenticated = "UNAUTHENTICATED", UNAUTHORIZED,
        "The access token is missing or not valid: send a valid one in Acstkn.";
    Forbidden = "FORBIDDEN", FORBIDDEN,
        "The access token does not carry the scope that this call needs.";
    NotFound = "NOT_FOUND", NOT_FOUND,
        "There is nothing at this address.";
    MethodNotAllowed = "METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED,
        "This address does not take this method.";
    TooLarge = "TOO_LARGE", PAYLOAD_TOO_LARGE,
        "The body is too large: a JSON body has at most 32 KiB, a message 1 MiB.";
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", UNSUPPORTED_MEDIA_TYPE,
        "The body must be application/json, or message/rfc822 where a message is expected.";
    Unavailable = "UNAVAILABLE", SERVICE_UNAVAILABLE,
        "Not available right now. It may have been recorded: repeating the same request is safe.";
    Internal = "INTERNAL", INTERNAL_SERVER_ERROR,
        "Internal error: report the x-request-id of this answer to the operators.";
}

impl Code {
    /// Whether the same request may be repeated soon; its answer has `Retry-After`.
    pub(crate) const fn may_be_repeated(self) -> bool {
        matches!(self, Self::Unavailable | Self::IdempotencyInProgress)
    }

    /// Parses a code's default name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

/// The bank's replacements, set once before the server starts.
static SHOWN: OnceLock<HashMap<Code, String>> = OnceLock::new();

/// Installs the bank's replacements for the whole process.
pub(crate) fn show_as(codes: HashMap<Code, String>) -> anyhow::Result<()> {
    let shown = SHOWN.get_or_init(|| codes.clone());
    anyhow::ensure!(*shown == codes, "error_codes: another server of this process has others");
    Ok(())
}

/// The code's name, as replaced by the bank.
pub(super) fn shown(code: Code) -> &'static str {
    SHOWN.get().and_then(|codes| codes.get(&code)).map_or(code.as_str(), String::as_str)
}

/// Not an enum in the document: the bank may have codes of its own.
pub(super) fn schema() -> RefOr<Schema> {
    let all: Vec<&str> = Code::ALL.iter().map(|code| shown(*code)).collect();
    let text = format!("For programs. One of: {}.", all.join(", "));
    ObjectBuilder::new().schema_type(Type::String).description(Some(text)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_and_in_the_catalogue_as_it_is() {
        let catalogue = include_str!("../../../../docs/errors.md");
        for code in Code::ALL {
            let row = format!("| `{}` | {} |", code.as_str(), code.status().as_u16());
            assert_eq!(catalogue.matches(&row).count(), 1, "docs/errors.md must hold {row}");
            assert_eq!(Code::parse(code.as_str()), Some(*code));
        }
    }
}
