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
    /// A token with one of these scopes; which, depends on the act that the request asks for.
    AnyOf(&'static [Scope]),
    /// A user name and a password that the gateway knows.
    Gateway,
}

impl Access {
    /// The scopes of which a token must have one.
    pub(crate) fn scopes(&self) -> &[Scope] {
        match self {
            Self::With(scope) => std::slice::from_ref(scope),
            Self::AnyOf(scopes) => scopes,
            Self::Public | Self::Gateway => &[],
        }
    }
}

/// One route. Only the files of the API page have no documentation.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    /// Whether it changes something at most once for each `Idempotency-Key`.
    pub(crate) keyed: bool,
    pub(crate) handler: fn(Route) -> Route,
    pub(crate) operation: Option<Operation>,
}

impl Entry {
    const fn of(
        method: Method,
        path: &'static str,
        (access, keyed): (Access, bool),
        handler: fn(Route) -> Route,
        operation: Operation,
    ) -> Self {
        Self { method, path, access, keyed, handler, operation: Some(operation) }
    }

    pub(crate) const fn get(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
        operation: Operation,
    ) -> Self {
        Self::of(Method::GET, path, (access, false), handler, operation)
    }

    pub(crate) const fn head(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
        operation: Operation,
    ) -> Self {
        Self::of(Method::HEAD, path, (access, false), handler, operation)
    }

    /// A `POST` that changes something.
    pub(crate) const fn post(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
        operation: Operation,
    ) -> Self {
        Self::of(Method::POST, path, (access, true), handler, operation)
    }

    /// A `POST` that only reads.
    pub(crate) const fn query(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
        operation: Operation,
    ) -> Self {
        Self::of(Method::POST, path, (access, false), handler, operation)
    }

    pub(crate) const fn put(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
        operation: Operation,
    ) -> Self {
        Self::of(Method::PUT, path, (access, false), handler, operation)
    }

    pub(crate) const fn patch(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
        operation: Operation,
    ) -> Self {
        Self::of(Method::PATCH, path, (access, false), handler, operation)
    }

    pub(crate) const fn delete(
        path: &'static str,
        access: Access,
        handler: fn(Route) -> Route,
        operation: Operation,
    ) -> Self {
        Self::of(Method::DELETE, path, (access, false), handler, operation)
    }

    /// Whether its answers carry a result code.
    pub(crate) fn is_coded(&self) -> bool {
        self.operation.is_some_and(|operation| operation.is_coded)
    }

    /// A public file that is not part of the API.
    pub(crate) const fn file(path: &'static str, handler: fn(Route) -> Route) -> Self {
        let (method, access) = (Method::GET, Access::Public);
        Self { method, path, access, keyed: false, handler, operation: None }
    }
}

/// The methods of a path, the access each requires, and whether it takes an `Idempotency-Key`.
pub(crate) struct Methods(pub(crate) Vec<(Method, Access, bool)>);

/// What a request's route requires of a call with a token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Required {
    /// The access, which has scopes.
    pub(crate) access: Access,
    pub(crate) keyed: bool,
}

/// What a request's route requires.
pub(crate) fn required(request: &HttpRequest) -> Option<Required> {
    let Methods(methods) = request.app_data()?;
    let (_, access, keyed) = methods.iter().find(|(method, ..)| method == request.method())?;
    let needs_token = !access.scopes().is_empty();
    needs_token.then_some(Required { access: *access, keyed: *keyed })
}
