//! Routes, and who may call each.

use actix_web::http::Method;
use actix_web::{HttpRequest, Route};
use madoguchi_domain::actor::Scope;

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
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) handler: fn(Route) -> Route,
}

impl Entry {
    pub(crate) const fn get(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
    ) -> Self {
        Self { method: Method::GET, path, access, handler }
    }

    pub(crate) const fn head(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
    ) -> Self {
        Self { method: Method::HEAD, path, access, handler }
    }

    pub(crate) const fn post(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
    ) -> Self {
        Self { method: Method::POST, path, access, handler }
    }
}

/// The methods of a path, and the access each requires.
pub(crate) struct Methods(pub(crate) Vec<(Method, Access)>);

/// The scope that a request's route requires.
pub(crate) fn scope_of(request: &HttpRequest) -> Option<Scope> {
    let Methods(methods) = request.app_data()?;
    methods.iter().find_map(|(method, access)| match access {
        Access::With(scope) if method == request.method() => Some(*scope),
        Access::With(_) | Access::Public | Access::Gateway => None,
    })
}
