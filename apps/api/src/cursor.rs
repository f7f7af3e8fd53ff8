//! Cursors of lists: opaque, versioned, and bound to the list and its filters.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madoguchi_domain::Timestamp;
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::page::ListPosition;
use madoguchi_domain::secret::SecretKey;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use uuid::Uuid;

use crate::body::bounded;
use crate::operation::{Parameter, Place};
use crate::problem::Problem;
use crate::query::Query;

/// The first byte of every cursor. Another one belongs to another version of this program.
const VERSION: u8 = 1;
/// Version, microseconds since 1970, id.
const POSITION: usize = 1 + 8 + 16;
/// The part of the HMAC that a cursor carries.
const MAC: usize = 16;

/// Maximum number of entries of a page.
const MOST: u32 = 200;
/// The number without a `limit`.
const USUAL: u32 = 50;

/// The query parameter, as documented.
pub(crate) const CURSOR: Parameter = Parameter {
    name: "cursor",
    place: Place::Query,
    text: "The `next` of the page before, with the same filters.",
    schema: || bounded(1, 128).pattern(Some("^[0-9A-Za-z_-]*$")).into(),
};

/// The query parameter, as documented.
pub(crate) const LIMIT: Parameter = Parameter {
    name: "limit",
    place: Place::Query,
    text: "Maximum number of entries; 50 without it.",
    schema: || {
        let number = ObjectBuilder::new().schema_type(Type::Integer);
        number.minimum(Some(1)).maximum(Some(MOST)).into()
    },
};

/// A page of a list that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageRequest {
    /// The position after which it begins.
    pub(crate) after: Option<ListPosition>,
    /// Maximum number of entries.
    pub(crate) limit: u32,
}

/// Makes and reads the cursors of one list with one set of filters.
#[derive(Debug, Clone)]
pub(crate) struct Cursors<'a> {
    secret: &'a SecretKey,
    list: &'static str,
    filters: String,
}

impl<'a> Cursors<'a> {
    /// Takes `cursor` and `limit` of a query; what is left are the filters. `path` is what else
    /// the list depends on.
    pub(crate) fn take(
        secret: &'a SecretKey,
        (list, path): (&'static str, &str),
        query: &mut Query,
    ) -> Result<(Self, PageRequest), Problem> {
        let cursor = query.take("cursor", |text| Ok(text.to_owned()))?;
        let limit = query.take("limit", limit)?.unwrap_or(USUAL);
        let cursors = Self { secret, list, filters: format!("{}?{path}", query.rest()) };
        let after = cursor.map(|text| cursors.open(&text)).transpose()?;
        Ok((cursors, PageRequest { after, limit }))
    }

    /// The cursor of the page after this position.
    pub(crate) fn seal(&self, position: ListPosition) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(position.at.as_microsecond().to_be_bytes());
        bytes.extend(position.id.as_bytes());
        let mac = self.mac(&bytes);
        bytes.extend(mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The first `limit` of the entries, of which one more was read to see whether there are more,
    /// and the cursor of the next page if there are.
    pub(crate) fn page<T>(
        &self,
        mut entries: Vec<T>,
        limit: u32,
        position: impl FnOnce(&T) -> Option<ListPosition>,
    ) -> (Vec<T>, Option<String>) {
        let has_next = entries.len() > limit as usize;
        entries.truncate(limit as usize);
        let last = entries.last().filter(|_| has_next).and_then(position);
        (entries, last.map(|position| self.seal(position)))
    }

    fn open(&self, text: &str) -> Result<ListPosition, InvalidField> {
        let rule = "must be the next of a list with the same filters";
        let refused = InvalidField::new("cursor", rule);
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused)?;
        let (position, mac) = bytes.split_at_checked(POSITION).ok_or(refused)?;
        // It protects nothing that an attacker gains from, so the comparison may end early.
        if mac != self.mac(position) || position[0] != VERSION {
            return Err(refused);
        }
        let (at, id) = position[1..].split_at(8);
        let at = i64::from_be_bytes(at.try_into().map_err(|_| refused)?);
        let at = Timestamp::from_microsecond(at).map_err(|_| refused)?;
        Ok(ListPosition { at, id: Uuid::from_slice(id).map_err(|_| refused)? })
    }

    fn mac(&self, position: &[u8]) -> [u8; MAC] {
        let parts = [b"list cursor", self.list.as_bytes(), self.filters.as_bytes(), position];
        let mut short = [0; MAC];
        short.copy_from_slice(&self.secret.mac(&parts)[..MAC]);
        short
    }
}

fn limit(text: &str) -> Result<u32, InvalidField> {
    let number = text.parse().ok().filter(|number| (1..=MOST).contains(number));
    let plain = number.filter(|number| number.to_string() == text);
    plain.ok_or(InvalidField::new("limit", "must be a whole number from 1 to 200"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["cursor", "limit", "name"];

    fn taken(list: &'static str, query: &str) -> Result<(String, PageRequest), String> {
        let secret = SecretKey::parse(&[7; 32]).unwrap();
        let mut query = Query::read(query, KNOWN).unwrap();
        let position =
            ListPosition { at: Timestamp::from_microsecond(5).unwrap(), id: Uuid::max() };
        let taken = Cursors::take(&secret, (list, ""), &mut query);
        let (cursors, page) = taken.map_err(|problem| problem.message.into_owned())?;
        Ok((cursors.seal(position), page))
    }

    #[test]
    fn a_cursor_reads_back_in_its_own_list_only() {
        let (cursor, first) = taken("a", "name=x").unwrap();
        assert_eq!(first, PageRequest { after: None, limit: 50 });
        let (_, second) = taken("a", &format!("cursor={cursor}&limit=3&name=x")).unwrap();
        assert_eq!(second.limit, 3);
        assert_eq!(second.after.unwrap().id, Uuid::max());
        let refused = "cursor must be the next of a list with the same filters";
        for (list, query) in [
            ("b", format!("cursor={cursor}&name=x")),
            ("a", format!("cursor={cursor}&name=y")),
            ("a", format!("cursor={cursor}")),
            ("a", format!("cursor=A{cursor}&name=x")),
            ("a", format!("cursor={}&name=x", &cursor[..cursor.len() - 2])),
            ("a", format!("cursor={cursor}{cursor}&name=x")),
            ("a", "cursor=&name=x".to_owned()),
            ("a", "cursor=%F0%9F&name=x".to_owned()),
        ] {
            assert_eq!(taken(list, &query).unwrap_err(), refused, "{list} {query}");
        }
    }

    #[test]
    fn a_limit_is_a_plain_number_from_1_to_200() {
        for good in ["1", "200"] {
            assert!(taken("a", &format!("limit={good}")).is_ok(), "{good}");
        }
        for bad in ["", "0", "201", "-1", "1.0", "+1", "01", "99999999999", "x"] {
            let refused = taken("a", &format!("limit={}", bad.replace('+', "%2B"))).unwrap_err();
            assert_eq!(refused, "limit must be a whole number from 1 to 200", "{bad}");
        }
    }
}
