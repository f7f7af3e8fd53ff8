//! Mails about contacts: templates, messages, and SMTP stage by stage.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod ending;
mod file;
mod message;
mod report;
mod settings;
mod smtp;
mod stage;
mod stream;
mod templates;

pub use file::FileMailer;
pub use message::{InvalidSender, MailWriter, SenderSettings};
pub use report::{UnreadableReport, read_report};
pub use settings::{InvalidSmtp, SmtpSettings, SmtpTls, TrustedRoots};
pub use smtp::SmtpMailer;
pub use stage::{SmtpReply, SmtpStage, TlsFailure, classify};
pub use templates::{OwnTemplates, RenderedMail, TemplateMistake, Templates};
