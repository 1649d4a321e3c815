//! Payload bytes → text that parsers can slice: valid UTF-8 without NULs, escape sequences, line
//! ends or a byte order mark. A clean payload is lent as it is; only a dirty one is copied.

use memchr::memchr2;
use model::{Defect, Defects};
use std::borrow::Cow;

/// No sane window title or hyperlink (the long escape sequences) is longer; bounds the search for
/// its end, so that a line full of unfinished ones stays linear.
const OSC_BYTES_MAX: usize = 512;

/// The payload as text, and what had to be done to it.
pub(super) fn clean(payload: &[u8]) -> (Cow<'_, str>, Defects) {
    let mut defects = Defects::NONE;
    let bytes = strip_ends(payload, &mut defects);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            defects.add(Defect::InvalidUtf8);
            String::from_utf8_lossy(bytes)
        }
    };
    if memchr2(0, 0x1b, text.as_bytes()).is_none() {
        return (text, defects);
    }
    (Cow::Owned(strip_controls(&text, &mut defects)), defects)
}

/// Cuts line ends and NULs at the end and byte order marks at the start.
fn strip_ends<'a>(payload: &'a [u8], defects: &mut Defects) -> &'a [u8] {
    let mut bytes = payload;
    while let [head @ .., b'\r' | b'\n' | 0] = bytes {
        if bytes.len() != head.len() && bytes[head.len()] == 0 {
            defects.add(Defect::NulBytes);
        }
        bytes = head;
    }
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The text without NULs and escape sequences.
fn strip_controls(text: &str, defects: &mut Defects) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr2(0, 0x1b, rest.as_bytes()) {
        kept.push_str(&rest[..at]);
        let skip = if rest.as_bytes()[at] == 0 {
            defects.add(Defect::NulBytes);
            1
        } else {
            defects.add(Defect::AnsiEscapes);
            escape_bytes(&rest.as_bytes()[at..])
        };
        rest = &rest[at + skip..];
    }
    kept.push_str(rest);
    kept
}

/// The length of the escape sequence that `bytes` begin with (ECMA-48 §5.4, §8.3.89).
fn escape_bytes(bytes: &[u8]) -> usize {
    match bytes.get(1) {
        Some(b'[') => {
            let body = bytes[2..].iter();
            let params = body.take_while(|b| matches!(b, 0x20..=0x3f)).count();
            let end = 2 + params;
            end + usize::from(matches!(bytes.get(end), Some(0x40..=0x7e)))
        }
        Some(b']') => {
            let limit = bytes.len().min(OSC_BYTES_MAX);
            match memchr2(7, 0x1b, &bytes[2..limit]) {
                Some(end) if bytes[2 + end] == 7 => 2 + end + 1,
                Some(end) if bytes.get(2 + end + 1) == Some(&b'\\') => 2 + end + 2,
                _ => 2,
            }
        }
        Some(0x30..=0x7e) => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dirt_is_taken_out_and_named() {
        for (input, text, words) in [
            (&b"plain\r\n"[..], "plain", &[][..]),
            (b"\xef\xbb\xbfmark", "mark", &[]),
            (b"end\0", "end", &["nul_bytes"]),
            (b"a\0b", "ab", &["nul_bytes"]),
            (b"caf\xe9!", "caf\u{fffd}!", &["invalid_utf8"]),
            (b"\x1b[1;31mred\x1b[0m", "red", &["ansi_escapes"]),
            (b"\x1b]0;title\x07x\x1b]8;;u\x1b\\y", "xy", &["ansi_escapes"]),
            (b"cut \x1b[31", "cut ", &["ansi_escapes"]),
            (b"\x1b\xc3\xa9", "\u{e9}", &["ansi_escapes"]),
        ] {
            let (cleaned, defects) = clean(input);
            let found: Vec<_> = defects.iter().map(Defect::word).collect();
            assert_eq!((&*cleaned, &*found), (text, words), "{input:?}");
        }
    }

    #[test]
    fn a_clean_line_is_lent() {
        assert!(matches!(clean(b"lent\n").0, Cow::Borrowed("lent")));
    }
}
