//! The contract suite of [`CoreBank`] adapters that speak HTTP, over a scripted server.
//!
//! An adapter says how its bank looks on the wire ([`HttpBank`]), and runs the checks of every
//! adapter and those of HTTP, which find a hidden retry, a followed redirect, a pooled connection,
//! a status that proves nothing, or a timeout that is reported as *not sent*. Each of these may set
//! a level twice, or confirm one that was never set.
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
use madoguchi_domain::upgrade::{Answer, Guarantee, LevelAnswer, SetLevel, classify};
use tokio::net::TcpListener;

use crate::contract::core_bank::{
    ArrivedOrder, CoreBankUnderTest, ID, correlation, final_code, finals, order, within,
};
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
    /// The bank's reply to an order that it applied. Its status is the only one that proves that,
    /// unless [`proves`](Self::proves) names others.
    fn applied(&self, request: &Received) -> StubResponse;
    /// The bank's reply to an order that it refused with this code.
    fn refused(&self, request: &Received, code: &UpstreamCode) -> StubResponse;
    /// Whether a reply with this status may prove something, beside the statuses of `applied`,
    /// `refused` and `shown`. Every other status must be reported as a doubt.
    fn proves(&self, _status: u16) -> bool {
        false
    }
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
        send(&*self.adapter, order).await
    }

    /// This reply to a sample message; `None` if the bank cannot be asked, and is not.
    async fn sample(&self, reply: ScriptedReply) -> Option<StubResponse> {
        let scout = HttpStub::start().await.expect("a port is free");
        scout.next(StubBehaviour::Close);
        reply.learned(&*self.bank.adapter(&scout.url("/bank"), LIMIT)).await;
        let message = scout.received().pop();
        let is_sent = reply.is_of_an_order() || self.bank.inquires();
        assert_eq!(message.is_some(), is_sent, "whether it is sent");
        message.map(|message| reply.to(&*self.bank, &message))
    }

    /// The statuses that prove nothing, since the bank sends none of these replies with them.
    async fn unclear(&self, replies: &[ScriptedReply]) -> Vec<u16> {
        let mut clear = Vec::new();
        for reply in replies {
            clear.extend(self.sample(*reply).await.map(|it| it.status));
        }
        let others = [100, 101, 103, 226, 299, 451, 499, 520, 524, 599].into_iter();
        let statuses = others.chain(200..=208).chain(300..=308).chain(400..=431).chain(500..=511);
        statuses.filter(|it| !clear.contains(it) && !self.bank.proves(*it)).collect()
    }

    /// Breaks this reply in each of these ways: the adapter sends one message, and learns nothing.
    async fn assert_doubt<F>(&self, reply: ScriptedReply, faults: F)
    where
        F: Fn(StubResponse) -> Vec<StubBehaviour> + Send + Sync + 'static,
    {
        let Some(sample) = self.sample(reply).await else { return };
        let faults = Arc::new(faults);
        for (index, fault) in faults(sample).into_iter().enumerate() {
            let case = format!("{reply:?}, {fault:?}");
            let before = (self.stub.connections(), self.stub.received().len());
            let (bank, faults) = (Arc::clone(&self.bank), Arc::clone(&faults));
            // In the reply to this very message: the ids of a sample may be others.
            let computed =
                move |message: &Received| faults(reply.to(&*bank, message)).swap_remove(index);
            let is_unread = matches!(fault, StubBehaviour::CloseUnread);
            let computed = StubBehaviour::Compute(Arc::new(computed));
            self.stub.next(if is_unread { fault } else { computed });
            let learned = reply.learned(&*self.adapter).await;
            assert_eq!(learned, None, "{case}");
            assert_eq!(self.stub.unused(), 0, "{case}: sent");
            assert!(self.stub.connections() <= before.0 + 1, "{case}: one connection");
            assert!(self.stub.received().len() <= before.1 + 1, "{case}: sent once");
        }
    }
}

/// A reply of the bank that proves something, before the suite breaks it.
#[derive(Debug, Clone, Copy)]
enum ScriptedReply {
    Applied,
    Refused,
    Level,
    NoLevel,
}

impl ScriptedReply {
    const fn is_of_an_order(self) -> bool {
        matches!(self, Self::Applied | Self::Refused)
    }

    fn to(self, bank: &impl HttpBank, message: &Received) -> StubResponse {
        let shown = |level: Option<&AccountLevel>| {
            bank.shown(message, level).expect("a bank that inquires has a reply")
        };
        match self {
            Self::Applied => bank.applied(message),
            Self::Refused => bank.refused(message, &final_code()),
            Self::Level => shown(Some(&order(ID).level)),
            Self::NoLevel => shown(None),
        }
    }

