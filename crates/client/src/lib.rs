//! A typed client of the HTTP API.
#![doc = include_str!("../README.md")]

mod announcement;
mod answer;
mod caller;
mod client;
mod contact;
mod delivery;
mod effect;
mod member;
mod message;
mod person;
mod retention;
mod timeline;
mod upgrade;

pub use announcement::{
    AddAnnouncement, AnnouncementAnswer, AnnouncementReceipt, MailCountAnswer, MailingAnswer,
};
pub use answer::{ApiAnswer, ClientError, Document, Done, Refused};
pub use caller::{
    AccountOwner, CallContext, Email, FindCaller, FoundCaller, LookupPart, Manager, Phone,
};
pub use client::{Client, Method};
pub use contact::{
    AddContact, ApprovalOutcome, ContactApproval, ContactFieldChange, ContactHistoryEvent,
    ContactReceipt, ContactSender, CustomerAnswer, MailOfContact, StaffContact, UpdateContact,
};
pub use delivery::{BounceReceipt, WatchAnswer};
pub use effect::{
    EffectAnswer, EffectDetail, EffectResolution, EffectSubject, ProposeResolution,
    ResolutionActor, ResolutionReceipt,
};
pub use member::{MemberAnswer, RegisterMember};
pub use message::{AnnouncementMessage, ContactMessage, Message};
pub use person::{
    AccountAnswer, ChangeContactDetails, ContactChange, FieldChange, MailStopAnswer, PersonAccount,
    PersonAnswer, RegisterPerson, SearchPersons,
};
pub use retention::{
    CompletionAnswer, HeldContactCounts, HoldAnswer, HoldReceipt, PlaceHold, PlacedHoldAnswer,
    PurgeReceiptAnswer, UnansweredContact,
};
pub use timeline::{TimelineEvent, What};
pub use upgrade::{
    BlockedOn, CaseAnswer, CaseState, CoreBankOrder, OpenedCase, QrCode, ScannedVerification,
    Verification,
};
