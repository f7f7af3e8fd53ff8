//! The contract suites of [`Mailer`]: one for every adapter, and one for those that speak SMTP.
//!
//! ```text
//! mailer_contract!(mine: open_mine()); // a future of `MailerUnderTest`
//! smtp_mailer_contract!(mine: async { |address| my_mailer(address) });
//! ```
//!
//! A mailer for the second one speaks to `address` in clear, logs in as `user` with the password
//! `password`, and gives up a conversation after at most [`LONGEST_CALL`].

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::effect::{Outcome, WhyNotSent};
use madoguchi_domain::port::Mailer;

use crate::samples;
use crate::server::smtp_stub::{ReceivedMail, SmtpBehaviour, SmtpStep, SmtpStub};

/// The longest conversation of a mailer under test.
pub const LONGEST_CALL: Duration = Duration::from_millis(300);

/// A mailer whose mails arrive.
pub struct MailerUnderTest {
    /// The adapter.
    pub mailer: Arc<dyn Mailer>,
    /// Message id and recipient of each mail that arrived.
    pub arrived: Box<dyn Fn() -> Vec<(String, String)> + Send>,
    /// Dropped when the test ends.
    pub guard: Box<dyn std::any::Any + Send>,
}

impl fmt::Debug for MailerUnderTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailerUnderTest")
    }
}

/// Runs the suite on each adapter.
#[macro_export]
macro_rules! mailer_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            mailer of mailer, of_subject [
                each_mail_arrives_once_under_its_id
                a_repeated_mail_has_the_same_id
            ]
            $($adapters)+
        }
    };
}

/// Runs the suite on each adapter that speaks SMTP.
#[macro_export]
macro_rules! smtp_mailer_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            smtp_mailer of mailer, of_subject [
                no_step_and_no_fault_lose_or_double_a_mail
                one_refused_recipient_does_not_touch_the_others
                a_rule_about_us_fails_no_mail
                a_server_that_floods_or_says_yes_to_all_gets_no_mail
                a_reply_before_its_command_accepts_no_mail
                nobody_listening_is_not_sent
            ]
            $($adapters)+
        }
    };
}

/// Mails to several persons.
pub async fn each_mail_arrives_once_under_its_id(under_test: MailerUnderTest) {
    let mut expected = Vec::new();
    for number in 1..=3 {
        let mail = samples::mail(number);
        assert_eq!(under_test.mailer.send(&mail).await, Outcome::Applied);
        expected.push((mail.message_id.as_str().to_owned(), mail.to.expose().to_owned()));
    }
    let mut arrived = (under_test.arrived)();
    arrived.sort_unstable();
    assert_eq!(arrived, expected);
}

/// So that a mail server can recognise it.
pub async fn a_repeated_mail_has_the_same_id(under_test: MailerUnderTest) {
    let mail = samples::mail(1);
    for _ in 0..2 {
        assert_eq!(under_test.mailer.send(&mail).await, Outcome::Applied);
    }
    let arrived = (under_test.arrived)();
    assert!(!arrived.is_empty(), "the mail arrived");
    assert!(arrived.iter().all(|(id, _)| id == mail.message_id.as_str()), "{arrived:?}");
}

async fn stub() -> SmtpStub {
    SmtpStub::start().await.expect("a port")
}

fn is_accepted(stub: &SmtpStub, number: u32) -> usize {
    let id = samples::mail(number).message_id;
    let has_id = |mail: &&ReceivedMail| mail.header("Message-ID").as_deref() == Some(id.as_str());
    stub.accepted().iter().filter(has_id).count()
}

