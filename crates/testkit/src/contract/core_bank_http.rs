//! The contract suite of [`CoreBank`] adapters that speak HTTP, over a scripted server.
//!
//! An adapter says how its bank looks on the wire ([`HttpBank`]), and runs the checks of every
//! adapter and those of HTTP, which find a hidden retry, a followed redirect, a pooled connection
//! or a timeout that is reported as *not sent*. Each of these may set a level twice.
//!
//! ```text
//! core_bank_http_contract!(mine: open_mine()); // a future of an `HttpBank`
//! ```
//!
//! The expression is evaluated for each check. The test crate needs `tokio` with its macros.

use std::fmt;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use madoguchi_domain::effect::{Outcome, UpstreamCode, WhyNotSent};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::ArrangementId;
use madoguchi_domain::port::CoreBank;
use madoguchi_domain::upgrade::{Answer, FinalCodes, Guarantee, SetLevel, classify};
use tokio::net::TcpListener;

use crate::contract::core_bank::{ArrivedOrder, CoreBankUnderTest, ID, correlation, order, within};
use crate::contract::race::race;
use crate::server::http_stub::{HttpStub, Received, StubBehaviour, StubResponse};

/// How a bank looks on the wire, and the adapter that calls it.
pub trait HttpBank: Send + Sync + 'static {
    /// A new adapter that calls the bank at `url`, and ends each call within `limit`.
    fn adapter(&self, url: &str, limit: Duration) -> Arc<dyn CoreBank>;
    /// What the bank guarantees for a repeated order, see [`CoreBankUnderTest::guarantee`].
    fn guarantee(&self) -> Guarantee;
    /// What an order says; `None` for another message.
    fn order(&self, request: &Received) -> Option<ArrivedOrder>;
    /// The bank's reply to an order that it applied.
    fn applied(&self, request: &Received) -> StubResponse;
    /// The bank's reply to an order that it refused with this code.
    fn refused(&self, request: &Received, code: &UpstreamCode) -> StubResponse;
    /// Whether a reply names the order that it belongs to.
    fn names_its_order(&self) -> bool;
    /// The arrangement of an inquiry for a level; `None` for another message, and always for a bank
    /// that cannot be asked.
    fn inquiry(&self, _request: &Received) -> Option<String> {
        None
    }
    /// The bank's reply to an inquiry; `None` if it cannot be asked.
    fn shown(&self, _request: &Received, _level: Option<&AccountLevel>) -> Option<StubResponse> {
        None
    }
    /// Whether the bank can be asked for a level.
    fn inquires(&self) -> bool {
        false
    }
}

/// The limit of a call in the suite.
const LIMIT: Duration = Duration::from_millis(500);

/// An adapter over a scripted server.
pub struct BankOverHttp<B> {
    bank: Arc<B>,
    stub: HttpStub,
    adapter: Arc<dyn CoreBank>,
}

impl<B> fmt::Debug for BankOverHttp<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BankOverHttp").field("stub", &self.stub).finish_non_exhaustive()
    }
}

impl<B: HttpBank> BankOverHttp<B> {
    /// Starts the server and the adapter.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start(bank: B) -> Self {
        let stub = HttpStub::start().await.expect("a port is free");
        let adapter = bank.adapter(&stub.url("/bank"), LIMIT);
        Self { bank: Arc::new(bank), stub, adapter }
    }

    /// The same for a bank that is opened first.
    #[doc(hidden)]
    pub async fn opened(bank: impl Future<Output = B>) -> Self {
        Self::start(bank.await).await
    }

    /// All messages that arrived, in order of arrival.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.stub.received()
    }

    fn will(&self, answer: impl Fn(&B, &Received) -> StubResponse + Send + Sync + 'static) {
        let bank = Arc::clone(&self.bank);
        self.stub.next(StubBehaviour::compute(move |request| answer(&bank, request)));
    }

    fn orders(&self) -> Vec<ArrivedOrder> {
        self.stub.received().iter().filter_map(|request| self.bank.order(request)).collect()
    }

    async fn send(&self) -> Answer {
        self.send_one(&order(ID)).await
    }

    async fn send_one(&self, order: &SetLevel) -> Answer {
        send(&self.adapter, order).await
    }

    /// The sample order, as it arrives at the bank.
    async fn scouted(&self) -> Received {
        let scout = HttpStub::start().await.expect("a port is free");
        scout.next(StubBehaviour::Close);
        let adapter = self.bank.adapter(&scout.url("/bank"), LIMIT);
        send(&adapter, &order(ID)).await;
        scout.received().pop().expect("an order arrives")
    }

    /// The reply to the sample order, as the bank writes it.
    async fn applied(&self) -> StubResponse {
        self.bank.applied(&self.scouted().await)
    }
}

