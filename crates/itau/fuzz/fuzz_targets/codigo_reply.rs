//! Parses arbitrary bytes as a reply of `codigo`: accepted or rejected, kept unchanged, no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use madoguchi_domain::mask;
use madoguchi_itau::{Charset, account_answer};

fuzz_target!(|body: &[u8]| {
    let text = Charset::ISO_8859_1.decode(body, None);
    if let Ok(found) = account_answer(&text) {
        assert_eq!(found.document.expose(), text);
        let _ = found.value.tax_id.map(|number| number.masked());
        for email in &found.value.emails {
            let _ = mask::email(email.address.expose());
        }
    }
});
