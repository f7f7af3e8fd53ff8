//! The simulated mail server: accepts mails, and can fail at every step of a conversation.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use madoguchi_testkit::server::smtp_stub::{ReceivedMail, SmtpBehaviour, SmtpScript, SmtpStep};
use mail_parser::MessageParser;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::world::channel::{Channel, Meets, Plan};
use crate::world::ledger::Effect;
use crate::world::scenario::Known;
use crate::world::store::Store;

/// Bytes that are no reply of SMTP.
const GARBAGE: &[u8] = b"\x00\xff<html>502 Bad Gateway\r\n";

/// At which step the scenario shows, whether the mail is accepted, and what the client sees. The
/// table is in the documentation of `world`.
const SCENARIOS: Known<MailScenario> = Known {
    whose: "the smtp channel has",
    forms: &[
        ("ok", MailScenario { step: SmtpStep::End, accepts: true, shows: Shown::Usual }),
        (
            "reject_recipient",
            MailScenario::early(SmtpStep::Recipient, Shown::Line("550 no such user")),
        ),
        ("defer", MailScenario::early(SmtpStep::Recipient, Shown::Line("451 try again later"))),
        ("cut_before_data", MailScenario::early(SmtpStep::Data, Shown::Cut)),
        ("cut_before_dot", MailScenario::early(SmtpStep::Content, Shown::Cut)),
        ("cut_after_dot", MailScenario { step: SmtpStep::End, accepts: true, shows: Shown::Cut }),
        ("slow:<ms>", MailScenario { step: SmtpStep::End, accepts: true, shows: Shown::Usual }),
        ("garbage", MailScenario { step: SmtpStep::End, accepts: true, shows: Shown::Garbage }),
    ],
};

/// What a scenario does.
#[derive(Debug, Clone, Copy)]
struct MailScenario {
    step: SmtpStep,
    accepts: bool,
    shows: Shown,
}

#[derive(Debug, Clone, Copy)]
enum Shown {
    Usual,
    Line(&'static str),
    Cut,
    Garbage,
}

impl MailScenario {
    /// A scenario that shows before the mail could be accepted.
    const fn early(step: SmtpStep, shows: Shown) -> Self {
        Self { step, accepts: false, shows }
    }
}

/// The channel `smtp`.
pub(super) struct Smtp;

impl Channel for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    fn scenario(&self, text: &str) -> Result<String, String> {
        SCENARIOS.canonical(text)
    }
}

/// One conversation. A mail that breaks off by itself is not in the journal.
pub(in crate::world) struct Conversation(pub(in crate::world) Arc<Store>);

impl SmtpScript for Conversation {
    async fn at(&mut self, step: SmtpStep, mail: &ReceivedMail) -> SmtpBehaviour {
        let Some(recipient) = mail.to.first().filter(|_| step != SmtpStep::Quit) else {
            return SmtpBehaviour::Continue;
        };
        let upcoming = self.0.upcoming(&Smtp, recipient);
        let shows_now = SCENARIOS.parse(&upcoming).is_ok_and(|(scenario, _)| scenario.step == step);
        // The end has a scenario in any case: another one may have been set meanwhile.
        if !shows_now && step != SmtpStep::End {
            return SmtpBehaviour::Continue;
        }
        match self.receive(recipient, mail).await {
            Ok(Shown::Usual) => SmtpBehaviour::Continue,
            Ok(Shown::Line(line)) => SmtpBehaviour::Reply(line.to_owned()),
            Ok(Shown::Cut) => SmtpBehaviour::Reset,
            Ok(Shown::Garbage) => SmtpBehaviour::Raw(GARBAGE.to_vec()),
            Err(error) => {
                tracing::error!(%error, "the world cannot keep its journal");
                SmtpBehaviour::Reply("451 the world cannot keep its journal".to_owned())
            }
        }
    }
}

impl Conversation {
    /// Journals a mail under its scenario, and accepts it if the scenario says so.
    async fn receive(&self, recipient: &str, mail: &ReceivedMail) -> io::Result<Shown> {
        let plan = |text: &str, _: &[Arc<Effect>]| {
            let (scenario, wait) = SCENARIOS.parse(text)?;
            let effect = scenario.accepts.then(|| accepted(mail));
            Ok(Plan { wait, effect, answer: scenario.shows })
        };
        let (store, meets) = (&self.0, Meets::ScenarioOf(recipient.to_owned()));
        let received = store.receive(&Smtp, meets, plan, |at, scenario| entry(at, mail, scenario));
        let (plan, id) = received?;
        let effect = Arc::clone(store).apply_after(plan.wait, id);
        if plan.wait == Duration::ZERO {
            effect.await?;
        } else {
            // The mail is accepted even if the client disconnects.
            tokio::spawn(effect).await.map_err(io::Error::other).flatten()?;
        }
        Ok(plan.answer)
    }
}

/// What really happened: one mail is in the recipient's mailbox.
fn accepted(mail: &ReceivedMail) -> Value {
    let parsed = MessageParser::default().parse(&mail.content);
    let subject = parsed.as_ref().and_then(|parsed| parsed.subject().map(str::to_owned));
    json!({
        "messageId": mail.header("Message-ID"),
        "to": mail.to.join(", "),
        "subject": subject,
    })
}

fn entry(at: Timestamp, mail: &ReceivedMail, scenario: &str) -> io::Result<Box<RawValue>> {
    let entry = json!({
        "at": at.to_string(),
        "login": mail.login.as_ref().map(|_| "***"),
        "from": mail.from,
        "to": mail.to,
        "messageId": mail.header("Message-ID"),
        "content": String::from_utf8_lossy(&mail.content),
        "scenario": scenario,
    });
    Ok(to_raw_value(&entry)?)
}
