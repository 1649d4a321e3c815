//! The lines of a report → its name, other names of the same trouble, and whether it is damaged.

use super::grammar::{Formless, Ready, ReadyForm};
use super::skip;
use super::stack::{self, Guilty};
use regex::Regex;
use std::sync::LazyLock;

/// Names are cut here; lines that got mixed can be very long.
const TITLE_BYTES_MAX: usize = 120;
/// A loop that replaces until nothing changes ends here at the latest.
const PASSES_MAX: usize = 64;

/// What the words of a report say.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) title: String,
    pub(super) also: Vec<String>,
    /// Why it is damaged.
    pub(super) damage: Option<&'static str>,
    /// A form of the grammar fits.
    pub(super) has_form: bool,
    /// Such a report needs no stack trace.
    pub(super) traceless: bool,
}

/// Names a report. `lines` are those of the report alone, from the one that opens it.
pub(super) fn describe(ready: &Ready, lines: &[&str]) -> Option<Said> {
    // A task's name may hold an end of line: then the first line is two.
    let joined = lines.get(..2).map(|two| two.join("\n"));
    if let Some(joined) = &joined
        && !ready.has_any_form(lines[0])
        && ready.has_any_form(joined)
        && !ready.has_any_form(lines[1])
    {
        let mut whole = vec![joined.as_str()];
        whole.extend(&lines[2..]);
        return by_forms(ready, &whole);
    }
    by_forms(ready, lines)
}

fn by_forms(ready: &Ready, lines: &[&str]) -> Option<Said> {
    for (at, line) in lines.iter().enumerate() {
        let begins: Vec<Option<usize>> = ready.forms.iter().map(|f| f.title.find(line)).collect();
        let Some(earliest) = begins.iter().flatten().min() else {
            continue;
        };
        for (form, begin) in ready.forms.iter().zip(&begins) {
            if *begin != Some(*earliest) {
                continue;
            }
            if let Some(said) = apply(form, lines, at) {
                return Some(said);
            }
        }
        let mut said = whole_line(ready, lines)?;
        said.damage = Some("its form is incomplete");
        return Some(said);
    }
    match ready.header.formless {
        Formless::Report => whole_line(ready, lines),
        Formless::Nothing | Formless::Never => None,
    }
}

/// The line itself, from the words that open the report.
fn whole_line(ready: &Ready, lines: &[&str]) -> Option<Said> {
    let line = lines.first()?;
    let at = line.find(ready.header.words)?;
    Some(Said { title: line[at..].to_owned(), ..Said::default() })
}

/// Fills a form whose title stands in line `at`; `None` if the rest of it is missing.
fn apply(form: &ReadyForm, lines: &[&str], at: usize) -> Option<Said> {
    let (line, column, captured) = match form.then.split_first() {
        None => {
            let (column, captured) = form.title.captures(lines[at])?;
            (at, column, captured)
        }
        Some((first, later)) => {
            let mut place = lines.iter().position(|line| first.is_match(line))?;
            let (line, (column, mut captured)) = (place, first.captures(lines[place])?);
            for pattern in later {
                place += 1;
                let behind = lines.get(place..)?.iter();
                place += behind.take_while(|line| !pattern.is_match(line)).count();
                captured.extend(pattern.captures(lines.get(place)?)?.1);
            }
            (line, column, captured)
        }
    };
    let mut said = Said {
        has_form: true,
        traceless: form.form.traceless,
        damage: form.form.broken.then_some("its beginning is missing"),
        ..Said::default()
    };
    let mut guilty = Vec::new();
    if let Some(plan) = &form.stack {
        let mut rest: Vec<&str> = lines[line..].to_vec();
        rest[0] = &rest[0][column..];
        let complete;
        (guilty, complete) = stack::guilty(plan, &rest);
        if !complete {
            said.damage = said.damage.or(Some("no frame was found"));
        }
    }
    let names: Vec<&str> = guilty.iter().map(|g| g.name.as_str()).collect();
    said.title = fill(form.form.says, &captured, &names);
    said.also.extend(form.form.also.iter().map(|also| fill(also, &captured, &names)));
    for names in spellings(&guilty) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let title = fill(form.form.says, &captured, &names);
        if title != said.title {
            said.also.push(title);
        }
        said.also.extend(form.form.also.iter().map(|also| fill(also, &captured, &names)));
    }
    Some(said)
}

