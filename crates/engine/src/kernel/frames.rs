//! A line of a stack trace → its frame, on any architecture.
//!
//! What is read here keeps what symbolisers need later: function, offset, size, module, build id;
//! and what the unwinder thought of it (`?`, `(unreliable)`).

use super::pattern::Pattern;
use aho_corasick::AhoCorasick;
use serde::Serialize;
use std::sync::LazyLock;

/// A frame of a stack trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// The build id of the module.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_id: Option<String>,
    /// Source file, where the log was symbolised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The function's name, or the address where the kernel knew none.
    pub func: String,
    /// A compiler put it into its caller.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub inline: bool,
    /// Line in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The module it is in; none for the kernel's image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Bytes into the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off: Option<u64>,
    /// The unwinder vouches for it.
    pub reliable: bool,
    /// Bytes of the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// arm: `[<pc>] (callee) from [<pc>] (caller+0x…)`; the top frame stands only in the first place.
static ARM: Pattern = Pattern::new(r"^ *{PC} \(([a-zA-Z0-9_.]+)\) from {PC} \({FUNC}");
/// The same since 5.18: `callee from caller+0x…`.
static ARM_NEW: Pattern = Pattern::new(r"^ *([a-zA-Z0-9_]+)[a-zA-Z0-9_.]* from {FUNC}");

/// The names of the functions in a line of a trace, unreliable ones left out; empty for other lines.
pub(super) fn names(line: &str) -> Vec<&str> {
    if let Some(name) = plain_name(line) {
        return vec![name];
    }
    if !line.contains(" from ") {
        return Vec::new();
    }
    let form = if line.contains(") from [") { &ARM } else { &ARM_NEW };
    form.groups(line).unwrap_or_default()
}

/// ` [<addr>] [<addr>] name+…`: blanks, up to two addresses, a name, a point or plus.
fn plain_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start_matches(' ');
    for _ in 0..2 {
        match address(rest).and_then(|behind| behind.strip_prefix(' ')) {
            Some(behind) => rest = behind,
            None => break,
        }
    }
    let b = rest.as_bytes();
    // ppc64 of old puts a point in front of the entry; s390 an opening bracket around it all.
    let from = usize::from(b.first() == Some(&b'.') && rest.len() < line.len());
    let end = b[from..].iter().position(|c| !(c.is_ascii_alphanumeric() || *c == b'_'))? + from;
    (end > from && matches!(b[end], b'.' | b'+')).then(|| &rest[from..end])
}

/// Behind `[<ffffffff81d91389>]` or `[c0000000001d7f20]`.
fn address(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('[')?;
    let inside = inside.strip_prefix('<').unwrap_or(inside);
    let digits = inside.strip_prefix("0x").unwrap_or(inside);
    let end = digits.bytes().take(17).take_while(u8::is_ascii_hexdigit).count();
    if end == 0 {
        return None;
    }
    let behind = &digits[end..];
    behind.strip_prefix('>').unwrap_or(behind).strip_prefix(']')
}

/// Reads a line of a trace in full: `None` if it holds no frame.
pub fn parse(line: &str) -> Option<Frame> {
    let mut rest = line.trim_start_matches(' ');
    rest = rest.strip_prefix("([").map_or(rest, |_| &rest[1..]);
    let mut reliable = true;
    if let Some((_, caller)) = rest.split_once(") from [") {
        // The caller's place is the exact one.
        rest = caller.split_once(" (").map_or(caller, |(_, name)| name);
    } else if let Some((callee, caller)) = rest.split_once(" from ")
        && !callee.contains(' ')
    {
        rest = caller;
    }
    // `RIP: 0010:name+0x…`, `pc : name+0x…`
    const HEADS: [&str; 11] = [
        "RIP: ",
        "EIP: ",
        "NIP ",
        "pc : ",
        "lr : ",
        "epc : ",
        "PC is at ",
        "LR is at ",
        "TPC: <",
        "ERA: ",
        "epc   : ",
    ];
    for head in HEADS {
        if let Some(behind) = rest.strip_prefix(head) {
            rest = behind.trim_start_matches(' ');
            // loongarch and mips print the address without brackets.
            if matches!(head, "ERA: " | "epc   : ") {
                rest = rest.trim_start_matches(|c: char| c.is_ascii_hexdigit()).trim_start();
            }
        }
    }
    // s390: `Krnl PSW : 0704… 0000… (name+0x…)`.
    if rest.starts_with("Krnl PSW : ") {
        rest = rest.split_once('(').map_or(rest, |(_, name)| name);
    }
    if let Some((segment, behind)) = rest.split_once(':')
        && segment.len() == 4
        && segment.bytes().all(|b| b.is_ascii_hexdigit())
    {
        rest = behind;
    }
    while let Some(behind) = address(rest) {
        rest = behind.trim_start_matches(' ');
    }
    if let Some(behind) = rest.strip_prefix("? ") {
        (reliable, rest) = (false, behind.trim_start_matches(' '));
    }
    rest = rest.strip_prefix('.').unwrap_or(rest);
    let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$' | b':');
    let end = rest.bytes().position(|b| !name(b)).unwrap_or(rest.len());
    let (func, behind) = rest.split_at(end);
    // `:module:name` of old kernels.
    let func = func.rsplit(':').next().unwrap_or(func);
    if func.is_empty() || func.starts_with('.') {
        return None;
    }
    let mut frame = Frame {
        func: super::stack::demangled(func),
        off: None,
        size: None,
        module: None,
        build_id: None,
        reliable,
        inline: false,
        file: None,
        line: None,
    };
    match behind.strip_prefix("+0x") {
        Some(numbers) => {
            let end = numbers.bytes().position(|b| !b.is_ascii_hexdigit());
            let (off, then) = numbers.split_at(end.unwrap_or(numbers.len()));
            frame.off = Some(u64::from_str_radix(off, 16).ok()?);
            let size = then.strip_prefix("/0x");
            let then = match size {
                Some(size) => {
                    let end = size.bytes().position(|b| !b.is_ascii_hexdigit());
                    let (size, then) = size.split_at(end.unwrap_or(size.len()));
                    frame.size = u64::from_str_radix(size, 16).ok();
                    then
                }
                None => then,
            };
            marks(then, &mut frame);
        }
        // An inlined function has a place in the source instead.
        None if behind.contains("[inline]") => marks(behind, &mut frame),
        None => return None,
    }
    Some(frame)
}

