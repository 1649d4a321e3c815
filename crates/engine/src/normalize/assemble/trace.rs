//! The shapes of single lines of stack traces: Java, .NET, Python, Go, Ruby, Node.

/// What Python prints in front of a trace.
pub(super) const TRACEBACK: &[u8] = b"Traceback (most recent call last):";

/// One frame of a trace, or a line that only traces have; wherever it stands it continues.
pub(super) fn is_frame(trimmed: &[u8], indented: bool) -> bool {
    match trimmed.first() {
        Some(b'a') => trimmed.strip_prefix(b"at ").is_some_and(|t| frame_target(t, indented)),
        Some(b'C') => trimmed.starts_with(b"Caused by: "),
        Some(b'S') => trimmed.starts_with(b"Suppressed: "),
        Some(b'.') => {
            trimmed.starts_with(b"... ")
                && (trimmed.ends_with(b" more") || trimmed.ends_with(b"omitted"))
        }
        Some(b'f') => {
            trimmed.starts_with(b"from ") && memchr::memmem::find(trimmed, b":in ").is_some()
        }
        Some(b'-') => trimmed.starts_with(b"--- End of "),
        _ => false,
    }
}

/// `org.example.Foo.bar(Foo.java:12)`, `Foo.Bar() in x.cs:line 3`, `fn (file.js:1:2)`, `/x.js:1:2`.
/// Unindented, where `at` may begin a sentence, only the form of Java counts.
fn frame_target(target: &[u8], indented: bool) -> bool {
    if !indented {
        let call = target.split(|b| *b == b'(').next().unwrap_or_default();
        return target.ends_with(b")") && call.contains(&b'.') && !call.contains(&b' ');
    }
    target.contains(&b'(')
        || target.contains(&b'/')
        || memchr::memmem::find(target, b":line ").is_some()
}

/// An unindented line that begins a trace.
pub(super) fn begins_trace(trimmed: &[u8]) -> bool {
    trimmed == TRACEBACK || exception_type(trimmed).is_some()
}

/// The dotted name at the line's start if it names an exception: `java.io.IOException: …`.
pub(super) fn exception_type(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_prefix(b"Caused by: ").unwrap_or(line);
    let name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$');
    let end = line.iter().take(256).position(|b| !name(b)).unwrap_or(line.len().min(256));
    let word = &line[..end];
    let delimited = matches!(line.get(end), None | Some(b':' | b' '));
    let shaped = word.contains(&b'.') && word.first()?.is_ascii_alphabetic();
    let ends = [&b"Exception"[..], b"Error", b"Throwable"].iter().any(|e| word.ends_with(e));
    (delimited && shaped && ends).then_some(word)
}

/// The last line of a Python trace: the exception's name, and a colon if it has something to say.
pub(super) fn is_exception_line(line: &[u8]) -> bool {
    let name = line.split(|b| *b == b':').next().unwrap_or_default();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_');
    !name.is_empty() && name.iter().all(plain)
}

/// What Python prints between two traces that belong together.
pub(super) fn chains_traceback(trimmed: &[u8]) -> bool {
    trimmed.starts_with(b"During handling of the above exception")
        || trimmed.starts_with(b"The above exception was the direct cause")
}

pub(super) fn begins_goroutines(line: &[u8]) -> bool {
    line.starts_with(b"panic: ")
        || line.starts_with(b"fatal error: ")
        || line.starts_with(b"goroutine ")
}

/// A line of a Go panic's dump: a goroutine's head, a call, its place.
pub(super) fn is_goroutine_line(line: &[u8]) -> bool {
    let heads =
        [&b"goroutine "[..], b"\t", b"[signal ", b"created by ", b"exit status ", b"panic: "];
    let call = || {
        let head = line.split(|b| *b == b'(').next().unwrap_or_default();
        line.ends_with(b")") && head.contains(&b'.') && !head.contains(&b' ')
    };
    heads.iter().any(|head| line.starts_with(head)) || call()
}
