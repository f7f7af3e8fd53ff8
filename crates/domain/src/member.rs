//! A member of the digital bank and the one account that can be upgraded.

use crate::act::Act;
use crate::audit::{Action, AuditEntry, Subject};
use crate::change::Change;
use crate::idempotency::Replayable;
use crate::parsed_text::parsed_text;
use crate::payload::Payload;
use crate::registered::Registered;

use crate::field::{InvalidField, is_plain, is_visible};
use crate::level::{AccountLevel, LevelSource};
use crate::redacted;

redacted!(MemberId, ArrangementId);

parsed_text! {
    /// A member's id from the bank: 1 to 64 characters, none of them a control character. Stored in
    /// clear, masked wherever it is printed.
    #[derive(Hash, PartialOrd, Ord)]
    pub struct MemberId:
        "memberId",
        "must be 1 to 64 characters without control characters",
        |text| is_plain(text, 64);
    /// The id in clear: for the store and for the client that sent it, never for a log.
    expose
}

parsed_text! {
    /// The core bank's id of a member's arrangement (`ArrngId`): 1 to 36 of `[0-9A-Z]`.
    #[derive(Hash)]
    pub struct ArrangementId:
        "arrangementId",
        "must be 1 to 36 digits or upper-case ASCII letters",
        |text| {
        (1..=36).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
    };
    /// The id in clear: for the store and the core bank, never for a log.
    expose
}

impl ArrangementId {
    /// True if it has the usual form `AA` + year + day of year + 5 characters. Another form is
    /// worth a warning but is valid.
    #[must_use]
    pub fn has_usual_form(&self) -> bool {
        let Some(digits) = self.0.strip_prefix("AA").filter(|rest| rest.len() == 10) else {
            return false;
        };
        let (Ok(year), Ok(day)) = (digits[..2].parse::<u16>(), digits[2..5].parse::<u16>()) else {
            return false;
        };
        let days = if year.is_multiple_of(4) { 366 } else { 365 };
        (1..=days).contains(&day)
    }
}

parsed_text! {
    /// The core bank's product name of an account, for example `AC.DIGITAL.SAV`.
    #[derive(Debug)]
    #[derive(Hash)]
    pub struct ProductName:
        "productName",
        "must be 1 to 64 visible ASCII characters",
        |text| is_visible(text, 64);
    /// The name as text.
    as_str
}

impl ProductName {
    /// The value in the source's message.
    pub const DEFAULT: &'static str = "AC.DIGITAL.SAV";
}

/// A member's account at the core bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its arrangement, unique among members.
    pub arrangement: ArrangementId,
    /// Its product.
    pub product: ProductName,
}

impl Account {
    /// Parses an account; the product defaults to [`ProductName::DEFAULT`].
    ///
    /// # Errors
    /// When a field does not parse.
    pub fn parse(arrangement: &str, product: Option<&str>) -> Result<Self, InvalidField> {
        Ok(Self {
            arrangement: ArrangementId::parse(arrangement)?,
            product: ProductName::parse(product.unwrap_or(ProductName::DEFAULT))?,
        })
    }
}

/// A member, its account, and the account's levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub id: MemberId,
    /// Its account at the core bank.
    pub account: Account,
    /// The level it was registered with.
    pub registered: Option<AccountLevel>,
    /// The level that was confirmed last: by the core bank or by two people.
    pub confirmed: Option<AccountLevel>,
    /// Whether two people confirmed it.
    pub confirmed_manually: bool,
    /// The level of a passed verdict that the core bank has not confirmed yet.
    pub target: Option<AccountLevel>,
}

/// The version of a member's payload that is written now.
const VERSION: i32 = 1;
const MANUALLY: &str = "confirmedManually";

impl Replayable for Member {
    fn to_payload(&self) -> Option<Payload> {
        let payload = Payload::new(
            VERSION,
            [
                ("memberId", self.id.expose()),
                ("arrangementId", self.account.arrangement.expose()),
                ("productName", self.account.product.as_str()),
            ],
        );
        let levels = [
            ("registeredLevel", &self.registered),
            ("confirmedLevel", &self.confirmed),
            ("targetLevel", &self.target),
        ];
        let known = levels.into_iter().filter_map(|(name, level)| Some((name, level.as_ref()?)));
        let payload = known.fold(payload, |all, (name, level)| all.with(name, level.as_str()));
        Some(if self.confirmed_manually { payload.with(MANUALLY, "") } else { payload })
    }

    fn from_payload(payload: &Payload) -> Result<Self, InvalidField> {
        payload.must_be_version(VERSION)?;
        let level = |name| payload.find(name).map(AccountLevel::parse).transpose();
        let product = payload.get("productName")?;
        Ok(Self {
            id: MemberId::parse(payload.get("memberId")?)?,
            account: Account::parse(payload.get("arrangementId")?, Some(product))?,
            registered: level("registeredLevel")?,
            confirmed: level("confirmedLevel")?,
            confirmed_manually: payload.find(MANUALLY).is_some(),
            target: level("targetLevel")?,
        })
    }
}

impl Member {
    /// A newly registered member with its current level.
    #[must_use]
    pub const fn new(id: MemberId, account: Account, level: Option<AccountLevel>) -> Self {
        let (confirmed, confirmed_manually) = (None, false);
        Self { id, account, registered: level, confirmed, confirmed_manually, target: None }
    }

    /// Whether this member was registered with the data of `other`.
    fn is_registered_as(&self, other: &Self) -> bool {
        (&self.id, &self.account, &self.registered)
            == (&other.id, &other.account, &other.registered)
    }

