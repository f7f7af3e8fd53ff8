//! The row of a member.

use diesel::{Insertable, Queryable, Selectable};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::{Account, Member, MemberId};
use madoguchi_domain::port::StoreError;

use super::{corrupt, parsed_or_corrupt};
use crate::schema::members;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = members, treat_none_as_default_value = false)]
pub(crate) struct MemberRow {
    pub(crate) member_id: String,
    pub(crate) arrangement_id: String,
    pub(crate) product_name: String,
    pub(crate) registered_level: Option<String>,
    pub(crate) confirmed_level: Option<String>,
    pub(crate) target_level: Option<String>,
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
            target: level(self.target_level, "members.target_level")?,
        })
    }

    /// Whether `other` is the same registration.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.member_id == other.member_id
            && self.arrangement_id == other.arrangement_id
            && self.product_name == other.product_name
            && self.registered_level == other.registered_level
    }
}

pub(super) fn level(
    text: Option<String>,
    place: &'static str,
) -> Result<Option<AccountLevel>, StoreError> {
    text.map(|text| AccountLevel::parse(&text).map_err(|_| corrupt(place))).transpose()
}
