//! A typed client of the HTTP API.
#![doc = include_str!("../README.md")]

mod answer;
mod caller;
mod client;
mod contact;
mod member;
mod person;
mod upgrade;

pub use answer::{ApiAnswer, ClientError, Document, Done, Refused};
pub use caller::{
    AccountOwner, CallContext, Email, FindCaller, FoundCaller, LookupPart, Manager, Phone,
};
pub use client::{Client, Method};
pub use contact::{
    AddContact, ApprovalOutcome, ContactAnswer, ContactApproval, ContactEvent, ContactSender,
    ContentChange, CustomerAnswer, Message, UpdateContact, WrittenContact,
};
pub use member::{MemberAnswer, RegisterMember};
pub use person::{
    AccountAnswer, ChangeContactDetails, ContactChange, FieldChange, MailStopAnswer, PersonAccount,
    PersonAnswer, RegisterPerson, SearchPersons,
};
pub use upgrade::{
    BlockedOn, CaseAnswer, CaseState, CoreBankOrder, OpenedCase, QrCode, ScannedVerification,
    TimelineEvent, Verification, What,
};