/// The raw frames, and each way of taking one prefix of a system call off them: kernels of other
/// versions and architectures name them so.
fn spellings(guilty: &[Guilty]) -> Vec<Vec<String>> {
    let raw: Vec<String> = guilty.iter().map(|g| g.raw.clone()).collect();
    let mut all = vec![raw];
    for prefix in skip::SYSCALL_PREFIXES {
        if guilty.iter().any(|g| g.raw.starts_with(prefix)) {
            let strip = |g: &Guilty| g.raw.strip_prefix(prefix).unwrap_or(&g.raw).to_owned();
            all.push(guilty.iter().map(strip).collect());
        }
    }
    all
}

/// `{1}` → the first that was captured, `{f}` and `{g}` → the guilty frames.
fn fill(template: &str, captured: &[&str], frames: &[&str]) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((hole, then)) = behind.split_once('}') else {
            break;
        };
        text.push_str(before);
        text.push_str(match hole {
            "f" => frames.first().copied().unwrap_or_default(),
            "g" => frames.get(1).copied().unwrap_or_default(),
            number => {
                let place = number.parse::<usize>().unwrap_or(0);
                captured.get(place.wrapping_sub(1)).copied().unwrap_or_default()
            }
        });
        rest = then;
    }
    text.push_str(rest);
    text
}

/// What differs from crash to crash, and what stands for it in a name, in the order of application.
static VOLATILE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let rules: [(&str, &str); 9] = [
        // Workers of a fuzzer.
        (r"syz-executor\.?[0-9]+(?:[/:][0-9]+)?", "syz-executor"),
        (r"syzkaller[0-9]+(?:[/:][0-9]+)?", "syzkaller"),
        (r"([^a-zA-Z0-9])(?:0x)?[0-9a-f]{6,}", "${1}ADDR"),
        (r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}", "IP"),
        (r"(\.[a-zA-Z0-9_]+)(?::[0-9]+)+", "${1}:LINE"),
        (r"([a-zA-Z][a-zA-Z0-9_.]+)\+0x[0-9a-z]+/0x[0-9a-z]+", "${1}"),
        ("CPU#[0-9]+", "CPU"),
        ("([^a-zA-Z0-9_])[0-9]+([^a-zA-Z0-9_]|$)", "${1}NUM${2}"),
        // Numbers in names of functions stay, unless they are too long for that.
        ("[0-9]{7,}", "NUM"),
    ];
    rules.iter().filter_map(|(rule, word)| Some((Regex::new(rule).ok()?, *word))).collect()
});

/// A name without what differs from crash to crash, in printable ASCII, of bounded length.
pub(super) fn clean(title: &str) -> String {
    let mut text = title.to_owned();
    for (rule, word) in VOLATILE.iter() {
        for _ in 0..PASSES_MAX {
            let next = rule.replace_all(&text, *word);
            if next == text {
                break;
            }
            text = next.into_owned();
        }
    }
    let mut kept = String::with_capacity(text.len().min(TITLE_BYTES_MAX));
    let mut after_blank = true;
    for byte in text.bytes().take(TITLE_BYTES_MAX) {
        let byte = if byte == b'\t' { b' ' } else { byte };
        if !(0x20..0x7f).contains(&byte) || byte == b' ' && after_blank {
            continue;
        }
        kept.push(char::from(byte));
        after_blank = byte == b' ';
    }
    kept.trim().to_owned()
}

/// The function that a name ends in: what stands behind the last ` in `.
pub(super) fn frame_of(title: &str) -> Option<String> {
    let at = title.rfind(" in ")?;
    let behind = &title[at + 4..];
    let mut end = 0;
    if behind.starts_with('<') {
        end = behind.find('>')? + 1;
    }
    let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':');
    end += behind[end..].bytes().take_while(|b| name(*b)).count();
    (end > 0).then(|| behind[..end].to_owned())
}

/// Whether a time of the kernel stands in a name: two messages got mixed.
pub(super) fn holds_stamp(title: &str) -> bool {
    let b = title.as_bytes();
    b.iter().enumerate().filter(|(_, c)| **c == b'[').any(|(open, _)| {
        let inside = title[open + 1..].trim_start_matches(' ');
        let whole = inside.bytes().take_while(u8::is_ascii_digit).count();
        let rest = inside[whole..].strip_prefix('.');
        whole > 0
            && rest.is_some_and(|r| {
                let fraction = r.bytes().take_while(u8::is_ascii_digit).count();
                fraction > 0 && r[fraction..].starts_with(']')
            })
    })
}
