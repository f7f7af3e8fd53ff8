//! Debug output that shows a type's name and nothing of its value.

/// Implements `Debug` for types that hold a secret, personal text, or nothing worth printing:
/// `Name(***)`.
///
/// ```
/// struct Password(String);
/// madoguchi_domain::redacted!(Password);
/// assert_eq!(format!("{:?}", Password("canary".into())), "Password(***)");
/// ```
#[macro_export]
macro_rules! redacted {
    ($($name:ident),+ $(,)?) => {$(
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    )+};
}
