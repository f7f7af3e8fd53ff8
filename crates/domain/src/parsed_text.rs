//! Texts that are parsed once: a private field, one rule, one way to read it.

/// Defines a text of which only values that keep the rule exist: `name`, the field's name for its
/// client, the rule, how it is checked, and the method that shows the text.
macro_rules! parsed_text {
    (
        $(#[$meta:meta])*
        pub struct $name:ident: $field:literal, $rule:literal, $keeps:expr;
        $(#[$shown:meta])*
        $show:ident
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            #[doc = concat!("Parses the text, which ", $rule, ".")]
            ///
            /// # Errors
            /// When it breaks that rule.
            pub fn parse(text: &str) -> Result<Self, $crate::field::InvalidField> {
                let keeps: fn(&str) -> bool = $keeps;
                keeps(text)
                    .then(|| Self(text.to_owned()))
                    .ok_or($crate::field::InvalidField::new($field, $rule))
            }

            $(#[$shown])*
            #[must_use]
            pub fn $show(&self) -> &str {
                &self.0
            }
        }
    };
}

pub(crate) use parsed_text;
