//! A client of the server under test, with the token that each request needs.

use std::net::SocketAddr;
use std::sync::{PoisonError, RwLock};

use madoguchi_client::{
    ApiAnswer, Client, ClientError, FindCaller, Method, RegisterMember, Verification,
};
use serde_json::Value;

use crate::tokens;

/// The paths that requests of any kind are sent to.
pub const VERDICT: &str = Client::VERDICT;
pub const CALLERS: &str = Client::CALLERS;
pub const CONTEXTOS: &str = Client::CONTEXTOS;
pub const CODIGO: &str = Client::CODIGO;

/// An answer of any kind.
pub type HttpAnswer = ApiAnswer<Value>;

type Answered = Result<HttpAnswer, ClientError>;

/// A client of one server, which may restart on another port.
#[derive(Debug)]
pub struct Caller {
    client: Client,
    addr: RwLock<SocketAddr>,
}

impl Caller {
    /// A client of the server at this address.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(addr: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self { client: Client::new(&url(addr))?, addr: RwLock::new(addr) })
    }

    /// The server's current address.
    pub fn addr(&self) -> SocketAddr {
        *self.addr.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the server's new address.
    pub fn moved(&self, addr: SocketAddr) {
        *self.addr.write().unwrap_or_else(PoisonError::into_inner) = addr;
    }

    /// The typed client with this token; an empty one means none.
    ///
    /// # Panics
    /// Never: an address is always part of a valid URL.
    pub fn with(&self, token: &str) -> Client {
        self.client.at(&url(self.addr())).expect("this is a URL").with_token(token)
    }

    /// Sends a request; a null body means none.
    ///
    /// # Errors
    /// When no whole answer came; also for the other requests.
    pub async fn call(&self, method: Method, path: &str, token: &str, body: &Value) -> Answered {
        self.with(token).send(method, path, &[], Some(body).filter(|it| !it.is_null())).await
    }

    /// The same without a token and with chosen headers.
    pub async fn call_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answered {
        self.with("").send(method, path, headers, Some(body).filter(|it| !it.is_null())).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str, token: &str) -> Answered {
        self.with(token).get(path).await
    }

    /// `POST`.
    pub async fn post(&self, path: &str, token: &str, body: &Value) -> Answered {
        self.with(token).post(path, body).await
    }

    /// Calls the gateway as its user.
    pub async fn gateway(&self, path: &str, body: &Value) -> Answered {
        let (user, password) = tokens::GATEWAY;
        self.with("").with_user(user, password).post(path, body).await
    }

    /// Looks up a caller with the default deadline.
    pub async fn who(&self, context: &str) -> Answered {
        self.find(context, None).await
    }

    /// Looks up a caller with this deadline, in milliseconds.
    pub async fn who_within(&self, context: &str, millis: u32) -> Answered {
        self.find(context, Some(millis)).await
    }

    async fn find(&self, context: &str, millis: Option<u32>) -> Answered {
        let agent = self.with(tokens::CALLER);
        Ok(agent.find_caller(&FindCaller::new(context), millis).await?.untyped())
    }

    /// Sends the agent's verdict to the source's path.
    pub async fn decide(&self, member: &str, passed: bool) -> Answered {
        Ok(self.with(tokens::DECIDE).decide_newest(member, passed).await?.untyped())
    }

    /// Reports a verification of a case.
    pub async fn verify(&self, case: &str, reference: &str, passed: bool) -> Answered {
        let (source, reference) = ("EDDA".to_owned(), reference.to_owned());
        let verification = Verification { source, is_pass: passed, reference };
        Ok(self.with(tokens::VERIFY).verify(case, &verification).await?.untyped())
    }

    /// Opens a case.
    pub async fn open(&self, member: &str) -> Answered {
        Ok(self.with(tokens::OPEN).open_upgrade(member).await?.untyped())
    }

    /// Registers a member.
    pub async fn register(&self, member: &str, arrangement: &str) -> Answered {
        let member = RegisterMember::new(member, arrangement);
        Ok(self.with(tokens::MEMBER_WRITE).register(&member).await?.untyped())
    }
}

fn url(addr: SocketAddr) -> String {
    format!("http://{addr}")
}

/// The same with a result code, as answers about contacts have it.
#[must_use]
pub fn is_coded_refusal(answer: &HttpAnswer, status: u16, code: &str) -> bool {
    let result = format!("{{\"success\":false,\"result_code\":\"{code}\",");
    let Some(rest) = answer.body.strip_prefix(&result) else {
        return false;
    };
    let mut plain = answer.clone();
    plain.body = format!("{{\"success\":false,{rest}");
    is_refusal(&plain, status, code)
}

/// Whether this is an error with this status and code, in exactly the source's envelope.
#[must_use]
pub fn is_refusal(answer: &HttpAnswer, status: u16, code: &str) -> bool {
    let message = answer.json()["error"]["error_message"].clone();
    let said = message.as_str().is_some_and(|text| !text.is_empty());
    let error = format!("{{\"error_code\":\"{code}\",\"error_message\":{message}}}");
    let envelope = format!("{{\"success\":false,\"error\":{error}}}");
    said && answer.status == status && answer.body == envelope
}