#[async_trait]
impl<B: HttpBank> CoreBankUnderTest for BankOverHttp<B> {
    fn bank(&self) -> Arc<dyn CoreBank> {
        Arc::clone(&self.adapter)
    }

    fn limit(&self) -> Duration {
        LIMIT
    }

    fn guarantee(&self) -> Guarantee {
        self.bank.guarantee()
    }

    async fn will_apply(&self) {
        self.will(B::applied);
    }

    async fn will_refuse(&self, code: &UpstreamCode) {
        let code = code.clone();
        self.will(move |bank, request| bank.refused(request, &code));
    }

    async fn will_lose_the_connection(&self) {
        self.stub.next(StubBehaviour::Close);
    }

    async fn will_be_silent(&self) {
        self.stub.next(StubBehaviour::Hang);
    }

    async fn will_be_unreachable(&self) {
        self.stub.stop().await;
    }

    async fn arrived(&self) -> Vec<ArrivedOrder> {
        self.orders()
    }

    fn inquires(&self) -> bool {
        self.bank.inquires()
    }

    async fn will_show(&self, level: Option<&AccountLevel>) {
        let level = level.cloned();
        self.will(move |bank, request| {
            bank.shown(request, level.as_ref()).unwrap_or_else(|| StubResponse::new(501, ""))
        });
    }

    async fn inquired(&self) -> Vec<String> {
        self.stub.received().iter().filter_map(|request| self.bank.inquiry(request)).collect()
    }
}

async fn send(adapter: &Arc<dyn CoreBank>, order: &SetLevel) -> Answer {
    within(LIMIT, adapter.set_level(order, &correlation())).await
}

/// Runs the sample order against this behaviour; returns its outcome without any final code.
async fn outcome<B: HttpBank>(bank: &BankOverHttp<B>, behaviour: StubBehaviour) -> Outcome {
    let (case, before) = (format!("{behaviour:?}"), bank.stub.connections());
    bank.stub.next(behaviour);
    let answer = bank.send().await;
    assert_eq!(bank.stub.connections() - before, 1, "{case}: one connection");
    classify(&order(ID), &answer, &FinalCodes::default())
}

fn assert_unknown(outcome: &Outcome, case: &str) {
    assert!(matches!(outcome, Outcome::Unknown(_)), "{case}: {outcome:?}");
}

/// An adapter that tries again, or opens the connection again, sends the order twice.
pub async fn a_connection_that_ends_is_unknown_and_not_opened_again<B: HttpBank>(
    bank: BankOverHttp<B>,
) {
    let mut endings = vec![
        StubBehaviour::Close,
        StubBehaviour::CloseUnread,
        StubBehaviour::Reset,
        StubBehaviour::Raw(b"HTTP/1.1 200".to_vec()),
        StubBehaviour::Raw(b"220 mail.example ESMTP\r\n".to_vec()),
    ];
    let response = bank.applied().await;
    if response.body.len() > 1 {
        let all_but_one = response.body.len() - 1;
        let cut = |after| StubBehaviour::Cut { response: response.clone(), after };
        endings.extend([cut(0), cut(all_but_one)]);
    }
    for ending in endings {
        let case = format!("{ending:?}");
        let arrived = bank.orders().len();
        assert_unknown(&outcome(&bank, ending).await, &case);
        assert!(bank.orders().len() <= arrived + 1, "{case}: sent once");
    }
}

