//! The table of routes against every role: who may not is refused before anything else happens.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use actix_web::{App, middleware};
use async_trait::async_trait;
use madoguchi_application::{DecisionLane, LaneSettings, MemberDesk, UpgradeDesk};
use madoguchi_domain::actor::{Actor, ActorKind, ActorRef};
use madoguchi_domain::port::{Clock, Ids, StoreError, TokenVerifier};
use madoguchi_domain::secret::AccessToken;
use madoguchi_testkit::clock::ManualClock;
use madoguchi_testkit::fake_store::FakeStore;
use madoguchi_testkit::ids::SeededIds;
use madoguchi_testkit::samples;
use tokio::sync::Notify;

use super::*;
use crate::front::Front;
use crate::request_log;

/// A token that is a scope's name carries that scope and no other.
#[derive(Debug)]
struct OneScopeEach;

#[async_trait]
impl TokenVerifier for OneScopeEach {
    async fn verify(&self, token: &AccessToken) -> Result<Option<Actor>, StoreError> {
        let scope = Scope::parse(token.expose());
        let who = ActorRef::new("test", token.expose(), ActorKind::Human);
        Ok(scope.map(|scope| Actor { who, scopes: vec![scope] }))
    }
}

fn front() -> Data<Front> {
    let stores = FakeStore::new(samples::audit_key()).stores();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(samples::start()));
    let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(1));
    let policy = Arc::new(samples::policy());
    let planned = Arc::new(Notify::new());
    let upgrades = Arc::clone(&stores.upgrades);
    let settings = LaneSettings::default();
    let (lane, _) = DecisionLane::start(upgrades, Arc::clone(&policy), planned, settings);
    let upgrades = Arc::clone(&stores.upgrades);
    Data::new(Front {
        runtime: tokio::runtime::Handle::current(),
        upgrades: UpgradeDesk::new(lane, upgrades, Arc::clone(&clock), Arc::clone(&ids), policy),
        members: MemberDesk::new(stores.members, clock),
        tokens: Arc::new(OneScopeEach),
        dependencies: vec![stores.health],
        ids,
        places: Arc::new(tokio::sync::Semaphore::new(8)),
        qr_base_url: "https://bank.example".into(),
    })
}

/// The status of a call without a body, made with this token.
async fn call(front: &Data<Front>, entry: &Entry, token: Option<&str>) -> StatusCode {
    let app = App::new()
        .app_data(front.clone())
        .wrap(middleware::from_fn(request_log::note))
        .configure(|config| serve(config, "/source"));
    let app = init_service(app).await;
    let path = entry.path.replace("<source>", "/source").replace("{memberId}", "M1");
    let path = path.replace("{caseId}", "00000000-0000-0000-0000-000000000001");
    let mut request = TestRequest::with_uri(&path).method(entry.method.clone());
    if let Some(token) = token {
        request = request.insert_header(("acstkn", token));
    }
    call_service(&app, request.to_request()).await.status()
}

#[actix_web::test]
async fn every_route_takes_its_own_scope_and_refuses_every_other_role() {
    let front = front();
    let mut walked = 0;
    for entry in table() {
        let Access::With(own) = entry.access else {
            assert_eq!(call(&front, &entry, None).await, StatusCode::OK, "{}", entry.path);
            continue;
        };
        for nobody in [None, Some("no-such-token")] {
            let status = call(&front, &entry, nobody).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{} {nobody:?}", entry.path);
        }
        for scope in Scope::ALL {
            walked += 1;
            let status = call(&front, &entry, Some(scope.as_str())).await;
            let let_in = status != StatusCode::FORBIDDEN && status != StatusCode::UNAUTHORIZED;
            assert_eq!(let_in, scope == own, "{} as {}: {status}", entry.path, scope.as_str());
            assert!(!status.is_server_error(), "{} as {}", entry.path, scope.as_str());
        }
    }
    assert!(walked >= 60, "the table is not empty");
}

#[actix_web::test]
async fn no_method_of_a_path_stands_twice() {
    let mut seen = HashMap::new();
    for entry in table() {
        let before = seen.insert((entry.method.clone(), entry.path), ());
        assert!(before.is_none(), "{} {}", entry.method, entry.path);
    }
}
