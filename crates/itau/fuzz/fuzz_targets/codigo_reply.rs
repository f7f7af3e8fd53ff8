//! Any bytes as a reply of `codigo`: read or refused, kept as they came, and never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use madoguchi_domain::mask;
use madoguchi_itau::account_answer;

fuzz_target!(|body: &[u8]| {
    if let Ok(found) = account_answer(body) {
        assert_eq!(found.document.expose().as_bytes(), body);
        let _ = found.value.tax_id.map(|number| number.masked());
        for email in &found.value.emails {
            let _ = mask::email(email.address.expose());
        }
    }
});
