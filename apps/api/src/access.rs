//! Routes: who may call each, and how each is documented.

use actix_web::http::Method;
use actix_web::{HttpRequest, Route};
use madoguchi_domain::actor::Scope;

use crate::operation::Operation;

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

/// One route. Only the files of the API page have no documentation.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) handler: fn(Route) -> Route,
    pub(crate) operation: Option<Operation>,
}

impl Entry {
    pub(crate) const fn get(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
        operation: Operation,
    ) -> Self {
        Self { method: Method::GET, path, access, handler, operation: Some(operation) }
    }

    pub(crate) const fn head(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
        operation: Operation,
    ) -> Self {
        Self { method: Method::HEAD, path, access, handler, operation: Some(operation) }
    }

    pub(crate) const fn post(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
        operation: Operation,
    ) -> Self {
        Self { method: Method::POST, path, access, handler, operation: Some(operation) }
    }

    pub(crate) const fn put(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
        operation: Operation,
    ) -> Self {
        Self { method: Method::PUT, path, access, handler, operation: Some(operation) }
    }

    pub(crate) const fn patch(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
        operation: Operation,
    ) -> Self {
        Self { method: Method::PATCH, path, access, handler, operation: Some(operation) }
    }

    /// A public file that is not part of the API.
    pub(crate) const fn file(path: &'static str, handler: fn(Route) -> Route) -> Self {
        Self { method: Method::GET, path, access: Access::Public, handler, operation: None }
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
