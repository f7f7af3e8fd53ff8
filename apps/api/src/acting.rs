//! The header `x-actor`: the person in whose name a trusted back office calls.

use actix_web::http::header::HeaderMap;
use madoguchi_domain::actor::ActorRef;
use madoguchi_domain::display_name::DisplayName;
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::principal::Principal;
use madoguchi_domain::secret::unhex;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::operation::{Parameter, Place};
use crate::problem::{Code, Problem};

pub(crate) const HEADER: &str = "x-actor";

/// The request header, as documented.
pub(crate) const ACTOR: Parameter = Parameter {
    name: HEADER,
    place: Place::Header,
    text: "The person in whose name the call is made: `<subject>;<name>`, the name as \
           percent-encoded UTF-8 of at most 64 characters, never `SystemAdmin`. Only with the \
           scope `delegate`, else 403; an empty value is refused too.",
    schema: || {
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.pattern(Some("^[^;]{1,128};([!-$&-:<-~]|%[0-9A-Fa-f]{2})+$")).into()
    },
};

/// Who acts in a call, and the caller that acts in their name, if it is another one.
#[derive(Debug)]
pub(crate) struct Acting {
    pub(crate) principal: Principal,
    pub(crate) through: Option<ActorRef>,
}

impl Acting {
    /// The caller itself, or the person whom the header names.
    pub(crate) fn read(caller: Principal, headers: &HeaderMap) -> Result<Self, Problem> {
        // An empty value does not count as absent: the caller would act under its own name.
        let mut values = headers.get_all(HEADER);
        let Some(value) = values.next() else {
            return Ok(Self { principal: caller, through: None });
        };
        let issuer = caller.may_act_for().ok_or(Problem::of(Code::Forbidden))?;
        if values.next().is_some() {
            return Err(InvalidField::new(HEADER, "is given twice").into());
        }
        let form =
            "must be <subject>;<name>, the name as percent-encoded UTF-8, the subject as it is";
        let (subject, name) =
            parts(value.as_bytes()).ok_or_else(|| InvalidField::new(HEADER, form))?;
        let of_header = |error| Problem::invalid(format!("{HEADER}: {error}"));
        let name = DisplayName::of_human(&name).map_err(of_header)?;
        let principal = caller.acting_for(issuer, subject, name).map_err(of_header)?;
        Ok(Self { principal, through: Some(caller.who) })
    }
}

/// Subject and name. A second `;` is refused: it could belong to either of them. So is an encoded
/// byte in the subject, which is sent as it is: its client means another subject.
fn parts(value: &[u8]) -> Option<(&str, String)> {
    let (subject, name) = str::from_utf8(value).ok()?.split_once(';')?;
    let is_encoded = |at: &[u8]| at[0] == b'%' && at[1..].iter().all(u8::is_ascii_hexdigit);
    let plain = !subject.as_bytes().windows(3).any(is_encoded);
    Some((subject, decoded(name)?)).filter(|_| plain)
}

/// The text of percent-encoded UTF-8. Visible ASCII except `;` may also be itself.
fn decoded(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some(first) = rest.chars().next() {
        let length = if first == '%' { 3 } else { 1 };
        let part = rest.get(..length)?;
        match first {
            '%' => bytes.extend(unhex(&part[1..])?),
            ';' => return None,
            '!'..='~' => bytes.extend(part.as_bytes()),
            _ => return None,
        }
        rest = &rest[length..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
