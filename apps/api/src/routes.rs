//! One table of all routes with the scope each requires. Nothing else is served.

mod caller_view;
mod callers;
mod gateway;
mod health;
mod members;
mod source;
mod timeline_view;
mod upgrades;
mod view;

use std::collections::BTreeMap;
use std::future::ready;

use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, ResponseError, Route, web};
use madoguchi_domain::actor::Scope;

use crate::gateway::GatewayProblem;
use crate::problem::{Code, Problem};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// No authentication.
    Public,
    /// A token with this scope.
    With(Scope),
    /// A user name and a password that the gateway knows.
    Gateway,
}

/// One route.
pub(crate) struct Entry {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    handler: fn(Route) -> Route,
}

/// Unknown paths below it get the gateway's error reply, because that reply is documented.
const BESIDE_THE_GATEWAY: &str = "/apiaccess{rest:(/.*)?}";

/// `<source>` is replaced by the configured prefix of the source's endpoint.
const SOURCE_PATH: &str = "<source>/IVRCheckUpgradeAccount";

/// The table of routes.
pub(crate) fn table() -> Vec<Entry> {
    use Access::{Gateway, Public, With};
    let entry = |method: Method, path, access, handler| Entry { method, path, access, handler };
    vec![
        entry(Method::POST, SOURCE_PATH, With(Scope::UpgradeDecide), |it| it.to(source::decide)),
        entry(Method::POST, "/api/v1/members", With(Scope::MemberWrite), |it| {
            it.to(members::register)
        }),
        entry(Method::GET, "/api/v1/members/{memberId}", With(Scope::MemberRead), |it| {
            it.to(members::read)
        }),
        entry(Method::POST, "/api/v1/upgrades", With(Scope::UpgradeOpen), |it| {
            it.to(upgrades::open)
        }),
        entry(Method::GET, "/api/v1/upgrades/{caseId}", With(Scope::UpgradeRead), |it| {
            it.to(upgrades::read)
        }),
        entry(Method::GET, "/api/v1/upgrades/{caseId}/timeline", With(Scope::UpgradeRead), |it| {
            it.to(upgrades::timeline)
        }),
        entry(Method::GET, "/api/v1/upgrades/{caseId}/qr.svg", With(Scope::UpgradeOpen), |it| {
            it.to(upgrades::qr_picture)
        }),
        entry(
            Method::POST,
            "/api/v1/upgrades/{caseId}/verification",
            With(Scope::UpgradeVerify),
            |it| it.to(upgrades::verify),
        ),
        entry(Method::POST, "/api/v1/verifications", With(Scope::UpgradeVerify), |it| {
            it.to(upgrades::verify_scanned)
        }),
        entry(
            Method::POST,
            "/api/v1/upgrades/{caseId}/verdict",
            With(Scope::UpgradeDecide),
            |it| it.to(upgrades::decide),
        ),
        entry(Method::POST, "/api/v1/callers", With(Scope::CallerRead), |it| it.to(callers::who)),
        entry(Method::POST, "/apiaccess/rest/ccmessaging/v1/itau/ps7/contextos", Gateway, |it| {
            it.to(gateway::contextos)
        }),
        entry(Method::POST, "/apiaccess/rest/ccmessaging/v1/itau/codigo", Gateway, |it| {
            it.to(gateway::codigo)
        }),
        entry(Method::HEAD, "/health/live", Public, |it| it.to(health::live)),
        entry(Method::HEAD, "/health/ready", Public, |it| it.to(health::ready)),
        entry(Method::GET, "/health/live", Public, |it| it.to(health::live)),
        entry(Method::GET, "/health/ready", Public, |it| it.to(health::ready)),
    ]
}

/// The methods of a path, and the access each requires.
struct Taken(Vec<(Method, Access)>);

/// The scope that the table requires for a request.
pub(crate) fn scope_of(request: &HttpRequest) -> Option<Scope> {
    let Taken(taken) = request.app_data()?;
    taken.iter().find_map(|(method, access)| match access {
        Access::With(scope) if method == request.method() => Some(*scope),
        Access::With(_) | Access::Public | Access::Gateway => None,
    })
}

/// Registers the table's routes.
pub(crate) fn serve(config: &mut web::ServiceConfig, source_prefix: &str) {
    let mut paths: BTreeMap<&str, Vec<Entry>> = BTreeMap::new();
    for entry in table() {
        paths.entry(entry.path).or_default().push(entry);
    }
    // The source's path first: it has the most requests, and paths are matched in this order.
    for (path, entries) in paths.into_iter().rev() {
        let taken = entries.iter().map(|entry| (entry.method.clone(), entry.access)).collect();
        let allow: Vec<&str> = entries.iter().map(|entry| entry.method.as_str()).collect();
        let allow = allow.join(", ");
        let of_gateway = entries.iter().any(|entry| entry.access == Access::Gateway);
        let mut resource = web::resource(path.replace("<source>", source_prefix))
            .app_data(Taken(taken))
            .default_service(web::route().to(move || ready(not_allowed(&allow, of_gateway))));
        for entry in entries {
            resource = resource.route((entry.handler)(web::method(entry.method)));
        }
        config.service(resource);
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
        problem.error_response()
    };
    if let Ok(allow) = HeaderValue::from_str(allow) {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

#[cfg(test)]
mod tests;