/// The bank may have applied what it was too slow to confirm.
pub async fn a_slow_bank_is_unknown_within_the_limit<B: HttpBank>(bank: BankOverHttp<B>) {
    assert_unknown(&outcome(&bank, StubBehaviour::Hang).await, "silence");
    let order = bank.scouted().await;
    let code = UpstreamCode::parse("E-CLOSED").expect("a code");
    let late = StubBehaviour::Late { wait: 4 * LIMIT, response: bank.bank.applied(&order) };
    assert_unknown(&outcome(&bank, late).await, "an answer after the limit");
    for mut response in [bank.bank.applied(&order), bank.bank.refused(&order, &code)] {
        if !response.body.is_empty() {
            response.body.resize(1024, b' ');
            let slow = StubBehaviour::Trickle { response: response.clone(), pause: LIMIT / 4 };
            assert_unknown(&outcome(&bank, slow).await, "a body byte by byte");
        }
        let slow = StubBehaviour::Dribble { response, pause: LIMIT / 4 };
        assert_unknown(&outcome(&bank, slow).await, "an answer byte by byte");
    }
}

/// A redirect would send the order to another place, or again.
pub async fn a_redirect_is_unknown_and_not_followed<B: HttpBank>(bank: BankOverHttp<B>) {
    for status in [300, 301, 302, 303, 307, 308] {
        let elsewhere = HttpStub::start().await.expect("a port is free");
        let moved = StubResponse { status, ..bank.applied().await };
        let moved = moved.with_header("location", &elsewhere.url("/bank"));
        let outcome = outcome(&bank, StubBehaviour::Respond(moved)).await;
        assert_unknown(&outcome, &format!("{status}"));
        assert_eq!(elsewhere.connections(), 0, "{status}");
    }
}

/// Not even with a body that says so.
pub async fn a_failing_status_is_unknown<B: HttpBank>(bank: BankOverHttp<B>) {
    let success = bank.applied().await;
    for status in [400, 401, 403, 404, 407, 408, 409, 413, 421, 425, 429, 500, 502, 503, 504] {
        let mut failing = StubResponse { status, ..success.clone() };
        if status == 503 || status == 429 {
            failing = failing.with_header("retry-after", "0");
        }
        let case = format!("{status}");
        assert_unknown(&outcome(&bank, StubBehaviour::Respond(failing)).await, &case);
    }
}

/// A connection that was kept may be closed by the bank while the order is written to it: then
/// nothing can be proven. So each order has a new one.
pub async fn every_order_has_a_connection_of_its_own<B: HttpBank>(bank: BankOverHttp<B>) {
    for number in 1..=3 {
        bank.will_apply().await;
        bank.send().await;
        assert_eq!((bank.stub.connections(), bank.orders().len()), (number, number));
    }
}

/// Only then is it a proof: the worker sends the order again.
pub async fn only_an_order_that_cannot_have_arrived_is_not_sent<B: HttpBank>(
    bank: BankOverHttp<B>,
) {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let closed = free.local_addr().expect("an address");
    drop(free);
    for url in [format!("http://{closed}/bank"), "http://no-such-bank.invalid/bank".to_owned()] {
        let answer = send(&bank.bank.adapter(&url, LIMIT), &order(ID)).await;
        assert_eq!(answer, Answer::NotSent(WhyNotSent::NoConnection), "{url}");
    }
    // It accepts and says nothing: the order is on its way.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}/bank", silent.local_addr().expect("an address"));
    let accepting = tokio::spawn(async move {
        let accepted = silent.accept().await;
        pending::<()>().await;
        drop(accepted);
    });
    let answer = send(&bank.bank.adapter(&url, LIMIT), &order(ID)).await;
    assert!(matches!(answer, Answer::Lost(_)), "{answer:?}");
    accepting.abort();
}

