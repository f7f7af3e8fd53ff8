//! The OpenAPI 3.1 document, generated from the table of routes and the types of their bodies.

mod answers;

use std::collections::BTreeMap;

use actix_web::http::Method;
use serde_json::Value;
use utoipa::openapi::path::{
    OperationBuilder, Parameter as Described, ParameterBuilder, ParameterIn, PathItem, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder, Required,
};

use crate::access::{Access, Entry};
use crate::operation::{Operation, Parameter, Place};
use answers::Shared;

const ABOUT: &str = "The middle office between a contact centre and its core systems. Every answer \
    has the header x-request-id. Errors have one envelope and a stable error_code; the two routes \
    below /apiaccess answer in their own documented form.";

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
        let Some(operation) = &entry.operation else {
            continue;
        };
        let described = described(entry, operation, &examples, &mut shared);
        let item = PathItem::new(method(&entry.method), described);
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
    let document = OpenApiBuilder::new().info(info).paths(paths);
    Ok(document.components(Some(components.build())).build())
}

fn described(
    entry: &Entry,
    operation: &Operation,
    examples: &Value,
    shared: &mut Shared,
) -> utoipa::openapi::path::Operation {
    let Operation { id, tag, summary, body, parameters, .. } = operation;
    let own = &examples[id];
    let mut described = OperationBuilder::new()
        .operation_id(Some(*id))
        .summary(Some(*summary))
        .tag(*tag)
        .securities(Some(security(entry.access)));
    for it in *parameters {
        described = described.parameter(parameter(it, &examples["parameters"]));
    }
    described = described.parameter(parameter(&answers::REQUEST_ID, &examples["parameters"]));
    if let Some(schema) = body {
        let content = ContentBuilder::new().schema(Some(schema(&mut shared.schemas)));
        let content = content.example(own.get("request").cloned()).build();
        let body = RequestBodyBuilder::new().content("application/json", content);
        described = described.request_body(Some(body.required(Some(Required::True)).build()));
    }
    described.responses(answers::of(entry, operation, own, shared)).build()
}

fn parameter(parameter: &Parameter, examples: &Value) -> Described {
    let (place, required) = match parameter.place {
        Place::Path => (ParameterIn::Path, Required::True),
        Place::Header => (ParameterIn::Header, Required::False),
    };
    ParameterBuilder::new()
        .name(parameter.name)
        .parameter_in(place)
        .required(required)
        .description(Some(parameter.text))
        .schema(Some((parameter.schema)()))
        .example(examples.get(parameter.name).cloned())
        .build()
}

fn method(method: &Method) -> HttpMethod {
    match *method {
        Method::HEAD => HttpMethod::Head,
        Method::POST => HttpMethod::Post,
        _ => HttpMethod::Get,
    }
}

const TOKEN: &str = "acstkn";
const BEARER: &str = "bearer";
const USER: &str = "userName";
const PASSWORD: &str = "password";

fn security(access: Access) -> Vec<SecurityRequirement> {
    match access {
        Access::Public => Vec::new(),
        // Either header; OpenAPI 3.1 lets any scheme list what the caller must be allowed.
        Access::With(scope) => {
            [TOKEN, BEARER].map(|scheme| SecurityRequirement::new(scheme, [scope.as_str()])).into()
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
