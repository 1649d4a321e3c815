//! URLs, paths and host names → where they end, and whether a word is one.

use super::class::{BLANK, CLASS, DELIMITER, LETTER, class_at, ends_word};

/// The end of a URL whose scheme ends at `colon`, if one does.
pub(super) fn url(body: &[u8], colon: usize) -> Option<usize> {
    if body.get(colon..colon + 3) != Some(b"://") {
        return None;
    }
    let end = url_end(body, colon + 3);
    (end > colon + 3).then_some(end)
}

/// The end of a URL's or request's text that goes on at `i`: a blank, quote or bracket; closing
/// marks of the sentence around it are not part of it.
pub(super) fn url_end(body: &[u8], mut i: usize) -> usize {
    let start = i;
    while i < body.len()
        && CLASS[body[i] as usize] & BLANK == 0
        && !matches!(
            body[i],
            b'"' | b'\'' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'|'
        )
    {
        i += 1;
    }
    while i > start && matches!(body[i - 1], b'.' | b',' | b';' | b':' | b'!') {
        i -= 1;
    }
    i
}

/// The end of the path that begins at `i`: up to a blank or delimiter, but through the query of a
/// request, and over a blank where the next word goes on with the path's own separator.
pub(super) fn path_end(body: &[u8], start: usize, separator: u8) -> usize {
    let mut i = start;
    loop {
        while i < body.len() {
            let class = CLASS[body[i] as usize];
            if class & BLANK != 0 || (class & DELIMITER != 0 && body[i] != b'=') {
                break;
            }
            if body[i] == b'?' && body.get(i + 1).is_some_and(u8::is_ascii_alphanumeric) {
                return url_end(body, i);
            }
            i += 1;
        }
        if !continues(body, i, separator) {
            return i;
        }
        i += 1;
    }
}

/// Whether the word after the blank at `i` is the rest of a path with a blank in it: it begins
/// with a letter, the blank stands inside a capitalised name, and the separator follows.
fn continues(body: &[u8], i: usize, separator: u8) -> bool {
    if body.get(i) != Some(&b' ') || class_at(body, i + 1) & LETTER == 0 {
        return false;
    }
    if separator == b'\\' && file_follows(body, i) {
        return true;
    }
    if separator == b'/' {
        let segment = body[..i].iter().rposition(|b| *b == b'/').map_or(0, |s| s + 1);
        let capital = |at: usize| body.get(at).is_some_and(u8::is_ascii_uppercase);
        if !(capital(segment) && capital(i + 1)) || body[segment..i].contains(&b'.') {
            return false;
        }
    }
    let mut j = i + 1;
    while class_at(body, j) & (BLANK | DELIMITER) == 0 {
        if body[j] == separator {
            return body.get(j + 1).is_some_and(u8::is_ascii_alphanumeric);
        }
        j += 1;
    }
    false
}

/// Whether the path up to `i` has no ending yet and the next word has one: `Q3 report.xlsx`.
fn file_follows(body: &[u8], i: usize) -> bool {
    let segment = body[..i].iter().rposition(|b| *b == b'\\').map_or(0, |s| s + 1);
    let mut end = i + 1;
    while !ends_word(body, end) {
        end += 1;
    }
    let word = &body[i + 1..end];
    let Some(dot) = word.iter().rposition(|b| *b == b'.') else {
        return false;
    };
    let ending = &word[dot + 1..];
    !body[segment..i].contains(&b'.')
        && dot > 0
        && (2..=4).contains(&ending.len())
        && ending.iter().all(u8::is_ascii_alphanumeric)
}

/// A path: rooted, or relative to `.`, `..` or `~`, or with two separators, or one and a dot.
pub(super) fn is_path(word: &[u8]) -> bool {
    let separator = |b: &&u8| matches!(**b, b'/' | b'\\');
    let rest = match word {
        [b'.', b'.', b'/', rest @ ..] | [b'.' | b'~', b'/', rest @ ..] => return !rest.is_empty(),
        [b'/', rest @ ..] => rest,
        _ => {
            let inner = &word[..word.len() - 1];
            let separators = inner.iter().filter(separator).count();
            return separators >= 2
                || (separators == 1 && inner.iter().any(|b| matches!(b, b'.' | b'\\')));
        }
    };
    !rest.is_empty()
}

/// Endings of program sources: `file=pool.cpp` names the program's own text.
const SOURCES: &[&[u8]] = &[
    b"c", b"cc", b"cpp", b"cxx", b"h", b"hpp", b"java", b"scala", b"kt", b"py", b"go", b"rs",
    b"js", b"ts", b"rb", b"php", b"cs", b"pl", b"lua", b"erl", b"swift", b"m", b"mm",
];

/// A file of a program's source, by its ending.
pub(super) fn is_source(word: &[u8]) -> bool {
    word.iter()
        .rposition(|b| *b == b'.')
        .is_some_and(|dot| dot > 0 && SOURCES.contains(&&word[dot + 1..]))
}

/// Top-level domains that no file type, class or English word ends in.
const DOMAINS: &[&[u8]] = &[
    b"com",
    b"net",
    b"org",
    b"edu",
    b"gov",
    b"mil",
    b"info",
    b"biz",
    b"local",
    b"lan",
    b"internal",
    b"localdomain",
    b"arpa",
    b"corp",
    b"example",
    b"cloud",
    b"home",
];
/// Countries whose domain is no file type, unit or English word.
const COUNTRIES: &[&[u8]] = &[
    b"uk", b"de", b"fr", b"nl", b"ch", b"se", b"dk", b"fi", b"pl", b"cz", b"ru", b"ua", b"cn",
    b"jp", b"kr", b"hk", b"tw", b"sg", b"au", b"nz", b"br", b"mx", b"ar", b"ca", b"eu", b"za",
    b"tr", b"ie", b"gr", b"hu", b"ro", b"bg", b"pt", b"vn",
];
/// First labels of reversed names: classes and packages, not hosts.
const REVERSED: &[&[u8]] =
    &[b"com", b"org", b"net", b"edu", b"io", b"java", b"javax", b"sun", b"android"];

/// A host name: labels of letters that end in a known domain, or three with a country's.
pub(super) fn is_host(word: &[u8]) -> bool {
    let mut labels = word.split(|b| *b == b'.');
    let (mut first, mut last, mut count): (&[u8], &[u8], usize) = (b"", b"", 0);
    for label in labels.by_ref() {
        if label.is_empty()
            || label.iter().any(|b| !b.is_ascii_alphanumeric() && *b != b'-' && *b != b'_')
        {
            return false;
        }
        if count == 0 {
            first = label;
        }
        last = label;
        count += 1;
    }
    if count < 2 || REVERSED.contains(&first) {
        return false;
    }
    DOMAINS.iter().any(|d| d.eq_ignore_ascii_case(last))
        || (count >= 3 && COUNTRIES.contains(&last))
}
