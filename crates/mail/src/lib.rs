//! Mails about contacts: templates, messages, and SMTP stage by stage.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod file;
mod message;
mod settings;
mod smtp;
mod stage;
mod stream;
mod templates;

pub use file::FileMailer;
pub use message::{InvalidSender, MailWriter, SenderSettings};
pub use settings::{InvalidSmtp, SmtpSettings, SmtpTls, TrustedRoots};
pub use smtp::SmtpMailer;
pub use stage::{SmtpReply, SmtpStage, classify};
pub use templates::{RenderedMail, TemplateMistake, Templates};
