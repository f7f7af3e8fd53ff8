//! Cases about clients that are slow, stop half way, or close their side early.

use std::time::Duration;

use super::case::Step::{self, End, Pause, Send, Trickle};
use super::case::Then::{Closed, Open};
use super::case::{BODY, Group, SocketCase, TRICKLE, chunked, get, sized, verdict};

const STEP: Duration = Duration::from_millis(100);

pub(super) fn cases() -> Vec<SocketCase> {
    [slow(), ended()].concat()
}

fn sends(text: &str) -> Vec<Step> {
    vec![Send(text.into())]
}

fn slow() -> Vec<SocketCase> {
    let mut group = Group::new("slow");
    group.does("nothing is sent", Vec::new(), (&[], Closed));
    group.does("nothing after an answer", idle_after(&get("")), (&[200], Closed));
    group.does("half a request line", sends("GET /hea"), (&[408], Closed));
    group.does("half a head", sends("GET / HTTP/1.1\r\nHost: a\r\n"), (&[408], Closed));
    let second = get("") + "GET / HTTP/1.1\r\nHo";
    group.does("half a second head", sends(&second), (&[200, 408], Closed));
    let trickle = |text: &str| vec![Trickle(text.into(), STEP)];
    let endless = "A: b\r\n".repeat(TRICKLE / 6);
    group.does("a head that trickles", trickle(&get(&endless)), (&[408], Closed));
    group.does("an empty line, and no more", sends("\r\n"), (&[], Closed));
    let after = get("") + "\r\n";
    group.does("an empty line after an answer", idle_after(&after), (&[200], Closed));
    group.does("empty lines that trickle", trickle(&"\r\n".repeat(TRICKLE / 2)), (&[408], Closed));
    let quick = vec![Trickle(get("").into(), Duration::from_millis(5))];
    group.does("a request byte by byte", quick, (&[200], Open));
    let body = [Send(sized("")[..sized("").len() - 9].into()), Pause(STEP * 8)];
    let late = [body.to_vec(), vec![Send(BODY[BODY.len() - 9..].into())]].concat();
    group.does("a body that pauses", late, (&[404], Open));
    let half = |head: String| head + "12";
    let length = "Content-Length: 9\r\n";
    group.does("half a body that is read", sends(&half(verdict(length))), (&[400], Closed));
    group.does("half a chunk that is read", sends(&chunked("9\r\n12")), (&[400], Closed));
    let endless = vec![Send(chunked("fff\r\n").into()), Trickle(vec![b' '; TRICKLE], STEP)];
    group.does("a chunk that trickles", endless, (&[400], Closed));
    let nowhere = |text: String| text.replace("POST /", "POST /nowhere/");
    let unread = nowhere(half(verdict(length)));
    group.does("half a body that nobody reads", sends(&unread), (&[404], Closed));
    let unread = nowhere(chunked("9\r\n12"));
    group.does("half a chunk that nobody reads", sends(&unread), (&[404], Closed));
    let endless =
        vec![Send(nowhere(chunked("fff\r\n")).into()), Trickle(vec![b' '; TRICKLE], STEP)];
    group.does("a chunk that nobody reads trickles", endless, (&[404], Closed));
    let foreign = half(verdict(length)).replace("Acstkn: ", "Acstkn: x");
    group.does("half a body without a token", sends(&foreign), (&[401], Closed));
    let foreign = chunked("9\r\n12").replace("Acstkn: ", "Acstkn: x");
    group.does("half a chunk without a token", sends(&foreign), (&[401], Closed));
    let large = verdict("Content-Length: 99999\r\n");
    group.does("half of a body too large", sends(&half(large)), (&[413], Closed));
    group.does("a trailer without an end", sends(&chunked("0\r\nA: ")), (&[400], Closed));
    let wrong_type = chunked("9\r\n12").replace("application/json", "text/plain");
    group.does("half a chunk of another type", sends(&wrong_type), (&[415], Closed));
    let wrong_method = chunked("9\r\n12").replace("POST", "PUT");
    group.does("half a chunk by another method", sends(&wrong_method), (&[405], Closed));
    group.does("Expect, and no body", sends(&expecting()), (&[100, 400], Closed));
    group.1
}

fn expecting() -> String {
    verdict("Content-Length: 9\r\nExpect: 100-continue\r\n")
}

fn idle_after(text: &str) -> Vec<Step> {
    vec![Send(text.into()), Pause(STEP)]
}

fn ended() -> Vec<SocketCase> {
    let mut group = Group::new("half side");
    let then_end = |text: &str| vec![Send(text.into()), End];
    group.does("at once", vec![End], (&[], Closed));
    group.does("in a request line", then_end("GET /hea"), (&[], Closed));
    group.does("in a head", then_end("GET / HTTP/1.1\r\nHost: a\r\n"), (&[], Closed));
    group.does("after a request", then_end(&get("")), (&[200], Closed));
    group.does("after a verdict", then_end(&sized("")), (&[404], Closed));
    group.does("after two requests", then_end(&(get("") + &get(""))), (&[200, 200], Closed));
    group.does("after 20 verdicts", then_end(&sized("").repeat(20)), (&[404; 20], Closed));
    let half = get("") + "GET / HT";
    group.does("in a second request line", then_end(&half), (&[200], Closed));
    let body = verdict("Content-Length: 9\r\n") + "12";
    group.does("in a body", then_end(&body), (&[400], Closed));
    group.does("in a chunk", then_end(&chunked("9\r\n12")), (&[400], Closed));
    group.does("before the last chunk", then_end(&chunked("2\r\n{}\r\n")), (&[400], Closed));
    let nowhere = chunked("9\r\n12").replace("POST /", "POST /nowhere/");
    group.does("in a chunk that nobody reads", then_end(&nowhere), (&[404], Closed));
    group.does("after close", then_end(&get("Connection: close\r\n")), (&[200], Closed));
    group.does("after Expect", then_end(&expecting()), (&[100, 400], Closed));
    group.1
}
