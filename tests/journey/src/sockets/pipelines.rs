//! Cases about several requests on one connection.

use std::time::Duration;

use super::case::Step::{Pause, Send};
use super::case::Then::{Closed, Open};
use super::case::{Group, SocketCase, Step, chunk, chunked, get, sized};

pub(super) fn cases() -> Vec<SocketCase> {
    let mut group = Group::new("pipeline");
    group.sends("two", get("") + &get(""), (&[200, 200], Open));
    group.sends("20", get("").repeat(20), (&[200; 20], Open));
    group.sends("500", get("").repeat(500), (&[200; 500], Open));
    let head = get("").replace("GET", "HEAD");
    group.sends("GET, HEAD, GET", get("") + &head + &get(""), (&[200; 3], Open));
    let ready = head.replace("live", "ready");
    group.sends("HEAD that takes a while, then GET", ready + &get(""), (&[200, 200], Open));
    let chunks = chunked(&chunk("", "0\r\n\r\n"));
    group.sends("a body, then GET", sized("") + &get(""), (&[404, 200], Open));
    group.sends("chunks, then GET", chunks.clone() + &get(""), (&[404, 200], Open));
    group.sends("chunks, a body, chunks", format!("{chunks}{}{chunks}", sized("")), FOUND_NOBODY);
    let foreign = chunks.replace("Acstkn: ", "Acstkn: x");
    group.sends("refused chunks, then GET", foreign + &get(""), (&[401, 200], Open));
    let elsewhere = sized("").replace("POST /", "POST /nowhere/");
    group.does(
        "a refused body in two parts, then GET",
        halves(&(elsewhere.clone() + &get("")), elsewhere.len() - 5),
        (&[404], Closed),
    );
    let lines = "\r\n".repeat(3);
    group.sends("empty lines between", get("") + &lines + &get(""), (&[200, 200], Open));

    let last = "Connection: close\r\n";
    group.sends("GET behind close", get(last) + &get(""), (&[200], Closed));
    group.sends("a verdict behind close", sized(last) + &sized(""), (&[404], Closed));
    let listed = "Connection: x, Close\r\n";
    group.sends("GET behind close in a list", get(listed) + &get(""), (&[200], Closed));
    let twice = "Connection: keep-alive\r\nConnection: close\r\n";
    group.sends("GET behind keep-alive and close", get(twice) + &get(""), (&[200], Closed));
    group.does(
        "GET behind close, later",
        vec![Send(get(last).into()), Pause(Duration::from_millis(300)), Send(get("").into())],
        (&[200], Closed),
    );
    group.sends("20 behind close", get(last) + &get("").repeat(20), (&[200], Closed));
    let old = |text: String| text.replace("HTTP/1.1", "HTTP/1.0");
    group.sends("GET behind HTTP/1.0", old(get("")) + &get(""), (&[200], Closed));
    group.sends("a verdict behind HTTP/1.0", old(sized("")) + &sized(""), (&[404], Closed));
    let kept = old(get("Connection: keep-alive\r\n"));
    let behind = kept.clone() + &get("");
    group.sends("GET behind HTTP/1.0 with keep-alive", behind, (&[200], Closed));
    group.does(
        "GET after HTTP/1.0 with keep-alive",
        vec![Send(kept.into()), Pause(Duration::from_millis(300)), Send(get("").into())],
        (&[200, 200], Open),
    );
    group.sends("garbage behind GET", get("") + "\0\0\0\n", (&[200, 400], Closed));
    group.sends("no host behind GET", get("") + "GET / HTTP/1.1\r\n\r\n", (&[200, 400], Closed));
    let large = "Content-Length: 99999\r\n";
    group.sends("GET behind too large", super::case::verdict(large) + &get(""), (&[413], Closed));
    let inner = get("").replace("GET", "POST");
    let hidden =
        format!("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{inner}", inner.len());
    let trailer = chunked(&chunk("", "0\r\nX: a\n\n")) + &hidden;
    group.sends("a request hidden behind a trailer of line feeds", trailer, (&[400], Closed));
    group.sends("GET behind a broken chunk", chunked("x\r\n") + &get(""), (&[400], Closed));
    let two = sized("") + &sized("");
    for (name, at) in [
        ("two, cut in the first head", 20),
        ("two, cut in the first body", two.len() / 2 - 3),
        ("two, cut between", two.len() / 2),
        ("two, cut in the second head", two.len() / 2 + 20),
        ("two, cut before the last byte", two.len() - 1),
    ] {
        group.does(name, halves(&two, at), (&[404, 404], Open));
    }
    group.1
}

const FOUND_NOBODY: (&[u16], super::case::Then) = (&[404, 404, 404], Open);

fn halves(text: &str, at: usize) -> Vec<Step> {
    let (first, second) = text.split_at(at);
    vec![Send(first.into()), Pause(Duration::from_millis(150)), Send(second.into())]
}
