//! The lines of a report and its stack plan → the guilty frames.

use super::frames;
use super::grammar::{Pick, ReadyStack, ReadyStep};
use super::pattern::Pattern;
use super::skip::{self, Rule};
use aho_corasick::AhoCorasick;
use rustc_demangle::try_demangle;
use std::sync::LazyLock;

/// What stands in a name where no frame was found.
pub(super) const NO_FRAME: &str = "corrupted";

/// A guilty frame: as it goes into names, and as it stood in the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Guilty {
    pub(super) name: String,
    pub(super) raw: String,
}

/// Lines that open a stack trace.
static TRACE_STARTS: LazyLock<Vec<(Pattern, bool)>> = LazyLock::new(|| {
    [
        ("Call [Tt]race", true),
        ("Allocated:", true),
        ("Allocated by task [0-9]+:", true),
        ("Freed:", true),
        ("Freed by task [0-9]+:", true),
        // Not `stack backtrace:`, which only announces another heading.
        (r"(?:^|[^k]) backtrace(?: \(crc [[:xdigit:]]*\))?:", true),
        ("Backtrace:", true),
        ("Uninit was stored to memory at", true),
        // On riscv the stack follows the registers without a heading, or there is none.
        ("status: [0-9a-f]{16} badaddr: [0-9a-f]{16} cause: [0-9a-f]{16}", false),
    ]
    .map(|(pattern, needs_frames)| (Pattern::new(pattern), needs_frames))
    .into()
});

/// Words without which no line opens a trace: the patterns run on few lines only.
static TRACE_WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::new([
        "all Trace",
        "all trace",
        "llocated",
        "Freed",
        "acktrace",
        "Uninit was stored",
        "status: ",
    ])
    .ok()
});

/// How many lines behind a heading may pass before its first frame, and how many there must be.
const LINES_TO_FRAME_MAX: usize = 15;
const LINES_BEHIND_HEADING_MIN: usize = 4;

/// The kernel makes errors on purpose when it is tested; such a stack in a report is not its own.
static INJECTED: Pattern =
    Pattern::new(r"^(?: \[<?(?:0x)?[0-9a-f]+>?\])? should_fail(?:slab)?(?:\.[a-z0-9.]+)?\+0x");

fn is_injected(line: &str) -> bool {
    line.contains("should_fail") && INJECTED.is_match(line)
}

/// Whether a line opens a stack trace.
pub(super) fn opens_trace(line: &str) -> bool {
    TRACE_WORDS.as_ref().is_some_and(|words| words.is_match(line))
        && TRACE_STARTS.iter().any(|(pattern, _)| pattern.is_match(line))
}

/// The guilty frames by the plan of a form, and whether all of them were found.
pub(super) fn guilty(stack: &ReadyStack, lines: &[&str]) -> (Vec<Guilty>, bool) {
    let (frames, complete) = walk(stack, &stack.steps, lines);
    if complete || stack.otherwise.is_empty() {
        return (frames, complete);
    }
    walk(stack, &stack.otherwise, lines)
}

fn walk(stack: &ReadyStack, steps: &[ReadyStep], lines: &[&str]) -> (Vec<Guilty>, bool) {
    let mut lines = lines.iter();
    let mut found = Vec::new();
    let mut results = Vec::new();
    let mut complete = true;
    let mut traces = 0;
    let mut at = 0;
    loop {
        let is_trace = matches!(steps.get(at), Some(ReadyStep::Trace));
        if at == steps.len() || is_trace && traces > 0 {
            let guilty = pick(stack.pick, &found).unwrap_or_else(|| {
                complete = false;
                Guilty { name: NO_FRAME.to_owned(), raw: NO_FRAME.to_owned() }
            });
            results.push(guilty);
            found.clear();
        }
        match steps.get(at) {
            None => return (results, complete),
            Some(ReadyStep::Trace) => {
                traces += 1;
                let next = match steps.get(at + 1) {
                    Some(ReadyStep::Seek(pattern)) => Some(pattern),
                    _ => None,
                };
                match trace(&mut lines, next, &stack.skip, &mut found) {
                    Ended::Injected => complete = false,
                    Ended::AtNextStep => at += 1,
                    Ended::AtHeading | Ended::AtEnd => {}
                }
            }
            Some(ReadyStep::Seek(pattern)) => {
                for line in lines.by_ref() {
                    if is_injected(line) {
                        complete = false;
                        break;
                    }
                    if let Some(groups) = pattern.groups(line) {
                        add(&mut found, &groups, &stack.skip);
                        break;
                    }
                }
            }
        }
        at += 1;
    }
}

