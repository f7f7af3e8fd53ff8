//! Cases about request lines, versions, methods and header lines.

use super::case::Then::{Closed, Open};
use super::case::{Group, SocketCase, get, sized};

const REFUSED: (&[u16], super::case::Then) = (&[400], Closed);
const FINE: (&[u16], super::case::Then) = (&[200], Open);

pub(super) fn cases() -> Vec<SocketCase> {
    [versions(), methods(), lines(), bounds()].concat()
}

fn versions() -> Vec<SocketCase> {
    let mut group = Group::new("version");
    let line = |version: &str| format!("GET /health/live {version}\r\nHost: a\r\n\r\n");
    group.sends("HTTP/1.1", line("HTTP/1.1"), FINE);
    group.sends("HTTP/1.0", line("HTTP/1.0"), (&[200], Closed));
    group.sends("HTTP/1.0 without Host", "GET /health/live HTTP/1.0\r\n\r\n", (&[200], Closed));
    let kept = "GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    group.sends("HTTP/1.0 with keep-alive", kept, FINE);
    for (name, version) in [
        ("HTTP/1.2", "HTTP/1.2"),
        ("HTTP/1.10", "HTTP/1.10"),
        ("HTTP/2.0", "HTTP/2.0"),
        ("HTTP/3", "HTTP/3"),
        ("in lower case", "http/1.1"),
        ("without its slash", "HTTP1.1"),
        ("with a comma", "HTTP/1,1"),
        ("another protocol", "RTSP/1.0"),
        ("a space behind it", "HTTP/1.1 "),
        ("a word behind it", "HTTP/1.1 x"),
    ] {
        group.sends(name, line(version), REFUSED);
    }
    group.sends("none, as HTTP/0.9", "GET /health/live\r\n\r\n", REFUSED);
    group.sends("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", REFUSED);
    group.sends("a TLS handshake", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", REFUSED);
    group.sends("the banner of SSH", "SSH-2.0-OpenSSH_9.2\r\n", REFUSED);
    group.sends("zeros", [0; 64], REFUSED);
    group.1
}

fn methods() -> Vec<SocketCase> {
    let mut group = Group::new("method");
    let line = |method: &str| format!("{method} /health/live HTTP/1.1\r\nHost: a\r\n\r\n");
    group.sends("HEAD", line("HEAD"), FINE);
    let nowhere = "HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n";
    group.sends("HEAD of nothing", nowhere, (&[404], Open));
    for (name, method) in [
        ("OPTIONS", "OPTIONS"),
        ("TRACE", "TRACE"),
        ("PATCH", "PATCH"),
        ("DELETE", "DELETE"),
        ("get in lower case", "get"),
        ("a word of no standard", "FROBNICATE"),
        ("odd characters of a token", "!*+-.^_`|~0aZ"),
    ] {
        group.sends(name, line(method), (&[405], Open));
    }
    group.sends("10,000 letters", line(&"X".repeat(10_000)), (&[405], Open));
    for (name, method) in [
        ("an at sign", "G@T"),
        ("a bracket", "GET("),
        ("none", ""),
        ("NUL", "G\0T"),
        ("a letter of no ASCII", "GÉT"),
        ("a tab", "GET\t"),
    ] {
        group.sends(name, line(method), REFUSED);
    }
    let tunnel = "CONNECT bank.example:443 HTTP/1.1\r\nHost: bank.example\r\n\r\n";
    group.sends("CONNECT", tunnel, (&[404], Closed));
    let odd = tunnel.replace("\r\n\r\n", "\r\nContent-Length: x\r\n\r\n");
    group.sends("CONNECT with an odd length", odd, REFUSED);
    group.1
}

fn lines() -> Vec<SocketCase> {
    let mut group = Group::new("header");
    for (name, lines) in [
        ("no value", "A:\r\n"),
        ("white space for a value", "A: \t \r\n"),
        ("a colon in the value", "A: b:c\r\n"),
        ("the same name twice", "A: b\r\nA: c\r\n"),
        ("a value of no ASCII", "A: é客\r\n"),
        ("a tab in the value", "A: b\tc\r\n"),
    ] {
        group.sends(name, get(lines), FINE);
    }
    for (name, lines) in [
        ("folded with a space", "A: b\r\n c\r\n"),
        ("folded with a tab", "A: b\r\n\tc\r\n"),
        ("a fold that looks like a header", "A: b\r\n Content-Length: 5\r\n"),
        ("no colon", "A\r\n"),
        ("no name", ": b\r\n"),
        ("a space before the colon", "A : b\r\n"),
        ("a tab before the colon", "A\t: b\r\n"),
        ("a space in the name", "A B: c\r\n"),
        ("quotes in the name", "\"A\": b\r\n"),
        ("brackets in the name", "A(b): c\r\n"),
        ("a name of no ASCII", "É: b\r\n"),
        ("NUL in the name", "A\0: b\r\n"),
        ("NUL in the value", "A: b\0c\r\n"),
        ("a return in the value", "A: b\rc\r\n"),
        ("a control character in the value", "A: b\u{1}c\r\n"),
        ("delete in the value", "A: b\u{7f}c\r\n"),
        ("Connection of no ASCII", "Connection: close, é\r\n"),
    ] {
        group.sends(name, get(lines), REFUSED);
    }
    let first = "GET /health/live HTTP/1.1\r\n A: b\r\nHost: a\r\n\r\n";
    group.sends("a fold behind the request line", first, REFUSED);
    group.sends("line feeds alone", get("A: b\r\n").replace("\r\n", "\n"), FINE);
    group.sends("line ends of both kinds", get("A: b\n"), FINE);
    group.sends("an empty line before", format!("\r\n{}", get("")), FINE);
    group.sends("100 empty lines before", "\r\n".repeat(100) + &get(""), FINE);
    group.sends("a return alone before", format!("\r{}", get("")), REFUSED);
    group.sends("a space before the method", format!(" {}", get("")), REFUSED);
    group.1
}

fn bounds() -> Vec<SocketCase> {
    let mut group = Group::new("bounds");
    let too_large: (&[u16], super::case::Then) = (&[431], Closed);
    group.sends("96 header lines", get(&"A: b\r\n".repeat(95)), FINE);
    group.sends("97 header lines", get(&"A: b\r\n".repeat(96)), too_large);
    group.sends("a value of 30 KiB", get(&format!("A: {}\r\n", "x".repeat(30 << 10))), FINE);
    group.sends("a name of 30 KiB", get(&format!("{}: b\r\n", "x".repeat(30 << 10))), FINE);
    group.sends("a head of 33 KiB", get(&format!("A: {}\r\n", "x".repeat(33 << 10))), too_large);
    group.sends("a value of 1 MiB", get(&format!("A: {}\r\n", "x".repeat(1 << 20))), too_large);
    group.sends("a method of 1 MiB", "X".repeat(1 << 20), too_large);
    let token = format!("Acstkn: {}\r\n", "x".repeat(8 << 10));
    group.sends("a token of 8 KiB beside the good one", sized(&token), (&[401], Closed));
    group.1
}