/// The faults of a step, with their names.
fn faults() -> [(&'static str, SmtpBehaviour); 7] {
    [
        ("close", SmtpBehaviour::Close),
        ("reset", SmtpBehaviour::Reset),
        ("hang", SmtpBehaviour::Hang),
        ("4xx", SmtpBehaviour::Reply("451 later".into())),
        ("5xx", SmtpBehaviour::Reply("550 never".into())),
        ("3xx", SmtpBehaviour::Reply("399 what".into())),
        ("garbage", SmtpBehaviour::Raw(b"\x00\xff no SMTP\r\n".to_vec())),
    ]
}

/// Every step × every fault, and every fault after the mail was accepted: an outcome says at most
/// what the server's own list proves. Prints the table.
pub async fn no_step_and_no_fault_lose_or_double_a_mail<M: Mailer>(open: impl Fn(SocketAddr) -> M) {
    let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut number = 0;
    for (name, fault) in faults() {
        for (place, step) in SmtpStep::ALL.into_iter().enumerate() {
            let stub = stub().await;
            stub.next(step, fault.clone());
            number += 1;
            let outcome = open(stub.address()).send(&samples::mail(number)).await;
            judge(&outcome, step, name, is_accepted(&stub, number));
            let row = table.entry(format!("{place} {step:?}")).or_default();
            row.push(format!("{name}: {}", shown(&outcome)));
        }
        let stub = stub().await;
        stub.accept_then(fault.clone());
        number += 1;
        let outcome = open(stub.address()).send(&samples::mail(number)).await;
        let row = table.entry("9 End, accepted".into()).or_default();
        row.push(format!("{name}: {}", shown(&outcome)));
        // A server that accepted it and says 4xx or 5xx lies: no mailer can know that.
        if !matches!(name, "4xx" | "5xx") {
            assert!(matches!(outcome, Outcome::Unknown(_)), "accepted, then {name}: {outcome:?}");
            assert_eq!(is_accepted(&stub, number), 1);
        }
    }
    print(&table);
}

#[expect(clippy::print_stdout, reason = "the table is for people who look at an adapter")]
fn print(table: &BTreeMap<String, Vec<String>>) {
    for (step, outcomes) in table {
        println!("{step:18} {}", outcomes.join(", "));
    }
}

fn judge(outcome: &Outcome, step: SmtpStep, fault: &str, accepted: usize) {
    let place = format!("{fault} at {step:?}: {outcome:?}, accepted {accepted}");
    match outcome {
        Outcome::Applied => assert_eq!(accepted, 1, "{place}"),
        Outcome::NotSent(_) | Outcome::Refused(_) => assert_eq!(accepted, 0, "{place}"),
        // Only where the final dot may have been written.
        Outcome::Unknown(_) => {
            assert!(matches!(step, SmtpStep::Content | SmtpStep::End), "{place}");
        }
        Outcome::Shown(_) | Outcome::NotDue(_) | Outcome::Withdrawn(_) => panic!("{place}"),
    }
    let is_final = matches!(step, SmtpStep::Recipient | SmtpStep::Data | SmtpStep::End);
    let is_refused = matches!(outcome, Outcome::Refused(_));
    // Of a reply within the content a mailer may see that nobody asked for it.
    if step == SmtpStep::Content {
        assert!(!is_refused || fault == "5xx", "{place}");
    } else {
        assert_eq!(is_refused, fault == "5xx" && is_final, "{place}");
    }
    // After the answer to the final dot nothing that happens counts.
    assert_eq!(*outcome == Outcome::Applied, step == SmtpStep::Quit, "{place}");
}

fn shown(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied => "sent".into(),
        Outcome::Shown(proof) => proof.to_string(),
        Outcome::Refused(code) => format!("refused {}", code.as_str()),
        Outcome::NotSent(WhyNotSent::Deferred) => "later".into(),
        Outcome::NotSent(_) => "not sent".into(),
        Outcome::Unknown(_) => "uncertain".into(),
        Outcome::NotDue(_) | Outcome::Withdrawn(_) => "decided without the server".into(),
    }
}

