//! The OpenAPI 3.1 document, generated from the table of routes and the types of their bodies.

mod answers;

use std::collections::BTreeMap;

use actix_web::http::Method;
use serde_json::Value;
use utoipa::openapi::path::{
    OperationBuilder, Parameter as Described, ParameterBuilder, ParameterIn, PathItem, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder, Required,
};

use crate::access::{Access, Entry};
use crate::acting::ACTOR;
use crate::idempotency;
use crate::operation::{Operation, Parameter, Place};
use answers::Shared;

const ABOUT: &str = "The middle office between a contact centre and its core systems.\n\n\
    An account upgrade: register the member, open a case, report the verification, give the \
    agent's verdict, then read the case until the core bank has confirmed.\n\n\
    Every answer has the header x-request-id, except to a request whose head is malformed, and \
    Cache-Control: no-store. Errors have one envelope and a stable error_code, except from the \
    gateway, which answers in its own documented form. A method that a path does not have is 405 \
    METHOD_NOT_ALLOWED, with the header Allow.";

/// The groups of operations, in the order of the page.
const TAGS: [(&str, &str); 10] = [
    ("members", "Customers of the digital bank, and the account of each."),
    ("upgrades", "Account upgrade: a case with its verification, verdict and order to the bank."),
    ("persons", "Customers, how they are reached, and whether they want mail."),
    (
        "contacts",
        "Messages to customers: written by one, approved by another, answered once. Every answer \
         has a `result_code`.",
    ),
    (
        "retention",
        "How long contacts are kept: completions of applications, legal holds, and reports.",
    ),
    ("delivery", "Whom mails do not reach, and mails that came back."),
    ("effects", "Orders to other systems, and what two people decide about those that are stuck."),
    ("callers", "Who is calling."),
    ("gateway", "The documented lookups for agents' desktops, with a user name and a password."),
    ("server", "This server."),
];

/// The examples of each operation, by its id: `request`, and each answer by its status. A test
/// runs every request and compares every answer.
const EXAMPLES: &str = include_str!("openapi/examples.json");

/// The examples of all operations, and of the parameters in paths.
pub(crate) fn examples() -> serde_json::Result<Value> {
    serde_json::from_str(EXAMPLES)
}

/// The document of these routes; `path_of` is the path under which each is served.
///
/// # Errors
/// When the examples are not JSON.
pub(crate) fn document<'a>(
    routes: impl Iterator<Item = &'a Entry>,
    path_of: impl Fn(&str) -> String,
) -> serde_json::Result<OpenApi> {
    let examples = examples()?;
    let mut shared = Shared::default();
    let mut paths: BTreeMap<String, PathItem> = BTreeMap::new();
    for entry in routes {
        let (Some(operation), Some(method)) = (&entry.operation, method(&entry.method)) else {
            continue;
        };
        let described = described(entry, operation, &examples, &mut shared);
        let item = PathItem::new(method, described);
        paths.entry(path_of(entry.path)).or_default().merge_operations(item);
    }
    let paths =
        paths.into_iter().fold(PathsBuilder::new(), |all, (path, item)| all.path(path, item));
    let components = security_schemes(ComponentsBuilder::new())
        .schemas_from_iter(shared.schemas)
        .responses_from_iter(shared.responses);
    let info = InfoBuilder::new()
        .title("Madoguchi")
        .description(Some(ABOUT))
        .version(env!("CARGO_PKG_VERSION"))
        .build();
    let tags =
        TAGS.map(|(name, text)| TagBuilder::new().name(name).description(Some(text)).build());
    let document = OpenApiBuilder::new().info(info).paths(paths).tags(Some(tags));
    Ok(document.components(Some(components.build())).build())
}

