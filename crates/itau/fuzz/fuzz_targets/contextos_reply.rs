//! Parses arbitrary bytes as a reply of `contextos`: accepted or rejected, unchanged, no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use madoguchi_domain::Timestamp;
use madoguchi_itau::{Charset, context_answer};

fuzz_target!(|body: &[u8]| {
    let text = Charset::ISO_8859_1.decode(body, None);
    if let Ok(found) = context_answer(&text, Timestamp::UNIX_EPOCH) {
        assert_eq!(found.document.expose(), text);
        let _ = found.value.cpf.map(|cpf| cpf.masked());
    }
});
