//! Cases about offers that the server ignores: protocol upgrades and `Expect`.

use super::case::Then::{Closed, Open};
use super::case::{BODY, Group, SocketCase, get, sized, verdict};

pub(super) fn cases() -> Vec<SocketCase> {
    let mut group = Group::new("offer");
    let h2c = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
        HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\n";
    group.sends("h2c", get(h2c), (&[200], Open));
    group.sends("h2c with a body", sized(h2c), (&[404], Open));
    group.sends("h2c, then another request", get(h2c) + &get(""), (&[200, 200], Open));
    group.sends("h2c with a body, then another", sized(h2c) + &sized(h2c), (&[404, 404], Open));
    let spaced = "connection:  keep-alive ,\tUPGRADE\r\nupgrade: h2c\r\n";
    group.sends("h2c with keep-alive", get(spaced), (&[200], Open));
    let close = format!("Connection: close\r\n{h2c}");
    group.sends("h2c with close", get(&close), (&[200], Closed));
    let socket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    group.sends("a WebSocket", get(socket), (&[200], Open));
    group.sends("a WebSocket with a body", sized(socket), (&[404], Open));
    let tls = "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n";
    group.sends("TLS", get(tls), (&[200], Open));
    group.sends("Connection alone", get("Connection: upgrade\r\n"), (&[200], Open));
    group.sends("Upgrade alone", get("Upgrade: h2c\r\n"), (&[200], Open));
    group.sends("twice", get(&format!("{tls}{h2c}")), (&[200], Open));
    let old = get(h2c).replace("HTTP/1.1", "HTTP/1.0");
    group.sends("h2c in HTTP/1.0", old, (&[200], Closed));

    let expect = format!("Content-Length: {}\r\nExpect: 100-continue\r\n", BODY.len());
    let head = verdict(&expect);
    group.sends("Expect with its body", head.clone() + BODY, (&[100, 404], Open));
    group.does(
        "Expect, the body later",
        vec![
            super::case::Step::Send(head.into_bytes()),
            super::case::Step::Pause(std::time::Duration::from_millis(300)),
            super::case::Step::Send(BODY.into()),
        ],
        (&[100, 404], Open),
    );
    let other = sized("Expect: 200-ok\r\n");
    group.sends("Expect of something else", other, (&[404], Open));
    group.1
}
