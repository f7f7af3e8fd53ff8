//! Masks personal values for people who must recognise a value but not know it.

/// Masks an account number: shows the first 6 and the last 4 characters, or nothing if it is
/// shorter than 14.
///
/// ```
/// assert_eq!(madoguchi_domain::mask::account("341341150000052061"), "341341********2061");
/// assert_eq!(madoguchi_domain::mask::account("098797"), "******");
/// ```
#[must_use]
pub fn account(text: &str) -> String {
    let length = text.chars().count();
    let shown = |at: usize| length >= 14 && (at < 6 || at >= length - 4);
    text.chars().enumerate().map(|(at, c)| if shown(at) { c } else { '*' }).collect()
}

/// Masks a phone number in E.164: shows the last 4 digits.
///
/// ```
/// assert_eq!(madoguchi_domain::mask::phone("+819012345678"), "+********5678");
/// ```
#[must_use]
pub fn phone(text: &str) -> String {
    let length = text.chars().count();
    let shown = |at: usize| at == 0 || at + 4 >= length;
    text.chars().enumerate().map(|(at, c)| if shown(at) { c } else { '*' }).collect()
}

/// Masks an e-mail address: shows the first character of user and domain, and the last label.
///
/// ```
/// assert_eq!(madoguchi_domain::mask::email("jane.doe@example.com"), "j***@e***.com");
/// assert_eq!(madoguchi_domain::mask::email("no address"), "***");
/// ```
#[must_use]
pub fn email(text: &str) -> String {
    let parts = text.rsplit_once('@').and_then(|(name, domain)| {
        let (host, top) = domain.rsplit_once('.')?;
        Some((name.chars().next()?, host.chars().next()?, top))
    });
    match parts {
        Some((name, host, top)) => format!("{name}***@{host}***.{top}"),
        None => "***".to_owned(),
    }
}
