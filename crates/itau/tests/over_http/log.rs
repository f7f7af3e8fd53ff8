//! Tests the log of a lookup: it names the outcome and no content of request or reply.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use madoguchi_domain::port::{AccountDirectory, CallerContexts};
use madoguchi_testkit::contract::scripted_upstream::{ScriptedUpstream, UpstreamReply};
use madoguchi_testkit::samples;

use crate::harness::LookupHarness;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_flow_and_outcome_and_nothing_that_is_nobodys_business() {
    let log = Log::default();
    let sink = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || sink.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let harness = LookupHarness::open().await;
    let itau = harness.itau(harness.settings());
    let replies = [
        UpstreamReply::Found,
        UpstreamReply::Malformed,
        UpstreamReply::Unauthorized,
        UpstreamReply::Nothing,
        UpstreamReply::Failure,
        UpstreamReply::Garbage,
    ];
    for reply in replies {
        harness.will_reply(reply).await;
        let _ = itau.context(&samples::context_query(), &samples::all_forwarded_headers()).await;
        let _ = itau.owner(&samples::account_query(), &samples::all_forwarded_headers()).await;
    }
    harness.answers(200, r#"{"code":"1","message":"canary-downstream-text"}"#);
    let _ = itau.context(&samples::context_query(), &samples::all_forwarded_headers()).await;
    drop(guard);
    let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for word in ["found", "misconfigured", "unreadable", "flow-1", "group-1", "correct them"] {
        assert!(written.contains(word), "{word} is not in {written}");
    }
    let canaries = [
        "canary",
        "CTX-MARIA",
        "341341150000052061",
        "52998224725",
        "00052061",
        "Maria",
        "11987654321",
        "12323213",
        "<html>",
    ];
    for canary in canaries {
        assert!(!written.contains(canary), "{canary} is in {written}");
    }
}