/// Orders that are sent at once do not wait for each other, and each has its own answer.
pub async fn orders_at_once_do_not_mix<B: HttpBank>(bank: BankOverHttp<B>) {
    let bank = Arc::new(bank);
    let own = Arc::clone(&bank.bank);
    let by_account = move |request: &Received| {
        let applies = own.order(request).is_some_and(|it| it.arrangement.ends_with('0'));
        let code = UpstreamCode::parse("E-CLOSED").expect("a code");
        if applies { own.applied(request) } else { own.refused(request, &code) }
    };
    bank.stub.from_now_on(StubBehaviour::compute(by_account));
    let send = |number: u32| {
        let bank = Arc::clone(&bank);
        async move {
            let order = of_account(number);
            let answer = bank.send_one(&order).await;
            classify(&order, &answer, &FinalCodes::default())
        }
    };
    let outcomes = race((0..16).map(send).collect()).await;
    for (number, outcome) in (0..16).zip(outcomes) {
        assert_eq!(outcome == Outcome::Applied, number % 10 == 0, "{number}: {outcome:?}");
    }
    assert_eq!((bank.orders().len(), bank.stub.connections()), (16, 16));
}

fn account(text: &str) -> ArrangementId {
    ArrangementId::parse(text).expect("an arrangement")
}

fn of_account(number: u32) -> SetLevel {
    let arrangement = account(&format!("AA19337Z8L{number:02}"));
    SetLevel { arrangement, ..order(&format!("T12222{number:02}")) }
}

/// The reply to another order proves nothing about this one. A bank whose replies are said to name
/// no order must give both the same one.
pub async fn the_reply_to_another_order_is_unknown<B: HttpBank>(bank: BankOverHttp<B>) {
    let other = SetLevel { arrangement: account("AA19337Z8L28"), ..order("T1333333") };
    bank.stub.next(StubBehaviour::Close);
    bank.send_one(&other).await;
    let received = bank.stub.received();
    let reply = bank.bank.applied(received.first().expect("an order arrives"));
    if !bank.bank.names_its_order() {
        let own = bank.applied().await;
        let said = |it: StubResponse| (it.status, it.headers, it.body);
        assert_eq!(said(reply), said(own), "names_its_order is false, but replies differ");
        return;
    }
    assert_unknown(&outcome(&bank, StubBehaviour::Respond(reply)).await, "another order's reply");
}

/// A bank and its operators can find the request that an order belongs to.
pub async fn an_order_carries_the_id_of_its_request<B: HttpBank>(bank: BankOverHttp<B>) {
    bank.will_apply().await;
    bank.send().await;
    let received = bank.stub.received();
    let id = received.first().and_then(|request| request.header("x-request-id"));
    assert_eq!(id, Some(correlation().as_str()));
}

/// Runs the checks of every adapter, and those of HTTP, against each adapter, in a module of the
/// given name.
#[macro_export]
macro_rules! core_bank_http_contract {
    ($($adapter:ident: $bank:expr),+ $(,)?) => {
        $crate::core_bank_contract!($(
            $adapter: $crate::contract::core_bank_http::BankOverHttp::opened($bank)
        ),+);
        $crate::contract_suite! {
            core_bank_http of core_bank_http, of_subject [
                a_connection_that_ends_is_unknown_and_not_opened_again
                a_slow_bank_is_unknown_within_the_limit
                a_redirect_is_unknown_and_not_followed
                a_failing_status_is_unknown
                every_order_has_a_connection_of_its_own
                only_an_order_that_cannot_have_arrived_is_not_sent
                orders_at_once_do_not_mix
                the_reply_to_another_order_is_unknown
                an_order_carries_the_id_of_its_request
            ]
            $($adapter: $crate::contract::core_bank_http::BankOverHttp::opened($bank)),+
        }
    };
}
