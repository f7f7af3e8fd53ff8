//! Any bytes as a reply of `contextos`: read or refused, kept as they came, and never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use madoguchi_domain::Timestamp;
use madoguchi_itau::context_answer;

fuzz_target!(|body: &[u8]| {
    if let Ok(found) = context_answer(body, Timestamp::UNIX_EPOCH) {
        assert_eq!(found.document.expose().as_bytes(), body);
        let _ = found.value.cpf.map(|cpf| cpf.masked());
    }
});
