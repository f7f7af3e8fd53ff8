//! The answers of an operation: its successes, and every refusal that its route can give.

use std::collections::BTreeMap;

use actix_web::http::Method;
use serde_json::Value;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder, Responses, ResponsesBuilder};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Schema};

use crate::access::{Access, Entry};
use crate::connection::Malformed;
use crate::gateway;
use crate::idempotency::REPLAYED;
use crate::operation::{Answer, Content, Header, Link, Operation, Parameter, Place, Schemas};
use crate::problem::{Code, Refused};

const JSON: &str = "application/json";

/// A request header of every operation.
pub(super) const REQUEST_ID: Parameter = Parameter {
    name: "x-request-id",
    place: Place::Header,
    text: "Names this request in its answer, in the logs and in the audit log: 1 to 128 visible \
           ASCII characters. Another value is replaced.",
    schema: string,
};

/// What operations share: schemas, and the responses of a single refusal.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) schemas: Schemas,
    pub(super) responses: BTreeMap<String, RefOr<Response>>,
}

/// All answers of an operation.
pub(super) fn of(
    entry: &Entry,
    operation: &Operation,
    examples: &Value,
    shared: &mut Shared,
) -> Responses {
    let mut answers: BTreeMap<u16, Documented> = BTreeMap::new();
    for answer in operation.answers {
        let documented = answers.entry(answer.status).or_default();
        documented.success(answer, examples, &mut shared.schemas);
        documented.headers.extend(entry.keyed.then_some(REPLAYED));
    }
    for refused in refusals(entry, operation) {
        // A malformed head never reaches the route.
        let is_coded = operation.is_coded && ![408, 431].contains(&refused.status);
        let refused = if is_coded { refused.with_result_code() } else { refused };
        answers.entry(refused.status).or_default().refusal(refused, &mut shared.schemas);
    }
    let mut responses = ResponsesBuilder::new();
    for (status, answer) in answers {
        let answer: RefOr<Response> = if entry.method == Method::HEAD {
            Documented { media: None, ..answer }.response(status).into()
        } else if let Some(name) = answer.shared_name(status, operation.is_coded) {
            shared.responses.insert(name.clone(), answer.response(status).into());
            Ref::from_response_name(name).into()
        } else {
            answer.response(status).into()
        };
        responses = responses.response(status.to_string(), answer);
    }
    responses.build()
}

/// Every refusal of a route: by the connection, its access, its body, and its own rules.
fn refusals(entry: &Entry, operation: &Operation) -> Vec<Refused> {
    let mut refused = by_any_route();
    match entry.access {
        Access::Public => {}
        Access::With(_) | Access::AnyOf(_) => {
            refused.extend([Code::Unauthenticated, Code::Forbidden].map(Refused::by));
        }
        Access::Gateway => {
            refused.extend(gateway::refusals());
            return refused;
        }
    }
    if operation.body.is_some() || operation.raw_body.is_some() {
        refused.extend([Code::TooLarge, Code::UnsupportedMediaType].map(Refused::by));
    }
    if entry.keyed {
        let of_keys = [Code::IdempotencyInProgress, Code::IdempotencyKeyReused];
        refused.extend(of_keys.map(Refused::by));
    }
    refused.extend(operation.refusals.iter().map(|code| Refused::by(*code)));
    refused
}

/// The refusals that any route can give; a late or too large head never reaches it.
fn by_any_route() -> Vec<Refused> {
    let text = "The request is malformed: the message names the rule, and the field if it is one.";
    let mut refused = vec![Refused::invalid(400, "memberId is missing", text)];
    for (head, text) in [
        (Malformed::Late, "The head did not arrive in time."),
        (Malformed::TooLarge, "The head is too large."),
    ] {
        refused.push(Refused::invalid(head.status().as_u16(), head.message(), text));
    }
    refused.extend([Code::Unavailable, Code::Internal].map(Refused::by));
    refused
}

