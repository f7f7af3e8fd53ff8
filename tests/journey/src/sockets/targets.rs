//! Cases about request targets and hosts.

use super::case::Then::{Closed, Open};
use super::case::{Group, SocketCase};

const REFUSED: (&[u16], super::case::Then) = (&[400], Closed);
const FINE: (&[u16], super::case::Then) = (&[200], Open);

pub(super) fn cases() -> Vec<SocketCase> {
    [targets(), hosts()].concat()
}

fn targets() -> Vec<SocketCase> {
    let mut group = Group::new("target");
    let line = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
    for (name, target) in [
        ("a path", "/health/live"),
        ("a query", "/health/live?a=b&&=?"),
        ("a URI", "http://a/health/live"),
        ("a URI of another host", "http://b.example:81/health/live"),
    ] {
        group.sends(name, line(target), FINE);
    }
    for (name, target) in [
        ("an encoded slash", "/health%2Flive"),
        ("dots that lead back", "/health/../health/live"),
        ("two slashes", "//health/live"),
        ("a slash at the end", "/health/live/"),
        ("other letters' case", "/Health/Live"),
        ("an escape that is none", "/%zz"),
        ("an escaped NUL", "/health/live%00"),
        ("a star", "*"),
    ] {
        group.sends(name, line(target), (&[404], Open));
    }
    group.sends("8 KiB", line(&format!("/{}", "x".repeat(8 << 10))), (&[404], Open));
    group.sends("31 KiB", line(&format!("/{}", "x".repeat(31 << 10))), (&[404], Open));
    group.sends("33 KiB", line(&format!("/{}", "x".repeat(33 << 10))), (&[431], Closed));
    for (name, target) in [
        ("none", ""),
        ("a space inside", "/health /live"),
        ("a tab inside", "/health\t/live"),
        ("NUL inside", "/health\0/live"),
        ("a control character inside", "/health\u{1}/live"),
        ("no slash at the start", "health/live"),
        ("a URI without a host", "http:///health/live"),
    ] {
        group.sends(name, line(target), REFUSED);
    }
    group.1
}

fn hosts() -> Vec<SocketCase> {
    let mut group = Group::new("host");
    let line = |host: &str| format!("GET /health/live HTTP/1.1\r\n{host}\r\n");
    for (name, host) in [
        ("a name", "Host: bank.example\r\n"),
        ("a name and a port", "Host: bank.example:8080\r\n"),
        ("a port left out", "Host: bank.example:\r\n"),
        ("an underscore", "Host: my_bank\r\n"),
        ("an address", "Host: 127.0.0.1:1\r\n"),
        ("an IPv6 address", "Host: [::1]:8080\r\n"),
        ("empty", "Host:\r\n"),
    ] {
        group.sends(name, line(host), FINE);
    }
    for (name, host) in [
        ("missing", ""),
        ("given twice", "Host: a\r\nHost: a\r\n"),
        ("two in one", "Host: a, b\r\n"),
        ("a space inside", "Host: a b\r\n"),
        ("a user before it", "Host: me@a\r\n"),
        ("a path behind it", "Host: a/b\r\n"),
        ("a scheme before it", "Host: http://a\r\n"),
        ("a port of letters", "Host: a:b\r\n"),
        ("a port of 99999", "Host: a:99999\r\n"),
        ("an IPv6 address without its end", "Host: [::1\r\n"),
        ("brackets around a name", "Host: [a]\r\n"),
        ("letters of no ASCII", "Host: bänk.example\r\n"),
    ] {
        group.sends(name, line(host), REFUSED);
    }
    group.1
}