/// The refusal is about one mail.
pub async fn one_refused_recipient_does_not_touch_the_others<M: Mailer>(
    open: impl Fn(SocketAddr) -> M,
) {
    let stub = stub().await;
    let mailer = open(stub.address());
    assert_eq!(mailer.send(&samples::mail(1)).await, Outcome::Applied);
    stub.next(SmtpStep::Recipient, SmtpBehaviour::Reply("550 no such user".into()));
    assert!(
        matches!(mailer.send(&samples::mail(2)).await, Outcome::Refused(_)),
        "the second recipient is refused"
    );
    assert_eq!(mailer.send(&samples::mail(3)).await, Outcome::Applied);
    assert_eq!([1, 2, 3].map(|number| is_accepted(&stub, number)), [1, 0, 1]);
    assert!(stub.accepted()[0].login.is_some(), "it logs in");
}

/// For example that the server does not relay for us, which it may say at the recipient only, or
/// that it wants a login.
pub async fn a_rule_about_us_fails_no_mail<M: Mailer>(open: impl Fn(SocketAddr) -> M) {
    for step in [SmtpStep::Sender, SmtpStep::Recipient, SmtpStep::Data, SmtpStep::End] {
        for (rule, why) in [
            ("554 5.7.1 relay access denied", WhyNotSent::Deferred),
            ("530 log in first", WhyNotSent::NoConnection),
            ("535 who are you", WhyNotSent::NoConnection),
        ] {
            let stub = stub().await;
            stub.next(step, SmtpBehaviour::Reply(rule.into()));
            let outcome = open(stub.address()).send(&samples::mail(1)).await;
            assert_eq!(outcome, Outcome::NotSent(why), "{rule} at {step:?}");
            assert!(stub.accepted().is_empty(), "no mail was accepted: {rule} at {step:?}");
        }
    }
}

/// A greeting of 1 MB, a line without an end, and 250 for everything.
pub async fn a_server_that_floods_or_says_yes_to_all_gets_no_mail<M: Mailer>(
    open: impl Fn(SocketAddr) -> M,
) {
    let line = |byte: u8, count| vec![byte; count];
    let floods = [
        [b"220 ".as_slice(), &line(b'x', 1 << 20), b"\r\n"].concat(),
        line(b'2', 1 << 20),
        b"220-more\r\n".repeat(1 << 17),
    ];
    for flood in floods {
        let stub = stub().await;
        stub.next(SmtpStep::Greeting, SmtpBehaviour::Raw(flood));
        let outcome = open(stub.address()).send(&samples::mail(1)).await;
        assert_eq!(outcome, Outcome::NotSent(WhyNotSent::NoConnection));
    }
    let stub = stub().await;
    stub.next(SmtpStep::Data, SmtpBehaviour::Reply("250 ok".into()));
    let outcome = open(stub.address()).send(&samples::mail(1)).await;
    assert_eq!(outcome, Outcome::NotSent(WhyNotSent::NoConnection));
    assert!(stub.accepted().is_empty(), "no mail was accepted");
}

/// A server that says everything at once, up to the acceptance of a mail that it did not read.
pub async fn a_reply_before_its_command_accepts_no_mail<M: Mailer>(open: impl Fn(SocketAddr) -> M) {
    for (step, replies) in [
        (
            SmtpStep::Greeting,
            "220 a\r\n250 AUTH PLAIN\r\n235 c\r\n250 d\r\n250 e\r\n354 f\r\n250 g\r\n",
        ),
        (SmtpStep::Recipient, "250 ok\r\n354 go\r\n250 accepted\r\n"),
        (SmtpStep::Data, "354 go\r\n250 accepted\r\n"),
    ] {
        let stub = stub().await;
        stub.next(step, SmtpBehaviour::Raw(replies.into()));
        let outcome = open(stub.address()).send(&samples::mail(1)).await;
        assert_eq!(outcome, Outcome::NotSent(WhyNotSent::NoConnection), "{step:?}");
    }
}

/// A closed port.
pub async fn nobody_listening_is_not_sent<M: Mailer>(open: impl Fn(SocketAddr) -> M) {
    let stub = stub().await;
    stub.stop().await;
    let outcome = open(stub.address()).send(&samples::mail(1)).await;
    assert_eq!(outcome, Outcome::NotSent(WhyNotSent::NoConnection));
}
