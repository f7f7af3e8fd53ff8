//! One table of all routes, by system, with the access that each requires. Nothing else is served.

use std::collections::BTreeMap;
use std::future::ready;

use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpResponse, ResponseError};

use crate::access::{Access, Entry, Methods};
use crate::api_page::{self, ApiDocument};
use crate::gateway::{self, GatewayProblem};
use crate::problem::{self, Code, Problem};
use crate::upgrade::{self, SOURCE_PREFIX};
use crate::{
    announcement, caller, contact, delivery, effect, health, member, openapi, person, retention,
};

/// All routes except those of the API page.
const API: [&[Entry]; 11] = [
    upgrade::ROUTES,
    member::ROUTES,
    person::ROUTES,
    contact::ROUTES,
    announcement::ROUTES,
    retention::ROUTES,
    delivery::ROUTES,
    effect::ROUTES,
    caller::ROUTES,
    gateway::ROUTES,
    health::ROUTES,
];

/// Unknown paths below it get the gateway's error reply, because that reply is documented.
const BESIDE_THE_GATEWAY: &str = "/apiaccess{rest:(/.*)?}";

/// The OpenAPI document of the routes, as JSON.
///
/// # Errors
/// When the examples in it are not JSON.
pub(crate) fn document(source_prefix: &str) -> serde_json::Result<String> {
    let path_of = |path: &str| path.replace(SOURCE_PREFIX, source_prefix);
    let all = API.into_iter().flatten().chain(api_page::ROUTES);
    let mut document = openapi::document(all, path_of)?.to_pretty_json()?;
    document.push('\n');
    Ok(document)
}

/// The pattern of every route, with each status that it documents.
pub(crate) fn documented_answers(source_prefix: &str) -> impl Iterator<Item = (String, u16)> {
    API.into_iter().flatten().flat_map(move |entry| {
        let own = entry.operation.iter().flat_map(|it| it.answers).map(|answer| answer.status);
        let of_access: &[u16] = match entry.access {
            Access::Public => &[],
            Access::Gateway => &[400, 401],
            Access::With(_) | Access::AnyOf(_) => &[400, 401, 403],
        };
        let path = entry.path.replace(SOURCE_PREFIX, source_prefix);
        own.chain(of_access.iter().copied()).map(move |status| (path.clone(), status))
    })
}

/// Registers the table's routes.
///
/// The API page and its document are served if there is a document.
pub(crate) fn serve(config: &mut web::ServiceConfig, source_prefix: &str, document: Option<Bytes>) {
    let page = if document.is_some() { api_page::ROUTES } else { &[] };
    config.app_data(Data::new(ApiDocument(document.unwrap_or_default())));
    let mut paths: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in API.into_iter().flatten().chain(page) {
        paths.entry(entry.path).or_default().push(entry);
    }
    // Paths are matched in this order. The source's path first: it has the most requests. A path
    // before the one that has a parameter at its place.
    let mut paths: Vec<_> = paths.into_iter().collect();
    paths.sort_by_key(|(path, _)| (!path.starts_with(SOURCE_PREFIX), path.replace('{', "~")));
    for (path, entries) in paths {
        let methods = entries.iter().map(|it| (it.method.clone(), it.access, it.keyed)).collect();
        let allow: Vec<&str> = entries.iter().map(|entry| entry.method.as_str()).collect();
        let allow = allow.join(", ");
        let of_gateway = entries.iter().any(|entry| entry.access == Access::Gateway);
        let is_coded = entries.iter().any(|entry| entry.is_coded());
        let mut resource = web::resource(path.replace(SOURCE_PREFIX, source_prefix))
            .app_data(Methods(methods))
            .default_service(web::route().to(move || ready(not_allowed(&allow, of_gateway))));
        for entry in entries {
            resource = resource.route((entry.handler)(web::method(entry.method.clone())));
        }
        if is_coded {
            config.service(resource.wrap(from_fn(problem::with_result_code)));
        } else {
            config.service(resource);
        }
    }
    let elsewhere = async || Err::<&str, _>(GatewayProblem::from(Problem::of(Code::NotFound)));
    config.service(web::resource(BESIDE_THE_GATEWAY).to(elsewhere));
    config.default_service(web::route().to(async || Err::<&str, _>(Problem::of(Code::NotFound))));
}

fn not_allowed(allow: &str, of_gateway: bool) -> HttpResponse {
    let problem = Problem::of(Code::MethodNotAllowed);
    let mut response = if of_gateway {
        GatewayProblem::from(problem).error_response()
    } else {
        HttpResponse::from_error(problem)
    };
    if let Ok(allow) = HeaderValue::from_str(allow) {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

#[cfg(test)]
mod document_tests;
#[cfg(test)]
mod example_tests;
#[cfg(test)]
mod keyed_tests;
#[cfg(test)]
mod tests;
