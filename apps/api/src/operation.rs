//! The documentation of one route, as data beside its handler.

use std::collections::BTreeMap;

use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::Code;
use crate::view::{Coded, CodedPage, Page, Success};

/// The named schemas of the document.
pub(crate) type Schemas = BTreeMap<String, RefOr<Schema>>;

/// The schema of a type; the schemas that it refers to are added to the document.
pub(crate) type SchemaOf = fn(&mut Schemas) -> RefOr<Schema>;

/// The documentation of a route. Answers and refusals that follow from the route's access, body
/// and path are added by the document itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    /// Unique; also the key of its examples.
    pub(crate) id: &'static str,
    /// The group on the page.
    pub(crate) tag: &'static str,
    pub(crate) summary: &'static str,
    /// What a caller has to know beyond the summary.
    pub(crate) text: &'static str,
    /// The schema of the JSON body, if it takes one.
    pub(crate) body: Option<SchemaOf>,
    /// The media type of a body that is not JSON, if it takes one.
    pub(crate) raw_body: Option<&'static str>,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) answers: &'static [Answer],
    /// Refusals by this route's own rules.
    pub(crate) refusals: &'static [Code],
    /// Whether all its answers carry a result code.
    pub(crate) is_coded: bool,
}

impl Operation {
    /// Without anything.
    pub(crate) const EMPTY: Self = Self {
        id: "",
        tag: "",
        summary: "",
        text: "",
        body: None,
        raw_body: None,
        parameters: &[],
        answers: &[],
        refusals: &[],
        is_coded: false,
    };
}

/// A parameter in the path or in the query, or a request header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    pub(crate) text: &'static str,
    pub(crate) schema: fn() -> RefOr<Schema>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Header,
}

/// A header of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// A successful answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: &'static str,
    pub(crate) content: Content,
    pub(crate) links: &'static [Link],
    /// Its headers beside those of every answer.
    pub(crate) headers: &'static [Header],
}

/// A value of an answer that another operation takes in its path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    /// The id of the other operation.
    pub(crate) to: &'static str,
    pub(crate) parameter: &'static str,
    /// The value, as a JSON pointer into the answer.
    pub(crate) from: &'static str,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Content {
    Json(SchemaOf),
    /// Another media type, as text.
    Text(&'static str),
}

impl Answer {
    /// One value in the usual envelope.
    pub(crate) const fn data<T: ToSchema + 'static>(status: u16, text: &'static str) -> Self {
        let content = Content::Json(enveloped::<Success<'static, T>, T>);
        Self { status, text, content, links: &[], headers: &[] }
    }

    /// One value with a result code.
    pub(crate) const fn result<T: ToSchema + 'static>(status: u16, text: &'static str) -> Self {
        let content = Content::Json(enveloped::<Coded<'static, T>, T>);
        Self { status, text, content, links: &[], headers: &[] }
    }

    /// A page of values with a result code.
    pub(crate) const fn results<T: ToSchema>(text: &'static str) -> Self {
        let content = Content::Json(enveloped::<CodedPage<T>, T>);
        Self { status: 200, text, content, links: &[], headers: &[] }
    }

    /// The same answer with headers.
    pub(crate) const fn with(self, headers: &'static [Header]) -> Self {
        Self { headers, ..self }
    }

    /// The same answer with links to other operations.
    pub(crate) const fn linked(self, links: &'static [Link]) -> Self {
        Self { links, ..self }
    }

    /// A page of values in the usual envelope.
    pub(crate) const fn list<T: ToSchema>(text: &'static str) -> Self {
        let content = Content::Json(enveloped::<Page<T>, T>);
        Self { status: 200, text, content, links: &[], headers: &[] }
    }

    /// JSON in its own form.
    pub(crate) const fn json<T: ToSchema>(status: u16, text: &'static str) -> Self {
        Self { status, text, content: Content::Json(named::<T>), links: &[], headers: &[] }
    }

    pub(crate) const fn text(media: &'static str, text: &'static str) -> Self {
        Self { status: 200, text, content: Content::Text(media), links: &[], headers: &[] }
    }
}

/// Adds the schema of `T`, and refers to it.
pub(crate) fn named<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    let mut inner = Vec::new();
    T::schemas(&mut inner);
    schemas.extend(inner);
    let name = T::name().into_owned();
    schemas.insert(name.clone(), <T as PartialSchema>::schema());
    Ref::from_schema_name(name).into()
}

/// The schema of the envelope `E` around a `T`, which is added: `E` has no name of its own.
fn enveloped<E: PartialSchema, T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    named::<T>(schemas);
    E::schema()
}
