//! Bytes → classes. A delimiter ends a word; everything else belongs to one, and the classes of
//! its bytes, or-ed together, say which of the questions about values are worth asking.

/// A letter, or any byte of a character beyond ASCII.
pub(super) const LETTER: u8 = 1;
/// A decimal digit.
pub(super) const DIGIT: u8 = 2;
/// `_` and `-`: join words into names.
pub(super) const JOINER: u8 = 4;
/// `.`
pub(super) const DOT: u8 = 8;
/// `/` and `\`
pub(super) const SLASH: u8 = 16;
/// The other marks that belong to a word: `@ # % * + $ & ! ? ~ ^` and the grave accent.
pub(super) const MARK: u8 = 32;
/// `= : , ; ( ) [ ] { } " ' | < >`
pub(super) const DELIMITER: u8 = 64;
/// Blanks and control characters.
pub(super) const BLANK: u8 = 128;

/// The class of each byte.
pub(super) static CLASS: [u8; 256] = table();

const fn table() -> [u8; 256] {
    let mut table = [LETTER; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'0'..=b'9' => DIGIT,
            b'_' | b'-' => JOINER,
            b'.' => DOT,
            b'/' | b'\\' => SLASH,
            b'=' | b':' | b',' | b';' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'"' | b'\''
            | b'|' | b'<' | b'>' => DELIMITER,
            0..=b' ' | 0x7f => BLANK,
            _ => MARK,
        };
        byte += 1;
    }
    table
}

/// The class of `bytes[at]`; the end counts as a blank.
pub(super) fn class_at(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).map_or(BLANK, |b| CLASS[*b as usize])
}

/// Whether `bytes[at]` ends a word.
pub(super) fn ends_word(bytes: &[u8], at: usize) -> bool {
    class_at(bytes, at) & (BLANK | DELIMITER) != 0
}

/// The classes of `bytes[start..end]`, or-ed together.
pub(super) fn classes_of(body: &[u8], start: usize, end: usize) -> u8 {
    body[start..end].iter().fold(0, |all, b| all | CLASS[*b as usize])
}