/// What is documented of one status: more than one form is possible.
#[derive(Default)]
struct Documented {
    texts: Vec<String>,
    /// The refusals' names.
    refused: Vec<&'static str>,
    later: bool,
    media: Option<&'static str>,
    /// Another media type of the same answer, as text.
    other_media: Option<&'static str>,
    forms: Vec<RefOr<Schema>>,
    examples: BTreeMap<String, Value>,
    links: &'static [Link],
    headers: Vec<Header>,
}

impl Documented {
    fn success(&mut self, answer: &Answer, examples: &Value, schemas: &mut Schemas) {
        self.texts.push(answer.text.to_owned());
        if let (Some(_), Content::Text(media)) = (self.media, answer.content) {
            self.other_media = Some(media);
            return;
        }
        (self.links, self.headers) = (answer.links, answer.headers.to_vec());
        let (media, form) = match answer.content {
            Content::Json(schema) => (JSON, schema(schemas)),
            Content::Text(media) => (media, ObjectBuilder::new().schema_type(Type::String).into()),
        };
        self.media = Some(media);
        self.forms.push(form);
        if let Some(example) = examples.get(answer.status.to_string()) {
            self.examples.insert("example".to_owned(), example.clone());
        }
    }

    fn refusal(&mut self, refused: Refused, schemas: &mut Schemas) {
        self.texts.push(refused.text);
        self.refused.push(refused.name);
        self.later |= refused.later;
        self.media = Some(JSON);
        let form = (refused.schema)(schemas);
        if !self.forms.contains(&form) {
            self.forms.push(form);
        }
        self.examples.insert(refused.name.to_owned(), refused.example);
    }

    /// The name under which operations share an answer that is nothing but one refusal.
    fn shared_name(&self, status: u16, is_coded: bool) -> Option<String> {
        let [name] = self.refused[..] else {
            return None;
        };
        let suffix = if is_coded { ".with_result_code" } else { "" };
        (self.texts.len() == 1).then(|| format!("{status}.{name}{suffix}"))
    }

    fn response(self, status: u16) -> Response {
        let text = HeaderBuilder::new().schema(Some(string()));
        let request_id = text.description(Some("The id of this request.")).build();
        let mut response = ResponseBuilder::new().description(self.texts.join(" "));
        // These refuse a head before there is a request.
        if ![408, 431].contains(&status) {
            response = response.header(REQUEST_ID.name, request_id);
        }
        let bearer = self.refused.contains(&Code::Unauthenticated.as_str());
        let more = [
            ("WWW-Authenticate", "`Bearer`.", bearer),
            (
                "Retry-After",
                "Seconds after which the same request may be repeated, if it may.",
                self.later,
            ),
        ];
        for (name, why, _) in more.into_iter().filter(|(_, _, given)| *given) {
            let header = HeaderBuilder::new().schema(Some(string())).description(Some(why));
            response = response.header(name, header.build());
        }
        for Header { name, text } in &self.headers {
            let header = HeaderBuilder::new().schema(Some(string())).description(Some(*text));
            response = response.header(*name, header.build());
        }
        for link in self.links {
            response = response.link(link.to, described_link(link));
        }
        let Some(media) = self.media else {
            return response.build();
        };
        let form = match <[_; 1]>::try_from(self.forms) {
            Ok([form]) => form,
            Err(forms) => {
                let one_of = forms.into_iter().fold(OneOfBuilder::new(), OneOfBuilder::item);
                Schema::OneOf(one_of.build()).into()
            }
        };
        let examples = self
            .examples
            .into_iter()
            .map(|(name, value)| (name, ExampleBuilder::new().value(Some(value)).build()));
        let content = ContentBuilder::new().schema(Some(form)).examples_from_iter(examples);
        if let Some(media) = self.other_media {
            response =
                response.content(media, ContentBuilder::new().schema(Some(string())).build());
        }
        response.content(media, content.build()).build()
    }
}

fn described_link(link: &Link) -> utoipa::openapi::link::Link {
    let value = format!("$response.body#{}", link.from);
    LinkBuilder::new().operation_id(link.to).parameter(link.parameter, value).build()
}

fn string() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}
