//! A typed client of the HTTP API.
#![doc = include_str!("../README.md")]

mod answer;
mod caller;
mod client;
mod contact;
mod member;
mod message;
mod person;
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
pub use member::{MemberAnswer, RegisterMember};
pub use message::Message;
pub use person::{
    AccountAnswer, ChangeContactDetails, ContactChange, FieldChange, MailStopAnswer, PersonAccount,
    PersonAnswer, RegisterPerson, SearchPersons,
};
pub use upgrade::{
    BlockedOn, CaseAnswer, CaseState, CoreBankOrder, OpenedCase, QrCode, ScannedVerification,
    TimelineEvent, Verification, What,
};
