//! Every parsed text: its shortest and longest value, and the values just outside its rule.

use std::ops::RangeInclusive;

use madoguchi_domain::approval::RejectionReason;
use madoguchi_domain::caller::{ApiKey, ContextId, Encoded, FlowId};
use madoguchi_domain::contact::{
    ActionKind, AnswerText, ApplicationId, ContactBody, ContactSubject, GroupId, PolicyNumber,
};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::display_name::DisplayName;
use madoguchi_domain::effect::{CancelReason, EffectKind, OrderingKey, UpstreamCode, UpstreamId};
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::idempotency::IdempotencyKey;
use madoguchi_domain::key_ring::NodeId;
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::{ArrangementId, MemberId, ProductName};
use madoguchi_domain::person::{AccountId, ExternalIdentity, PersonId, StopReason};
use madoguchi_domain::resolution::{ResolutionEvidence, ResolutionReason};
use madoguchi_domain::retention::HoldReason;
use madoguchi_domain::sealed::KeyId;
use madoguchi_domain::secret::AccessToken;
use madoguchi_domain::upgrade::{CheckReference, QrToken, TransactionId, TxnNo};

/// Parses a text and shows what is stored of it.
pub(crate) type Parse = fn(&str) -> Option<String>;

/// The name of a type and its parser.
pub(crate) type Parser = (&'static str, Parse);

/// Whether a text may have this character.
type Takes = fn(char) -> bool;

macro_rules! parser {
    ($name:ident::$show:ident) => {{
        let parse: crate::texts::Parse =
            |text| $name::parse(text).ok().map(|it| it.$show().to_owned());
        (stringify!($name), parse)
    }};
}

pub(crate) use parser;

/// Checks that a text of `lengths` characters is read back, and one shorter or longer is refused.
fn keeps_lengths((name, parse): Parser, of: char, lengths: RangeInclusive<usize>) {
    let text = |length| of.to_string().repeat(length);
    for length in [*lengths.start(), *lengths.end()] {
        assert_eq!(parse(&text(length)), Some(text(length)), "{name} of {length} {of:?}");
    }
    for length in lengths.start().checked_sub(1).into_iter().chain([lengths.end() + 1]) {
        assert_eq!(parse(&text(length)), None, "{name} of {length} {of:?}");
    }
}

/// Checks that the text takes exactly those of the characters up to U+017F that `takes` does, in
/// the middle of `around`.
fn keeps_characters((name, parse): Parser, around: &str, takes: Takes) {
    for c in '\0'..='\u{17f}' {
        let text = format!("{around}{c}{around}");
        assert_eq!(parse(&text).is_some(), takes(c), "{name} with {c:?}");
    }
}

#[test]
fn plain_texts_count_characters_and_refuse_controls() {
    let texts: [(Parser, usize); 15] = [
        (parser!(MemberId::expose), 64),
        (parser!(PersonId::expose), 64),
        (parser!(AccountId::expose), 64),
        (parser!(CheckReference::expose), 64),
        (parser!(ExternalIdentity::expose), 255),
        (parser!(StopReason::expose), 500),
        (parser!(OrderingKey::expose), 128),
        (parser!(DisplayName::expose), 64),
        (parser!(ApplicationId::expose), 64),
        (parser!(GroupId::expose), 64),
        (parser!(ContactSubject::expose), 200),
        (parser!(RejectionReason::expose), 500),
        (parser!(HoldReason::expose), 500),
        (parser!(ResolutionReason::expose), 500),
        (parser!(ResolutionEvidence::expose), 1000),
    ];
    for (text, most) in texts {
        keeps_lengths(text, '客', 1..=most);
        keeps_characters(text, "x", |c| !c.is_control());
        assert_eq!(text.1("x\u{fffd}"), None, "{} with a replacement character", text.0);
    }
}

#[test]
fn texts_for_people_show_something_and_keep_their_order() {
    let texts: [Parser; 10] = [
        parser!(DisplayName::expose),
        parser!(ApplicationId::expose),
        parser!(GroupId::expose),
        parser!(ContactSubject::expose),
        parser!(ContactBody::expose),
        parser!(AnswerText::expose),
        parser!(RejectionReason::expose),
        parser!(HoldReason::expose),
        parser!(ResolutionReason::expose),
        parser!(ResolutionEvidence::expose),
    ];
    let reordering = ('\u{2028}'..='\u{202e}').chain('\u{2066}'..='\u{2069}');
    let reordering: Vec<char> = reordering.chain(['\u{61c}', '\u{200e}', '\u{200f}']).collect();
    for (name, parse) in texts {
        for hidden in [" ", "\u{3000}", "\u{a0}", "\u{ad}", "\u{200b} \u{2060}", "\u{2800}"] {
            assert_eq!(parse(hidden), None, "{name} of {hidden:?}");
            assert!(parse(&format!("{hidden}x")).is_some(), "{name} with {hidden:?}");
        }
        for c in &reordering {
            assert_eq!(parse(&format!("a{c}b")), None, "{name} with {c:?}");
        }
    }
}

#[test]
fn letters_have_lines_and_tabs_and_no_other_controls() {
    let texts: [(Parser, usize); 2] =
        [(parser!(ContactBody::expose), 4000), (parser!(AnswerText::expose), 2000)];
    for (text, most) in texts {
        keeps_lengths(text, '文', 1..=most);
        keeps_characters(text, "x", |c| matches!(c, '\n' | '\r' | '\t') || !c.is_control());
        assert_eq!(text.1("\r\n\t"), None, "lines alone say nothing");
        let lines = |length: usize| format!("x{}", "\n".repeat(length - 1));
        assert!(text.1(&lines(most)).is_some(), "{}", text.0);
        assert_eq!(text.1(&lines(most + 1)), None, "line breaks count in {}", text.0);
    }
}

#[test]
fn ascii_texts_count_bytes_and_take_their_alphabet() {
    let visible: Takes = |c| c.is_ascii_graphic();
    let upper_and_digits: Takes = |c| c.is_ascii_uppercase() || c.is_ascii_digit();
    let texts: [(Parser, usize, Takes); 18] = [
        (parser!(AccessToken::expose), 4096, visible),
        (parser!(IdempotencyKey::expose), 255, visible),
        (parser!(NodeId::as_str), 128, visible),
        (parser!(CorrelationId::as_str), 128, visible),
        (parser!(FlowId::as_str), 128, visible),
        (parser!(ApiKey::expose), 512, visible),
        (parser!(UpstreamId::as_str), 128, visible),
        (parser!(UpstreamCode::as_str), 32, visible),
        (parser!(ProductName::as_str), 64, visible),
        (parser!(TransactionId::as_str), 64, visible),
        (parser!(TxnNo::as_str), 64, visible),
        (
            ("CancelReason", |text| Some(CancelReason::parse(text)?.as_str().to_owned())),
            32,
            visible,
        ),
        (parser!(AccountLevel::as_str), 8, |c| c.is_ascii_alphanumeric()),
        (parser!(ArrangementId::expose), 36, upper_and_digits),
        (parser!(PolicyNumber::expose), 32, |c| c.is_ascii_alphanumeric() || c == '-'),
        (parser!(ActionKind::as_str), 64, |c| {
            c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'
        }),
        (parser!(KeyId::as_str), 32, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
        (parser!(EffectKind::as_str), 32, |c| c.is_ascii_alphabetic()),
    ];
    for (text, most, takes) in texts {
        let any = ('a'..='z').chain('A'..='Z').find(|c| takes(*c)).unwrap();
        keeps_lengths(text, any, 1..=most);
        keeps_characters(text, &any.to_string(), takes);
    }
    let qr = parser!(QrToken::expose);
    keeps_lengths(qr, 'A', 26..=26);
    assert!(qr.1("0123456789ABCDEFGHJKMNPQRS").is_some());
    for bad in ["a0000000000000000000000000", "-0000000000000000000000000"] {
        assert_eq!(qr.1(bad), None, "{bad}");
    }
}

#[test]
fn what_a_caller_sends_is_bounded() {
    let context = parser!(ContextId::expose);
    keeps_lengths(context, 'x', 1..=4096);
    assert_eq!(context.1(&"é".repeat(2049)), None, "its bytes are counted");
    keeps_characters(context, "x", |c| !c.is_control());
    let encoded = parser!(Encoded::as_str);
    keeps_lengths(encoded, '客', 0..=32);
    keeps_characters(encoded, "x", |c| !c.is_control());
}

#[test]
fn a_broken_rule_names_its_field_and_not_the_value() {
    let broken =
        InvalidField::new("memberId", "must be 1 to 64 characters without control characters");
    let why = MemberId::parse("\u{1}secret").unwrap_err();
    assert_eq!(why, broken);
    assert_eq!(why.to_string(), format!("{} {}", broken.field, broken.rule));
}
