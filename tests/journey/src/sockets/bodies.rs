//! Cases about body framing: lengths and chunks.

use super::case::Then::{Closed, Open};
use super::case::{BODY, Group, SocketCase, chunk, chunked, get, sized, verdict};

const READ: (&[u16], super::case::Then) = (&[404], Open);
const REFUSED: (&[u16], super::case::Then) = (&[400], Closed);

pub(super) fn cases() -> Vec<SocketCase> {
    [lengths(), encodings(), chunks(), broken_chunks()].concat()
}

fn lengths() -> Vec<SocketCase> {
    let mut group = Group::new("length");
    group.sends("no body, no length", get(""), (&[200], Open));
    group.sends("a length of 0", verdict("Content-Length: 0\r\n"), (&[400], Open));
    group.sends("the right length", sized(""), READ);
    let zeros = format!("Content-Length: 000{}\r\n", BODY.len());
    group.sends("leading zeros", verdict(&zeros) + BODY, READ);
    let tabs = format!("Content-Length:\t{}\t \r\n", BODY.len());
    group.sends("tabs around the digits", verdict(&tabs) + BODY, READ);
    let case = format!("cOnTeNt-LeNgTh:{}\r\n", BODY.len());
    group.sends("the name in mixed case", verdict(&case) + BODY, READ);
    for (name, lines) in [
        ("given twice, the same", "Content-Length: 5\r\nContent-Length: 5\r\n"),
        ("given twice, not the same", "Content-Length: 5\r\nContent-Length: 6\r\n"),
        ("a list of lengths", "Content-Length: 5, 5\r\n"),
        ("a plus sign", "Content-Length: +5\r\n"),
        ("a minus sign", "Content-Length: -5\r\n"),
        ("a fraction", "Content-Length: 5.0\r\n"),
        ("an exponent", "Content-Length: 5e0\r\n"),
        ("hexadecimal", "Content-Length: 0x5\r\n"),
        ("no digits", "Content-Length:\r\n"),
        ("white space only", "Content-Length:  \r\n"),
        ("white space inside", "Content-Length: 1 2\r\n"),
        ("digits of another script", "Content-Length: \u{663}\r\n"),
        ("over 64 bits", "Content-Length: 18446744073709551616\r\n"),
        ("a space before the colon", "Content-Length : 5\r\n"),
    ] {
        group.sends(name, verdict(lines) + "hello", REFUSED);
    }
    let most = "Content-Length: 18446744073709551615\r\n";
    group.sends("64 bits full", verdict(most), (&[413], Closed));
    group.sends("32 KiB and 1", verdict("Content-Length: 32769\r\n"), (&[413], Closed));
    let after = sized("") + "X\r\n\r\n";
    group.sends("more than the length says", after, (&[404, 400], Closed));
    let underscore = verdict("Content_Length: 5\r\n") + "hello\r\n\r\n";
    group.sends("an underscore in the name", underscore, (&[400, 400], Closed));
    group.1
}