    /// Sends the message that this is the reply to. What the adapter learns; `None` for a doubt.
    async fn learned(self, adapter: &dyn CoreBank) -> Option<String> {
        let (order, correlation) = (order(ID), correlation());
        if self.is_of_an_order() {
            let outcome = classify(&order, &send(adapter, &order).await, &finals());
            (!matches!(outcome, Outcome::Unknown(_))).then(|| format!("{outcome:?}"))
        } else {
            let inquiry = adapter.inquire(&order.arrangement, &correlation);
            let answer = within(LIMIT, inquiry).await;
            (!matches!(answer, LevelAnswer::Unanswered(_))).then(|| format!("{answer:?}"))
        }
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

async fn send(adapter: &dyn CoreBank, order: &SetLevel) -> Answer {
    within(LIMIT, adapter.set_level(order, &correlation())).await
}

/// Connections that end before this reply is complete.
fn endings(response: StubResponse) -> Vec<StubBehaviour> {
    let mut endings = vec![
        StubBehaviour::Close,
        StubBehaviour::CloseUnread,
        StubBehaviour::Reset,
        StubBehaviour::Raw(b"HTTP/1.1 200".to_vec()),
        StubBehaviour::Raw(b"220 mail.example ESMTP\r\n".to_vec()),
    ];
    if response.body.len() > 1 {
        let all_but_one = response.body.len() - 1;
        endings.push(StubBehaviour::Cut { response: response.clone(), after: 0 });
        endings.push(StubBehaviour::Cut { response, after: all_but_one });
    }
    endings
}

/// Silence, and this reply over a longer time than the limit.
fn delays(mut response: StubResponse) -> Vec<StubBehaviour> {
    let late = StubBehaviour::Late { wait: 4 * LIMIT, response: response.clone() };
    let (mut delays, pause) = (vec![StubBehaviour::Hang, late], LIMIT / 4);
    if !response.body.is_empty() {
        response.body.resize(1024, b' ');
        delays.push(StubBehaviour::Trickle { response: response.clone(), pause });
    }
    delays.push(StubBehaviour::Dribble { response, pause });
    delays
}

/// This reply as a redirect to each of these places.
fn redirects(response: StubResponse, locations: &[String]) -> Vec<StubBehaviour> {
    let to = |location: &String| {
        let moved = response.clone().with_header("location", location);
        [300, 301, 302, 303, 307, 308].map(|status| with_status(&moved, status))
    };
    locations.iter().flat_map(to).collect()
}

fn with_status(response: &StubResponse, status: u16) -> StubBehaviour {
    let response = StubResponse { status, ..response.clone() };
    match status {
        // The server would not send it as the only response, so its bytes are written.
        100..200 => StubBehaviour::Cut { after: response.body.len(), response },
        429 | 503 => StubBehaviour::Respond(response.with_header("retry-after", "0")),
        _ => StubBehaviour::Respond(response),
    }
}

/// An adapter that tries again, or opens the connection again, sends the order twice.
pub async fn a_connection_that_ends_is_unknown_and_not_opened_again<B: HttpBank>(
    bank: BankOverHttp<B>,
) {
    bank.assert_doubt(ScriptedReply::Applied, endings).await;
    bank.assert_doubt(ScriptedReply::Refused, endings).await;
}

/// The bank may have applied what it was too slow to confirm.
pub async fn a_slow_bank_is_unknown_within_the_limit<B: HttpBank>(bank: BankOverHttp<B>) {
    bank.assert_doubt(ScriptedReply::Applied, delays).await;
    bank.assert_doubt(ScriptedReply::Refused, delays).await;
}

/// A redirect would send the order to another place, or again.
pub async fn a_redirect_is_unknown_and_not_followed<B: HttpBank>(bank: BankOverHttp<B>) {
    assert_not_followed(&bank, ScriptedReply::Applied).await;
    assert_not_followed(&bank, ScriptedReply::Refused).await;
}

/// Neither to another server nor within the bank.
async fn assert_not_followed<B: HttpBank>(bank: &BankOverHttp<B>, reply: ScriptedReply) {
    let elsewhere = HttpStub::start().await.expect("a port is free");
    let locations = [elsewhere.url("/bank"), "/bank".to_owned()];
    bank.assert_doubt(reply, move |response| redirects(response, &locations)).await;
    assert_eq!(elsewhere.connections(), 0);
}

/// Only the statuses that the bank sends are a proof, whatever the body is. At 429 or 503 the bank
/// may have applied the order too, so it is not sent again.
pub async fn an_unclear_status_is_unknown<B: HttpBank>(bank: BankOverHttp<B>) {
    assert_unclear(&bank, ScriptedReply::Applied, &[ScriptedReply::Applied]).await;
    assert_unclear(
        &bank,
        ScriptedReply::Refused,
        &[ScriptedReply::Applied, ScriptedReply::Refused],
    )
    .await;
}

/// This reply proves nothing with a status that none of the `clear` ones has.
async fn assert_unclear<B: HttpBank>(
    bank: &BankOverHttp<B>,
    reply: ScriptedReply,
    clear: &[ScriptedReply],
) {
    let statuses = bank.unclear(clear).await;
    let each = move |response| statuses.iter().map(|it| with_status(&response, *it)).collect();
    bank.assert_doubt(reply, each).await;
}

/// A level that did not arrive completely may be a part of another one.
pub async fn an_inquiry_whose_connection_ends_shows_no_level<B: HttpBank>(bank: BankOverHttp<B>) {
    bank.assert_doubt(ScriptedReply::Level, endings).await;
}

/// An inquiry without a time limit blocks the task that asks.
pub async fn a_slow_inquiry_shows_no_level_within_the_limit<B: HttpBank>(bank: BankOverHttp<B>) {
    bank.assert_doubt(ScriptedReply::Level, delays).await;
}

/// Another place may show the level of another bank.
pub async fn a_redirected_inquiry_shows_no_level<B: HttpBank>(bank: BankOverHttp<B>) {
    assert_not_followed(&bank, ScriptedReply::Level).await;
}

/// A gateway that shows the order's level would confirm an order that was never applied.
pub async fn an_inquiry_with_an_unclear_status_shows_no_level<B: HttpBank>(bank: BankOverHttp<B>) {
    for reply in [ScriptedReply::Level, ScriptedReply::NoLevel] {
        assert_unclear(&bank, reply, &[ScriptedReply::Level, ScriptedReply::NoLevel]).await;
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
        let answer = send(&*bank.bank.adapter(&url, LIMIT), &order(ID)).await;
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
    let answer = send(&*bank.bank.adapter(&url, LIMIT), &order(ID)).await;
    assert!(matches!(answer, Answer::Lost(_)), "{answer:?}");
    accepting.abort();
}

/// Orders that are sent at once do not wait for each other, and each has its own answer. The bank
/// answers none of them before all have arrived.
pub async fn orders_at_once_do_not_mix<B: HttpBank>(bank: BankOverHttp<B>) {
    let (count, limit) = (16, 6 * LIMIT);
    let own = Arc::clone(&bank.bank);
    let by_account = move |request: &Received| {
        let applies = own.order(request).is_some_and(|it| it.arrangement.ends_with('0'));
        if applies { own.applied(request) } else { own.refused(request, &final_code()) }
    };
    bank.stub.from_now_on(StubBehaviour::together(count, StubBehaviour::compute(by_account)));
    let adapter = bank.bank.adapter(&bank.stub.url("/bank"), limit);
    let orders: Vec<_> = (0..count).map(of_account).collect();
    let send = |order: SetLevel| {
        let adapter = Arc::clone(&adapter);
        async move { within(limit, adapter.set_level(&order, &correlation())).await }
    };
    let answers = race(orders.iter().cloned().map(send).collect()).await;
    for (order, answer) in orders.iter().zip(answers) {
        let applies = order.arrangement.expose().ends_with('0');
        let expected = if applies { Outcome::Applied } else { Outcome::Refused(final_code()) };
        assert_eq!(classify(order, &answer, &finals()), expected, "{answer:?}");
    }
    assert_eq!((bank.orders().len(), bank.stub.connections()), (count, count));
}

fn account(text: &str) -> ArrangementId {
    ArrangementId::parse(text).expect("an arrangement")
}

fn of_account(number: usize) -> SetLevel {
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
        let own = bank.sample(ScriptedReply::Applied).await.expect("an order arrives");
        let said = |it: StubResponse| (it.status, it.headers, it.body);
        assert_eq!(said(reply), said(own), "names_its_order is false, but replies differ");
        return;
    }
    bank.assert_doubt(ScriptedReply::Applied, move |_| vec![StubBehaviour::Respond(reply.clone())])
        .await;
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
                an_unclear_status_is_unknown
                an_inquiry_whose_connection_ends_shows_no_level
                a_slow_inquiry_shows_no_level_within_the_limit
                a_redirected_inquiry_shows_no_level
                an_inquiry_with_an_unclear_status_shows_no_level
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
