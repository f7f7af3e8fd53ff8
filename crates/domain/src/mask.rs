//! How personal values are shown to people who need to recognise, not to know them.

/// An account number or anything like it: the first 6 and the last 4 characters, or nothing at
/// all of a text under 14.
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

/// An e-mail address: the first characters of its two names, and its last label.
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