    /// Where the current level comes from.
    #[must_use]
    pub const fn level_source(&self) -> LevelSource {
        match (&self.confirmed, self.confirmed_manually) {
            (None, _) => LevelSource::Registered,
            (Some(_), false) => LevelSource::CoreBank,
            (Some(_), true) => LevelSource::Manual,
        }
    }

    /// The current level: the confirmed one, or else as registered. Never the target.
    #[must_use]
    pub const fn level(&self) -> Option<&AccountLevel> {
        match &self.confirmed {
            Some(level) => Some(level),
            None => self.registered.as_ref(),
        }
    }
}

/// The write of a registration: a member that is not stored yet. Lost if its id or arrangement is
/// taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember(pub Member);

/// Decides a registration. `known` are the stored members with its id or its arrangement.
#[must_use]
pub fn register(
    known: &[Member],
    member: Member,
    act: &Act,
) -> (Option<Change<NewMember>>, Registered<Member>) {
    let registered = Registered::among(known, |one| one.is_registered_as(&member));
    let change = (registered == Registered::New).then(|| {
        let audit = AuditEntry::new(Action::MEMBER_REGISTERED, member.id.subject(), "", act);
        Change::new(NewMember(member), audit)
    });
    (change, registered)
}

impl MemberId {
    /// The member as the audit log refers to it.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject::new("member", self.expose())
    }
}

impl Action {
    /// A member was registered.
    pub const MEMBER_REGISTERED: Self = Self::of("member.registered");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{ActorKind, ActorRef};
    use crate::correlation::CorrelationId;

    fn vectors(kind: &str) -> Vec<String> {
        let all: serde_json::Value =
            serde_json::from_str(include_str!("../tests/vectors.json")).unwrap();
        let list = all["arrangement_id"][kind].as_array().unwrap();
        list.iter().map(|row| row["v"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn arrangement_ids_of_the_usual_form_are_told_from_odd_and_impossible_ones() {
        for text in vectors("valid") {
            assert!(ArrangementId::parse(&text).unwrap().has_usual_form(), "{text}");
        }
        for text in vectors("warn") {
            assert!(!ArrangementId::parse(&text).unwrap().has_usual_form(), "{text}");
        }
        for text in vectors("refuse") {
            assert!(ArrangementId::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_registration_reads_back_from_its_payload() {
        let level = |text| Some(AccountLevel::parse(text).unwrap());
        let account = Account::parse("AA19337Z8L29", None).unwrap();
        let plain = Member::new(MemberId::parse("MEM0001").unwrap(), account, None);
        let raised = Member { confirmed: level("1A"), target: level("2A"), ..plain.clone() };
        let raised = Member { registered: level("0A"), ..raised };
        let manual = Member { confirmed_manually: true, ..raised.clone() };
        for registered in [Registered::New, same(plain), same(raised), same(manual)] {
            let payload = registered.to_payload().unwrap();
            assert_eq!(Registered::from_payload(&payload), Ok(registered));
        }
        assert_eq!(Registered::<Member>::Different.to_payload(), None);
        let broken = Payload::new(1, [("registered", "other")]);
        assert!(Registered::<Member>::from_payload(&broken).is_err());
    }

    fn same(member: Member) -> Registered<Member> {
        Registered::Same(Box::new(member))
    }

    #[test]
    fn a_registration_is_compared_with_what_was_registered() {
        let level = |text| AccountLevel::parse(text).ok();
        let member = |id, arrangement, level| {
            let account = Account::parse(arrangement, None).unwrap();
            Member::new(MemberId::parse(id).unwrap(), account, level)
        };
        let act = Act::new(
            ActorRef::new("idp", "crm", ActorKind::System),
            crate::Timestamp::UNIX_EPOCH,
            CorrelationId::parse("c").unwrap(),
        );
        let wish = member("M1", "A1", level("1A"));
        let (change, answer) = register(&[], wish.clone(), &act);
        assert_eq!((change.unwrap().write, answer), (NewMember(wish.clone()), Registered::New));
        // What happened to a level since does not make it another member.
        let known = Member { confirmed: level("2A"), target: level("3A"), ..wish.clone() };
        let (change, answer) = register(std::slice::from_ref(&known), wish.clone(), &act);
        assert_eq!((change, answer), (None, same(known)));
        for other in ["M2 A1 1A", "M1 A2 1A", "M1 A1 2A"].map(|it| it.split(' ').collect()) {
            let [id, arrangement, text]: [&str; 3] = Vec::try_into(other).unwrap();
            let known = [member(id, arrangement, level(text))];
            let (change, answer) = register(&known, wish.clone(), &act);
            assert_eq!((change, answer), (None, Registered::Different), "{known:?}");
        }
    }

    #[test]
    fn the_day_366_exists_in_leap_years_only() {
        assert!(!ArrangementId::parse("AA19366ABCDE").unwrap().has_usual_form());
        assert!(ArrangementId::parse("AA20366ABCDE").unwrap().has_usual_form());
    }

    #[test]
    fn member_ids_have_bounds_and_are_never_printed() {
        assert!(MemberId::parse("").is_err());
        assert!(MemberId::parse("a\u{0}b").is_err());
        assert!(MemberId::parse("a\u{85}b").is_err());
        assert!(MemberId::parse(&"客".repeat(64)).is_ok());
        assert!(MemberId::parse(&"客".repeat(65)).is_err());
        assert_eq!(format!("{:?}", MemberId::parse("MEM0001").unwrap()), "MemberId(***)");
    }
}
