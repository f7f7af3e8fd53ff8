//! Tests every route with every scope: a caller without access is refused before anything else.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use madoguchi_domain::actor::Scope;

use super::*;
use crate::app_state::AppState;
use crate::test_app::{self, TestApp};

/// The status of a call without a body, with this token.
async fn call(state: &Data<AppState>, entry: &Entry, token: Option<&str>) -> StatusCode {
    let app = init_service(test_app::app(state.clone())).await;
    let path = entry.path.replace(SOURCE_PREFIX, "/source");
    let path = path.replace("{caseId}", "00000000-0000-0000-0000-000000000001");
    let path = path.replace(['{', '}'], "");
    let mut request = TestRequest::with_uri(&path).method(entry.method.clone());
    if let Some(token) = token {
        request = request.insert_header(("acstkn", token));
    }
    call_service(&app, request.to_request()).await.status()
}

#[actix_web::test]
async fn every_route_takes_its_own_scope_and_refuses_every_other_role() {
    let state = TestApp::open().state;
    let mut walked = 0;
    for entry in API.into_iter().flatten() {
        let own = match &entry.access {
            Access::With(_) | Access::AnyOf(_) => entry.access.scopes(),
            Access::Public => {
                assert_eq!(call(&state, entry, None).await, StatusCode::OK, "{}", entry.path);
                continue;
            }
            Access::Gateway => {
                // No token replaces a user name and a password.
                for token in [None].into_iter().chain(Scope::ALL.map(|it| Some(it.as_str()))) {
                    let status = call(&state, entry, token).await;
                    assert_eq!(status, StatusCode::UNAUTHORIZED, "{} {token:?}", entry.path);
                }
                continue;
            }
        };
        for nobody in [None, Some("no-such-token")] {
            let status = call(&state, entry, nobody).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{} {nobody:?}", entry.path);
        }
        for scope in Scope::ALL {
            walked += 1;
            let status = call(&state, entry, Some(scope.as_str())).await;
            let let_in = status != StatusCode::FORBIDDEN && status != StatusCode::UNAUTHORIZED;
            assert_eq!(
                let_in,
                own.contains(&scope),
                "{} as {}: {status}",
                entry.path,
                scope.as_str()
            );
            assert!(!status.is_server_error(), "{} as {}", entry.path, scope.as_str());
        }
    }
    assert!(walked >= 60, "the table is not empty");
}

#[actix_web::test]
async fn no_method_of_a_path_stands_twice() {
    let mut seen = HashMap::new();
    for entry in API.into_iter().flatten() {
        let before = seen.insert((entry.method.clone(), entry.path), ());
        assert!(before.is_none(), "{} {}", entry.method, entry.path);
    }
}

#[test]
fn operators_are_told_of_every_scope() {
    let page = include_str!("../../../../docs/operations.md");
    let table =
        page.split("The scopes:").nth(1).and_then(|rest| rest.split("\n\n").nth(1)).unwrap();
    for scope in Scope::ALL {
        assert_eq!(table.matches(&format!("`{}`", scope.as_str())).count(), 1, "{scope:?}");
    }
}
