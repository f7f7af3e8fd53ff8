//! A typed client of the HTTP API.
#![doc = include_str!("../README.md")]

mod answer;
mod caller;
mod client;
mod contact;
mod effect;
mod member;
mod message;
mod person;
mod timeline;
mod upgrade;

pub use answer::{ApiAnswer, ClientError, Document, Done, Refused};
pub use caller::{
    AccountOwner, CallContext, Email, FindCaller, FoundCaller, LookupPart, Manager, Phone,
};
pub use client::{Client, Method};
pub use contact::{
    AddContact, ApprovalOutcome, ContactApproval, ContactFieldChange, ContactHistoryEvent,
    ContactReceipt, ContactSender, CustomerAnswer, MailOfContact, StaffContact, UpdateContact,
};
pub use effect::{
    EffectAnswer, EffectDetail, EffectResolution, EffectSubject, ProposeResolution,
    ResolutionActor, ResolutionReceipt,
};
pub use member::{MemberAnswer, RegisterMember};
pub use message::Message;
pub use person::{
    AccountAnswer, ChangeContactDetails, ContactChange, FieldChange, MailStopAnswer, PersonAccount,
    PersonAnswer, RegisterPerson, SearchPersons,
};
pub use timeline::{TimelineEvent, What};
pub use upgrade::{
    BlockedOn, CaseAnswer, CaseState, CoreBankOrder, OpenedCase, QrCode, ScannedVerification,
    Verification,
};
