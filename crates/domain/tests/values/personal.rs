//! What is personal or secret is in no debug output, whatever type holds it.

use std::fmt::Debug;

use madoguchi_domain::approval::{ContentSalt, RejectionReason};
use madoguchi_domain::caller::{ApiKey, Cnpj, CodigoConta, ContextId, Cpf, DacRule, Encoded};
use madoguchi_domain::contact::{
    AnswerText, ApplicationId, ContactBody, ContactLink, ContactSubject, GroupId, PolicyNumber,
    Sender,
};
use madoguchi_domain::display_name::DisplayName;
use madoguchi_domain::effect::OrderingKey;
use madoguchi_domain::idempotency::IdempotencyKey;
use madoguchi_domain::mask;
use madoguchi_domain::member::{ArrangementId, MemberId};
use madoguchi_domain::payload::Payload;
use madoguchi_domain::person::{
    AccountId, EmailAddress, ExternalIdentity, PersonId, PhoneNumber, StopReason,
};
use madoguchi_domain::personal::Personal;
use madoguchi_domain::resolution::{ResolutionEvidence, ResolutionReason};
use madoguchi_domain::retention::HoldReason;
use madoguchi_domain::sealed::{BlindIndex, KeyId, Sealed, WrappedKey};
use madoguchi_domain::secret::{AccessToken, Credentials, SecretKey};
use madoguchi_domain::server_key::KeyFingerprint;
use madoguchi_domain::upgrade::{CheckReference, QrToken};

macro_rules! shown {
    ($($name:ident($text:literal)),+ $(,)?) => {
        [$((stringify!($name), $text, format!("{:?}", $name::parse($text).unwrap()))),+]
    };
}

#[test]
fn debug_output_of_a_personal_text_is_its_type() {
    let texts = shown!(
        MemberId("CANARY"),
        ArrangementId("CANARY"),
        PersonId("CANARY"),
        AccountId("CANARY"),
        ExternalIdentity("CANARY"),
        StopReason("CANARY"),
        EmailAddress("CANARY@canary.jp"),
        PhoneNumber("+819012345678"),
        DisplayName("CANARY"),
        ApplicationId("CANARY"),
        GroupId("CANARY"),
        PolicyNumber("CANARY"),
        ContactSubject("CANARY"),
        ContactBody("CANARY"),
        AnswerText("CANARY"),
        ContactLink("https://canary.jp"),
        RejectionReason("CANARY"),
        ResolutionReason("CANARY"),
        ResolutionEvidence("CANARY"),
        HoldReason("CANARY"),
        CheckReference("CANARY"),
        OrderingKey("CANARY"),
        IdempotencyKey("CANARY"),
        AccessToken("CANARY"),
        ApiKey("CANARY"),
        ContextId("CANARY"),
        Cpf("52998224725"),
        Cnpj("11222333000181"),
        QrToken("CANARYCANARYCANARYCANARYCA"),
        Encoded("CANARY"),
    );
    for (name, text, debug) in texts {
        assert_eq!(debug, format!("{name}(***)"), "of {text}");
    }
}

#[test]
fn debug_output_of_a_secret_shows_none_of_its_bytes() {
    let key = KeyId::parse("kek-1").unwrap();
    let payload = Payload::new(7, [("name", "CANARY")]);
    let account = CodigoConta::parse("341341150000052061", DacRule::Warn).unwrap();
    let debug: [(&dyn Debug, &str); 12] = [
        (&Personal::new("CANARY"), "Personal(***)"),
        (&account, "CodigoConta(***)"),
        (&SecretKey::parse(&[77; 32]).unwrap(), "SecretKey(***)"),
        (&Credentials::new("CANARY", "CANARY"), "Credentials(***)"),
        (&ContentSalt::new([77; 32]), "ContentSalt(***)"),
        (&KeyFingerprint([77; 32]), "KeyFingerprint(***)"),
        (&Sealed::new([77; 4]), "Sealed(***)"),
        (
            &WrappedKey { key: key.clone(), bytes: vec![77] },
            "WrappedKey { key: KeyId(\"kek-1\"), .. }",
        ),
        (&BlindIndex { key, digest: [77; 32] }, "BlindIndex { key: KeyId(\"kek-1\"), .. }"),
        (&payload, "Payload(v7 of [\"name\"])"),
        (&Sender::Human(DisplayName::parse("CANARY").unwrap()), "Human(***)"),
        (&Sender::System, "System"),
    ];
    for (value, expected) in debug {
        assert_eq!(format!("{value:?}"), expected);
    }
    // The encoding "0" says that nothing is encoded: it is no personal data.
    assert_eq!(format!("{:?}", Encoded::as_it_is()), "Encoded(0)");
}

#[test]
fn what_is_kept_is_shown_to_those_who_may_see_it() {
    assert_eq!(Personal::new("山田").expose(), "山田");
    let credentials = Credentials::new("user", "password");
    assert_eq!((credentials.user(), credentials.password()), (&b"user"[..], &b"password"[..]));
    assert_eq!(Sealed::new([1, 2]).as_bytes(), [1, 2]);
    assert_eq!(ContentSalt::new([3; 32]).expose(), &[3; 32]);
    assert_eq!(Cpf::parse("52998224725").unwrap().expose(), "52998224725");
    assert_eq!(Cnpj::parse("11222333000181").unwrap().expose(), "11222333000181");
}

#[test]
fn a_mask_shows_enough_to_recognise_a_value() {
    let accounts = [
        ("341341150000052061", "341341********2061"),
        ("34134115000005", "341341****0005"),
        ("3413411500000", "*************"),
        ("", ""),
    ];
    for (text, masked) in accounts {
        assert_eq!(mask::account(text), masked);
    }
    for (text, masked) in [("+819012345678", "+********5678"), ("+12345", "+*2345"), ("", "")] {
        assert_eq!(mask::phone(text), masked);
    }
    for (text, masked) in [
        ("jane.doe@example.com", "j***@e***.com"),
        ("a@b@mail.example.jp", "a***@m***.jp"),
        ("no address", "***"),
        ("@example.com", "***"),
        ("a@localhost", "***"),
    ] {
        assert_eq!(mask::email(text), masked);
    }
}