fn described(
    entry: &Entry,
    operation: &Operation,
    examples: &Value,
    shared: &mut Shared,
) -> utoipa::openapi::path::Operation {
    let Operation { id, tag, summary, text, body, parameters, .. } = operation;
    let own = &examples[id];
    let mut described = OperationBuilder::new()
        .operation_id(Some(*id))
        .summary(Some(*summary))
        .description(Some(description(text, entry.access)).filter(|text| !text.is_empty()))
        .tag(*tag)
        .securities(Some(security(entry.access)));
    for it in *parameters {
        described = described.parameter(parameter(it, &examples["parameters"]));
    }
    if !entry.access.scopes().is_empty() {
        described = described.parameter(parameter(&ACTOR, &examples["parameters"]));
    }
    described = described.parameter(parameter(&answers::REQUEST_ID, &examples["parameters"]));
    if entry.keyed {
        described = described.parameter(parameter(&idempotency::PARAMETER, &Value::Null));
    }
    let text = || ObjectBuilder::new().schema_type(Type::String).into();
    let json = body.map(|schema| ("application/json", schema(&mut shared.schemas)));
    if let Some((media, schema)) = json.or(operation.raw_body.map(|media| (media, text()))) {
        let content = ContentBuilder::new().schema(Some(schema));
        let content = content.example(own.get("request").cloned()).build();
        let body = RequestBodyBuilder::new().content(media, content);
        described = described.request_body(Some(body.required(Some(Required::True)).build()));
    }
    described.responses(answers::of(entry, operation, own, shared)).build()
}

/// The text of an operation, and the scope that it requires.
fn description(text: &str, access: Access) -> String {
    match access {
        Access::With(scope) => format!("{text} Scope: `{}`.", scope.as_str()).trim().to_owned(),
        Access::AnyOf(scopes) => {
            let names: Vec<_> = scopes.iter().map(|it| format!("`{}`", it.as_str())).collect();
            format!("{text} Scopes, by act: {}.", names.join(", ")).trim().to_owned()
        }
        Access::Public | Access::Gateway => text.to_owned(),
    }
}

fn parameter(parameter: &Parameter, examples: &Value) -> Described {
    let place_is_path = parameter.place == Place::Path;
    let (place, required) = match parameter.place {
        Place::Path => (ParameterIn::Path, Required::True),
        Place::Query => (ParameterIn::Query, Required::False),
        Place::Header => (ParameterIn::Header, Required::False),
    };
    ParameterBuilder::new()
        .name(parameter.name)
        .parameter_in(place)
        .required(required)
        .description(Some(parameter.text))
        .schema(Some((parameter.schema)()))
        .example(examples.get(parameter.name).filter(|_| place_is_path).cloned())
        .build()
}

/// The document's name of a method; `None` for one that no route has.
fn method(method: &Method) -> Option<HttpMethod> {
    [
        (Method::GET, HttpMethod::Get),
        (Method::HEAD, HttpMethod::Head),
        (Method::POST, HttpMethod::Post),
        (Method::PUT, HttpMethod::Put),
        (Method::PATCH, HttpMethod::Patch),
        (Method::DELETE, HttpMethod::Delete),
    ]
    .into_iter()
    .find_map(|(known, name)| (known == *method).then_some(name))
}

const TOKEN: &str = "acstkn";
const BEARER: &str = "bearer";
const USER: &str = "userName";
const PASSWORD: &str = "password";

fn security(access: Access) -> Vec<SecurityRequirement> {
    match access {
        Access::Public => Vec::new(),
        // Either header; OpenAPI 3.1 lets any scheme list what the caller must be allowed.
        Access::With(_) | Access::AnyOf(_) => {
            let each = access.scopes().iter().flat_map(|scope| {
                [TOKEN, BEARER].map(|scheme| SecurityRequirement::new(scheme, [scope.as_str()]))
            });
            each.collect()
        }
        Access::Gateway => {
            let none: [&str; 0] = [];
            vec![SecurityRequirement::new(USER, none).add(PASSWORD, none)]
        }
    }
}

fn security_schemes(components: ComponentsBuilder) -> ComponentsBuilder {
    let header = |name, text| {
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, text)))
    };
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    let bearer = bearer.description(Some("The same access token, as a bearer token."));
    components
        .security_scheme(TOKEN, header("Acstkn", "The access token; its scopes allow routes."))
        .security_scheme(BEARER, SecurityScheme::Http(bearer.build()))
        .security_scheme(USER, header("userName", "The gateway's user."))
        .security_scheme(PASSWORD, header("password", "The gateway user's password."))
}