fn encodings() -> Vec<SocketCase> {
    let mut group = Group::new("encoding");
    let last = chunk("", "0\r\n\r\n");
    group.sends("chunked", chunked(&last), READ);
    let upper = verdict("TRANSFER-ENCODING: CHUNKED\r\n");
    group.sends("in capitals", upper + &last, READ);
    let tab = verdict("Transfer-Encoding:\tchunked \r\n");
    group.sends("tab and space around", tab + &last, READ);
    for (name, lines) in [
        ("with a length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
        ("behind a length", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        ("given twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        (
            "given twice, then identity",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        ),
        ("gzip", "Transfer-Encoding: gzip\r\n"),
        ("gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n"),
        ("chunked, identity", "Transfer-Encoding: chunked, identity\r\n"),
        ("chunked, chunked", "Transfer-Encoding: chunked, chunked\r\n"),
        ("identity", "Transfer-Encoding: identity\r\n"),
        ("empty", "Transfer-Encoding:\r\n"),
        ("nearly chunked", "Transfer-Encoding: xchunked\r\n"),
        ("chunked with a parameter", "Transfer-Encoding: chunked;q=1\r\n"),
        ("chunked in quotes", "Transfer-Encoding: \"chunked\"\r\n"),
        ("vertical tab before it", "Transfer-Encoding: \u{b}chunked\r\n"),
        ("a space before the colon", "Transfer-Encoding : chunked\r\n"),
    ] {
        group.sends(name, verdict(lines) + &last, REFUSED);
    }
    let no_length = verdict("").replace("HTTP/1.1", "HTTP/1.0");
    group.sends("a POST in HTTP/1.0 without a length", no_length, REFUSED);
    let old = verdict("Transfer-Encoding: chunked\r\n").replace("HTTP/1.1", "HTTP/1.0");
    group.sends("chunked in HTTP/1.0", old + &last, REFUSED);
    group.1
}

fn chunks() -> Vec<SocketCase> {
    let mut group = Group::new("chunks");
    let (first, rest) = BODY.split_at(9);
    let two = format!("9\r\n{first}\r\n{:x}\r\n{rest}\r\n0\r\n\r\n", rest.len());
    group.sends("two chunks", chunked(&two), READ);
    let one_each: String = BODY.chars().map(|byte| format!("1\r\n{byte}\r\n")).collect();
    group.sends("a chunk for each byte", chunked(&(one_each + "0\r\n\r\n")), READ);
    group.sends("an extension", chunked(&chunk(";a=b", "0\r\n\r\n")), READ);
    group.sends("a quoted extension", chunked(&chunk(";a=\"b;c\"", "0;x\r\n\r\n")), READ);
    group.sends("spaces behind the size", chunked(&chunk("  ", "0\r\n\r\n")), READ);
    let upper = chunk("", "0\r\n\r\n").to_uppercase().replacen(&BODY.to_uppercase(), BODY, 1);
    group.sends("a size in capitals", chunked(&upper), READ);
    group.sends("zeros before a size", chunked(&format!("00{}", chunk("", "000\r\n\r\n"))), READ);
    group.sends("a trailer", chunked(&chunk("", "0\r\nA: b\r\n\r\n")), READ);
    let trailer = "0\r\nContent-Length: 9\r\nHost: b\r\n\r\n";
    group.sends("a trailer about framing", chunked(&chunk("", trailer)), READ);
    group.sends("no chunk but the last", chunked("0\r\n\r\n"), (&[400], Open));
    group.1
}

fn broken_chunks() -> Vec<SocketCase> {
    let mut group = Group::new("chunks");
    for (name, bytes) in [
        ("no size", "\r\n{}\r\n0\r\n\r\n"),
        ("a size of no digits", "x\r\n{}\r\n0\r\n\r\n"),
        ("a negative size", "-2\r\n{}\r\n0\r\n\r\n"),
        ("a size with 0x", "0x2\r\n{}\r\n0\r\n\r\n"),
        ("a size of 17 digits", "00000000000000002\r\n{}\r\n0\r\n\r\n"),
        ("a size and a second one", "2 2\r\n{}\r\n0\r\n\r\n"),
        ("a line feed alone behind the size", "2\n{}\r\n0\r\n\r\n"),
        ("more data than the size", "1\r\n{}\r\n0\r\n\r\n"),
        ("less data than the size", "4\r\n{}\r\n0\r\n\r\n"),
        ("no line end behind the data", "2\r\n{}0\r\n\r\n"),
        ("a line feed alone behind the data", "2\r\n{}\n0\r\n\r\n"),
        ("a control character in an extension", "2;\u{1}\r\n{}\r\n0\r\n\r\n"),
        ("a return inside a trailer", "2\r\n{}\r\n0\r\nA: b\rX\r\n\r\n"),
        ("a line feed alone for the last line", "2\r\n{}\r\n0\r\n\n"),
        ("line feeds alone behind a trailer", "2\r\n{}\r\n0\r\nA: b\n\n"),
        ("NUL in a trailer", "2\r\n{}\r\n0\r\nA: b\0\r\n\r\n"),
        ("a trailer without a colon", "2\r\n{}\r\n0\r\nGET / HTTP/1.1\r\n\r\n"),
        ("a return without its line feed at the end", "2\r\n{}\r\n0\r\n\rX"),
    ] {
        group.sends(name, chunked(bytes), REFUSED);
    }
    group.1
}
