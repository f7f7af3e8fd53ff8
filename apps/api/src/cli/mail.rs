//! The commands about mails.

use std::io::Write;

use anyhow::Context;
use clap::Subcommand;
use madoguchi_domain::mail::Mail;
use madoguchi_domain::person::Locale;

use super::configured::Configured;
use crate::wiring;

#[derive(Debug, Subcommand)]
pub(super) enum MailCommand {
    /// Print the texts of a mail, without sending it. Mistakes in templates are reported, all at
    /// once.
    #[command(after_help = "Example:\n  madoguchi mail preview --locale en --contacts 3 \
        --config madoguchi.toml\n  \
        madoguchi mail preview --html --config madoguchi.toml > mail.html")]
    Preview {
        /// The person's language, for example ja or zh-Hant-TW [default: mail.default_locale].
        #[arg(long, value_parser = Locale::parse)]
        locale: Option<Locale>,
        /// How many contacts the mail announces, 1 to 200.
        #[arg(long, default_value = "1", value_parser = contacts)]
        contacts: u32,
        /// Print only the HTML text.
        #[arg(long)]
        html: bool,
        #[command(flatten)]
        configured: Configured,
    },
}

pub(super) const EXAMPLE: &str =
    "Example:\n  madoguchi mail preview --locale en --contacts 3 --config madoguchi.toml";

fn contacts(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=Mail::MOST_CONTACTS).contains(number));
    number.ok_or_else(|| format!("must be a whole number from 1 to {}", Mail::MOST_CONTACTS))
}

impl MailCommand {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self::Preview { locale, contacts, html, configured } = self;
        let mail = wiring::preview_mail(&configured.read()?, locale.as_ref(), contacts)?;
        let mut out = std::io::stdout();
        let shown = if html {
            write!(out, "{}", mail.html)
        } else {
            writeln!(out, "Subject: {}\n\n{}\n--- HTML ---\n{}", mail.subject, mail.text, mail.html)
        };
        shown.context("standard output was closed")
    }
}
