//! Finds the end of a request body in the bytes of a connection.

use super::malformed::Malformed;

/// The part of a body that has not arrived yet (RFC 9112 section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// Nothing.
    None,
    /// This many bytes.
    Sized(u64),
    /// Chunks, up to the last one and its trailer.
    Chunked(Chunked),
}

/// Parser state within a chunked body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chunked {
    /// In the digits of a chunk size: number of digits read, and their value.
    Size(u8, u64),
    /// In the white space after this size.
    SizeSpace(u64),
    /// In the extensions of a chunk of this size.
    Extension(u64),
    /// At the line feed after this size.
    SizeLine(u64),
    /// This many bytes before the end of the chunk's data.
    Data(u64),
    /// At the carriage return after the data.
    DataEnd,
    /// At the line feed after the data.
    DataLine,
    /// At the start of a trailer line, or of the empty line that ends the body.
    TrailerStart,
    /// In a trailer line; whether its colon was read.
    Trailer(bool),
    /// At the line feed of a trailer line.
    TrailerLine,
    /// At the last line feed.
    End,
}

/// More hexadecimal digits would not fit into 64 bits.
const MAX_SIZE_DIGITS: u8 = 16;

impl Body {
    pub(crate) const fn sized(length: u64) -> Self {
        if length == 0 { Self::None } else { Self::Sized(length) }
    }

    pub(crate) const fn chunked() -> Self {
        Self::Chunked(Chunked::Size(0, 0))
    }

    /// Counts the bytes at the start of `bytes` that belong to the body, and removes them from it.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<usize, Malformed> {
        match self {
            Self::None => Ok(0),
            Self::Sized(left) => {
                let taken = (bytes.len() as u64).min(*left);
                *self = Self::sized(*left - taken);
                Ok(taken as usize)
            }
            Self::Chunked(_) => self.take_chunks(bytes),
        }
    }

    fn take_chunks(&mut self, bytes: &[u8]) -> Result<usize, Malformed> {
        let mut taken = 0;
        while let (Self::Chunked(at), Some(byte)) = (*self, bytes.get(taken)) {
            if let Chunked::Data(left) = at {
                let data = ((bytes.len() - taken) as u64).min(left);
                taken += data as usize;
                *self = Self::Chunked(match left - data {
                    0 => Chunked::DataEnd,
                    left => Chunked::Data(left),
                });
                continue;
            }
            taken += 1;
            *self = at.after(*byte)?.map_or(Self::None, Self::Chunked);
        }
        Ok(taken)
    }
}

impl Chunked {
    /// The state after this byte; `None` is the end of the body.
    fn after(self, byte: u8) -> Result<Option<Self>, Malformed> {
        Ok(Some(match (self, byte) {
            (Self::Size(digits, size), _) if byte.is_ascii_hexdigit() => {
                if digits == MAX_SIZE_DIGITS {
                    return Err(Malformed::Chunk);
                }
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                Self::Size(digits + 1, size << 4 | u64::from(digit))
            }
            (Self::Size(1.., size) | Self::SizeSpace(size) | Self::Extension(size), b'\r') => {
                Self::SizeLine(size)
            }
            (Self::Size(1.., size) | Self::SizeSpace(size), b' ' | b'\t') => Self::SizeSpace(size),
            (Self::Size(1.., size) | Self::SizeSpace(size), b';') => Self::Extension(size),
            (Self::Extension(size), b'\t' | b' '..=b'~' | 0x80..) => Self::Extension(size),
            (Self::SizeLine(0), b'\n') => Self::TrailerStart,
            (Self::SizeLine(size), b'\n') => Self::Data(size),
            (Self::DataEnd, b'\r') => Self::DataLine,
            (Self::DataLine, b'\n') => Self::Size(0, 0),
            (Self::TrailerStart, b'\r') => Self::End,
            (Self::Trailer(true), b'\r') => Self::TrailerLine,
            (Self::Trailer(_), b':') => Self::Trailer(true),
            // No bare line feed: some parsers end the trailer there, the server's does not.
            (Self::TrailerStart, b'!'..=b'9' | b';'..=b'~') => Self::Trailer(false),
            (Self::Trailer(named), b'\t' | b' '..=b'~' | 0x80..) => Self::Trailer(named),
            (Self::TrailerLine, b'\n') => Self::TrailerStart,
            (Self::End, b'\n') => return Ok(None),
            (
                Self::Size(..)
                | Self::SizeSpace(_)
                | Self::Extension(_)
                | Self::SizeLine(_)
                | Self::Data(_)
                | Self::DataEnd
                | Self::DataLine
                | Self::TrailerStart
                | Self::Trailer(_)
                | Self::TrailerLine
                | Self::End,
                _,
            ) => return Err(Malformed::Chunk),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of bytes in the body, and whether it ended, with `text` cut at `cut`.
    fn taken(text: &[u8], cut: usize) -> Result<(usize, bool), Malformed> {
        let mut body = Body::chunked();
        let mut taken = 0;
        for piece in text.chunks(cut) {
            taken += body.take(piece)?;
        }
        Ok((taken, body == Body::None))
    }

    #[test]
    fn a_chunked_body_ends_at_the_same_byte_however_it_is_cut() {
        for (text, end) in [
            ("0\r\n\r\n", 5),
            ("5\r\nhello\r\n0\r\n\r\nGET /", 15),
            ("5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n0", 25),
            ("A \r\n0123456789\r\n00\r\n\r\n", 22),
        ] {
            for cut in 1..=text.len() {
                assert_eq!(taken(text.as_bytes(), cut), Ok((end, true)), "{text:?} by {cut}");
            }
        }
        assert_eq!(taken(b"5\r\nhel", 1), Ok((6, false)));
        let mut sized = Body::sized(4);
        assert_eq!((sized.take(b"abc"), sized), (Ok(3), Body::Sized(1)));
        assert_eq!((sized.take(b"def"), sized), (Ok(1), Body::None));
    }

    #[test]
    fn a_chunk_out_of_frame_is_refused() {
        for text in [
            "\r\n",
            "x\r\n",
            "-1\r\n",
            "5\nhello",
            "5\r\nhello!",
            "5\r\nhello\r!",
            "0\r\n\rx",
            "11111111111111111\r\n",
            "5 5\r\nhello\r\n\r\n",
            "0\r\n\n",
            "0\r\nA: b\n\n",
            "0\r\nA: b\0\r\n\r\n",
            "0\r\nGET / HTTP/1.1\r\n\r\n",
            "0\r\n: b\r\n\r\n",
            "0\r\n A: b\r\n\r\n",
        ] {
            assert_eq!(taken(text.as_bytes(), 1).map(|_| ()), Err(Malformed::Chunk), "{text:?}");
        }
    }
}
