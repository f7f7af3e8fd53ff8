//! Decodes replies: as UTF-8 if valid, else in the declared charset, else in the configured one.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// An ASCII-compatible character encoding of the WHATWG Encoding Standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

/// Some systems send it before UTF-8 text; it is skipped.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A label that names no ASCII-compatible encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must name a character encoding that extends ASCII, for example \"utf-8\", \"big5\", \
     \"gb18030\" or \"iso-8859-1\""
)]
pub struct UnknownCharset;

impl Charset {
    /// UTF-8.
    pub const UTF_8: Self = Self(encoding_rs::UTF_8);
    /// Big5, used by banks in Taiwan.
    pub const BIG5: Self = Self(encoding_rs::BIG5);
    /// ISO 8859-1, which the standard decodes as windows-1252.
    pub const ISO_8859_1: Self = Self(encoding_rs::WINDOWS_1252);

    /// Parses a label of the standard, ignoring case.
    ///
    /// # Errors
    /// If the label is unknown, or its encoding is not ASCII-compatible.
    pub fn parse(label: &str) -> Result<Self, UnknownCharset> {
        // UTF-16 is rejected: if it is configured by mistake, UTF-8 text cannot be decoded.
        let known = Encoding::for_label_no_replacement(label.as_bytes());
        known.filter(|encoding| encoding.is_ascii_compatible()).map(Self).ok_or(UnknownCharset)
    }

    /// Decodes a body with this `Content-Type`; invalid bytes become U+FFFD. `self` is used if the
    /// body is not UTF-8 and declares no known charset.
    ///
    /// ```
    /// use madoguchi_upstream::Charset;
    ///
    /// let text = Charset::BIG5.decode(b"\xa6\xa8\xa5\\", None);
    /// assert_eq!(text, "成功");
    /// let text = Charset::BIG5.decode(b"\xe7", Some("application/json; charset=ISO-8859-1"));
    /// assert_eq!(text, "ç");
    /// ```
    #[must_use]
    pub fn decode<'a>(self, body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
        let encoding = content_type.and_then(declared).unwrap_or(self.0);
        if !encoding.is_ascii_compatible() {
            // UTF-16 and ISO-2022-JP, which only a reply can declare, may also be valid UTF-8.
            return encoding.decode(body).0;
        }
        let unmarked = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        str::from_utf8(unmarked)
            .map_or_else(|_| encoding.decode_without_bom_handling(body).0, Cow::Borrowed)
    }
}

/// The encoding that a `Content-Type` declares, if known.
fn declared(content_type: &str) -> Option<&'static Encoding> {
    let mut parameters = content_type.split(';').skip(1).filter_map(|it| it.split_once('='));
    let (_, label) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Encoding::for_label_no_replacement(label.trim().trim_matches(['"', '\'']).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_utf_8_outranks_every_ascii_charset() {
        for content_type in [None, Some("application/json"), Some("text/json; charset=big5")] {
            assert_eq!(Charset::BIG5.decode("交易成功".as_bytes(), content_type), "交易成功");
        }
    }

    #[test]
    fn a_byte_order_mark_spoils_nothing() {
        assert_eq!(Charset::BIG5.decode(b"\xef\xbb\xbf{}", None), "{}");
        let marked = b"\xff\xfe caf\xe9";
        assert_eq!(Charset::ISO_8859_1.decode(marked, None), "\u{ff}\u{fe} caf\u{e9}");
    }

    #[test]
    fn a_declared_charset_outranks_the_configured_one() {
        let cafe = b"caf\xe9 ";
        for content_type in [
            "application/json;charset=iso-8859-1",
            "application/json; Charset = \"Latin1\"; x=y",
            "application/json; x; charset='windows-1252'",
        ] {
            assert_eq!(Charset::BIG5.decode(cafe, Some(content_type)), "café ", "{content_type}");
        }
        for content_type in ["", "charset=iso-8859-1", "a/b; charset=", "a/b; charset=no-such"] {
            let text = Charset::ISO_8859_1.decode(cafe, Some(content_type));
            assert_eq!(text, "café ", "{content_type}");
        }
    }

    #[test]
    fn declared_utf_16_is_read_although_it_may_be_valid_utf_8() {
        let little: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(Charset::UTF_8.decode(&little, Some("a/b; charset=utf-16")), "{}");
        let big = [&[0xfe, 0xff][..], &[0, b'{', 0, b'}']].concat();
        assert_eq!(Charset::UTF_8.decode(&big, Some("a/b; charset=utf-16")), "{}");
    }

    #[test]
    fn bytes_of_no_character_become_replacement_characters() {
        assert_eq!(Charset::BIG5.decode(b"a\xffb", None), "a\u{fffd}b");
        assert_eq!(Charset::BIG5.decode(b"\"\xa6\"", None), "\"\u{fffd}\"", "the quote survives");
        assert_eq!(Charset::UTF_8.decode(b"a\xffb", None), "a\u{fffd}b");
    }

    #[test]
    fn a_label_must_name_an_extension_of_ascii() {
        assert_eq!(Charset::parse("Big5"), Ok(Charset::BIG5));
        assert_eq!(Charset::parse("iso-8859-1"), Ok(Charset::ISO_8859_1));
        for label in ["", "big-5", "utf-16", "utf-16be", "iso-2022-jp", "iso-2022-kr", "utf-7"] {
            assert_eq!(Charset::parse(label), Err(UnknownCharset), "{label}");
        }
    }
}