/// What stands behind the numbers: ` net/core/dev.c:123 [inline]`, ` [module build-id]`, ` (P)`,
/// ` (unreliable)`.
fn marks(text: &str, frame: &mut Frame) {
    frame.inline = text.contains("[inline]");
    if text.contains("(unreliable)") {
        frame.reliable = false;
    }
    for word in text.split([' ', ')']).filter(|w| !w.is_empty()) {
        if let Some((file, line)) = word.rsplit_once(':')
            && (file.ends_with(".c") || file.ends_with(".h") || file.ends_with(".rs"))
            && let Ok(line) = line.parse()
        {
            (frame.file, frame.line) = (Some(file.to_owned()), Some(line));
        }
    }
    if frame.inline {
        return;
    }
    if let Some((inside, _)) = text.split_once('[').and_then(|(_, t)| t.split_once(']')) {
        let mut words = inside.split(' ');
        frame.module = words.next().filter(|m| !m.is_empty()).map(str::to_owned);
        frame.build_id = words.next().filter(|id| id.len() >= 16).map(str::to_owned);
    }
}

/// Whether a line is a part of a stack trace: a frame, or a heading that stands above frames.
pub(super) fn is_of_trace(line: &str) -> bool {
    let line = line.trim();
    let headings = [
        "Call Trace:",
        "Call trace:",
        "Backtrace:",
        "Stack:",
        "<TASK>",
        "</TASK>",
        "<IRQ>",
        "</IRQ>",
        "<EOI>",
    ];
    headings.contains(&line) || line.contains("+0x") && parse(line).is_some()
}

/// Whether the unwinder does not vouch for the frame in this line.
pub(super) fn is_doubted(line: &str) -> bool {
    let question = memchr::memchr(b'?', line.as_bytes()).is_some_and(|_| line.contains(" ? "));
    (question || line.ends_with(" (unreliable)")) && !line.contains("<EOI>")
}

/// Words that make a line of a report recognisable.
static REPORT_MARKS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::new([
        "+0x",
        "Call Trace",
        "Call trace",
        "Backtrace",
        "RIP:",
        "Code:",
        "Modules linked in",
        "CPU:",
        "PID:",
        "Pid:",
        "Hardware name:",
        "TASK>",
        "IRQ>",
        "NMI>",
        "EOI>",
        "EFLAGS",
        "RSP:",
        "RAX:",
        "---[ end",
        "R13:",
        "CR2:",
        "DR0:",
        "pstate:",
        "Internal error",
        "Kernel panic",
        "======",
    ])
    .ok()
});

/// Whether a line looks like a part of a report: frames, registers, code, headings.
pub(super) fn is_of_report(line: &str) -> bool {
    REPORT_MARKS.as_ref().is_some_and(|marks| marks.is_match(line)) || is_register_line(line)
}

/// `x29: ffff… x28: …`, `r5 : 00000000 …`, ` ffff8801cd20f810 ffffffff81d91389 …`.
fn is_register_line(line: &str) -> bool {
    let mut hex = 0;
    for word in line.split_ascii_whitespace() {
        if word.len() >= 8 && word.bytes().all(|b| b.is_ascii_hexdigit()) {
            hex += 1;
        }
    }
    hex >= 2
}
