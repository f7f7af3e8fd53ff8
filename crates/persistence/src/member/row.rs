//! The row of a member.

use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::{Account, Member, MemberId};
use madoguchi_domain::port::StoreError;

use crate::database::parse::{corrupt, parsed_or_corrupt};
use crate::database::schema::members;
use crate::database::statement::row;

row! {
    pub(crate) struct MemberRow in members {
        member_id: String,
        arrangement_id: String,
        product_name: String,
        registered_level: Option<String>,
        confirmed_level: Option<String>,
        confirmed_manually: bool,
        target_level: Option<String>,
    }
}

impl From<&Member> for MemberRow {
    fn from(member: &Member) -> Self {
        let level = |level: &Option<AccountLevel>| level.as_ref().map(|l| l.as_str().to_owned());
        Self {
            member_id: member.id.expose().to_owned(),
            arrangement_id: member.account.arrangement.expose().to_owned(),
            product_name: member.account.product.as_str().to_owned(),
            registered_level: level(&member.registered),
            confirmed_level: level(&member.confirmed),
            confirmed_manually: member.confirmed_manually,
            target_level: level(&member.target),
        }
    }
}

impl MemberRow {
    pub(crate) fn parse(self) -> Result<Member, StoreError> {
        let account = Account::parse(&self.arrangement_id, Some(&self.product_name));
        Ok(Member {
            id: parsed_or_corrupt(MemberId::parse(&self.member_id).ok(), "members.member_id")?,
            account: parsed_or_corrupt(account.ok(), "members.arrangement_id or product_name")?,
            registered: level(self.registered_level, "members.registered_level")?,
            confirmed: level(self.confirmed_level, "members.confirmed_level")?,
            confirmed_manually: self.confirmed_manually,
            target: level(self.target_level, "members.target_level")?,
        })
    }
}

pub(crate) fn level(
    text: Option<String>,
    place: &'static str,
) -> Result<Option<AccountLevel>, StoreError> {
    text.map(|text| AccountLevel::parse(&text).map_err(|_| corrupt(place))).transpose()
}