/// Why a trace ended.
enum Ended {
    AtHeading,
    AtNextStep,
    Injected,
    AtEnd,
}

fn trace(
    lines: &mut std::slice::Iter<'_, &str>,
    next: Option<&Pattern>,
    skip: &[Rule],
    found: &mut Vec<String>,
) -> Ended {
    for line in lines.by_ref() {
        if is_injected(line) {
            return Ended::Injected;
        }
        if opens_trace(line) {
            return Ended::AtHeading;
        }
        if let Some(groups) = next.and_then(|pattern| pattern.groups(line)) {
            add(found, &groups, skip);
            return Ended::AtNextStep;
        }
        add(found, &frames::names(line), skip);
    }
    Ended::AtEnd
}

fn add(found: &mut Vec<String>, names: &[&str], skip: &[Rule]) {
    for name in names {
        let name = demangled(name);
        if !skip::is_never_guilty(&name) && !skip.iter().any(|rule| rule.is_match(&name)) {
            found.push(name);
        }
    }
}

/// A function's name as its programmer wrote it.
pub(super) fn demangled(name: &str) -> String {
    if (name.starts_with("_R") || name.starts_with("_ZN"))
        && let Ok(readable) = try_demangle(name)
    {
        return format!("{readable:#}");
    }
    cpp_name(name).unwrap_or_else(|| name.to_owned())
}

/// `_Z4nameiii` → `name`, `_ZN3foo3barEv` → `foo::bar`: plain names of the Itanium ABI, for modules
/// that were written in C++; what is more than that stays as it is.
fn cpp_name(name: &str) -> Option<String> {
    let rest = name.strip_prefix("_Z")?;
    let (mut rest, is_nested) = rest.strip_prefix('N').map_or((rest, false), |rest| (rest, true));
    let mut parts = Vec::new();
    while rest.starts_with(|c: char| c.is_ascii_digit()) {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let length: usize = rest[..digits].parse().ok()?;
        parts.push(rest.get(digits..digits + length)?);
        rest = &rest[digits + length..];
        if !is_nested {
            break;
        }
    }
    (!parts.is_empty()).then(|| parts.join("::"))
}

fn pick(pick: Pick, found: &[String]) -> Option<Guilty> {
    let stripped = |name: &'_ String| skip::without_syscall_prefix(name).to_owned();
    let guilty = |at: usize| {
        let raw: &String = found.get(at)?;
        Some(Guilty { name: stripped(raw), raw: raw.clone() })
    };
    match pick {
        Pick::First => guilty(0),
        Pick::BelowDispatch => {
            let at = found.iter().position(|name| {
                let name = skip::without_syscall_prefix(name);
                skip::DISPATCH.iter().any(|mark| Rule::new(mark).is_match(name))
            })?;
            if found[at].contains("smp_call_function") {
                // Processors wait for each other here, under several names.
                return Some(Guilty {
                    name: "smp_call_function".to_owned(),
                    raw: found[at].clone(),
                });
            }
            guilty(at.saturating_sub(1))
        }
        Pick::Blocked => {
            for (at, raw) in found.iter().enumerate() {
                for (wait, name) in skip::COMMON_WAITS {
                    if raw.contains(wait) {
                        let name = name.map_or_else(|| stripped(raw), str::to_owned);
                        return Some(Guilty { name, raw: found[at].clone() });
                    }
                }
            }
            let waits = |name: &str| skip::WAITING.iter().any(|part| name.contains(part));
            guilty(found.iter().position(|raw| !waits(skip::without_syscall_prefix(raw)))?)
        }
    }
}

/// Why the stack traces of a report show that it is damaged; `None` if they do not.
pub(super) fn damage(lines: &[&str]) -> Option<&'static str> {
    let mut has_trace = false;
    for (pattern, needs_frames) in TRACE_STARTS.iter() {
        let Some(at) = lines.iter().position(|line| pattern.is_match(line)) else {
            continue;
        };
        // The line behind the last end of line counts, as in a text cut at its line ends.
        let behind = &lines[at..];
        if behind.len() + 1 < LINES_BEHIND_HEADING_MIN {
            return Some("a stack trace is cut off");
        }
        let mut has_frames = false;
        for line in behind.iter().skip(1).take(LINES_TO_FRAME_MAX) {
            if opens_trace(line) {
                break;
            }
            if line.contains("(stack is not available)") || !frames::names(line).is_empty() {
                has_frames = true;
                break;
            }
        }
        has_trace |= has_frames;
        if *needs_frames && !has_frames {
            return Some("a stack trace holds no frames");
        }
    }
    if has_trace { None } else { Some("there is no stack trace") }
}
