//! The reports of a log → a page for a person at three in the morning: what happened, how sure that
//! is, the lines that show it, what to check, how to get to the source.

use engine::kernel::{Analysis, BootSummary, Frame, Heuristic, Narrator, Report};
use model::Timestamp;
use outputs::safe;
use std::io::{self, Write};

/// Frames of a trace that are shown; the JSON has all.
const FRAMES_MAX: usize = 8;
/// Lines of evidence that are shown.
const EVIDENCE_LINES_MAX: usize = 12;
/// Characters of each.
const EVIDENCE_CHARS_MAX: usize = 160;
/// Columns of running text.
const COLUMNS: usize = 96;
/// Boots that are listed.
const BOOTS_MAX: usize = 12;
/// Reports that are told in full; the rest in one line each.
const FULL_MAX: usize = 20;

/// Writes the page of one log.
pub(super) fn write(
    out: &mut dyn Write,
    name: &str,
    analysis: &Analysis,
    is_named: bool,
) -> io::Result<()> {
    if is_named {
        writeln!(out, "== {}", safe::text(name))?;
    }
    let shown: Vec<&Report> = analysis.reports.iter().filter(|r| !r.suppressed).collect();
    boots(out, analysis)?;
    if shown.is_empty() {
        writeln!(out, "Nothing to report in {} lines.\n", analysis.summary.lines)?;
        return footer(out, analysis);
    }
    let mut order = shown.clone();
    order.sort_by_key(|r| (std::cmp::Reverse(r.severity), r.id));
    for (at, report) in order.iter().enumerate() {
        if at < FULL_MAX {
            full(out, report, &analysis.reports)?;
        } else {
            writeln!(out, "{}", headline(report))?;
        }
    }
    if order.len() > FULL_MAX {
        writeln!(out)?;
    }
    footer(out, analysis)
}

fn boots(out: &mut dyn Write, analysis: &Analysis) -> io::Result<()> {
    let boots = &analysis.summary.boots;
    for boot in boots.iter().take(BOOTS_MAX) {
        writeln!(out, "{}", boot_line(boot))?;
    }
    if boots.len() > BOOTS_MAX {
        writeln!(out, "… and {} more boots", boots.len() - BOOTS_MAX)?;
    }
    writeln!(out)
}

fn boot_line(boot: &BootSummary) -> String {
    let mut line = format!("Boot {}", boot.index);
    if let Some(start) = boot.start_wall {
        let about = if boot.clock == engine::kernel::Confidence::Exact { "" } else { "about " };
        line.push_str(&format!(", {about}{}", Timestamp::from_micros(start).to_minute_text()));
    }
    for fact in [&boot.version, &boot.hardware].into_iter().flatten() {
        line.push_str(&format!(", {}", safe::text(fact)));
    }
    if boot.truncated_start {
        line.push_str("; its beginning is not in the log");
    }
    if boot.panicked {
        line.push_str("; the kernel panicked");
    }
    line
}

/// Running text in lines of [`COLUMNS`].
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_ascii_whitespace() {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].len() + word.len() >= COLUMNS {
            lines.push(word.to_owned());
        } else {
            if !lines[last].is_empty() {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    lines
}

fn headline(report: &Report) -> String {
    let times = if report.count > 1 { format!(" ({} times)", report.count) } else { String::new() };
    format!("{:<8} {}{times}", report.severity.name().to_uppercase(), safe::text(&report.title))
}

/// Writes one report in full; `others` are those that it may be related to.
pub(super) fn full(out: &mut dyn Write, report: &Report, others: &[Report]) -> io::Result<()> {
    let told = Heuristic.tell(report);
    writeln!(out, "{}", headline(report))?;
    writeln!(out, "  {}", place(report))?;
    for line in wrapped(&told.meaning) {
        writeln!(out, "  {line}")?;
    }
    if let Some(why) = &report.corrupted_reason {
        writeln!(out, "  Damaged: {}.", safe::text(why))?;
    }
    story(out, report, others)?;
    if let Some(taint) = report.taint.as_ref().filter(|t| !t.flags.is_empty()) {
        writeln!(out, "  Taint {}: {}", safe::text(&taint.raw), taint.flags.join(", "))?;
    }
    for (name, value) in &report.details {
        writeln!(out, "  {name}: {}", safe::text(value))?;
    }
    if report.count > 1 {
        writeln!(out, "  First at line {}, last at line {}", report.first.line, report.last.line)?;
    }
    frames(out, report)?;
    evidence(out, report)?;
    writeln!(out, "  Check:")?;
    for check in &told.check {
        writeln!(out, "    {:<45} {}", check.command, check.why)?;
    }
    symbolise(out, report)?;
    let strict = report.signature.strict.as_deref().unwrap_or(&report.signature.loose);
    writeln!(out, "  Fingerprint {strict}\n")
}

/// Where and when, in one line.
fn place(report: &Report) -> String {
    let mut parts = vec![format!("{} · {}", report.kind, report.family.name())];
    if let Some(wall) = report.first.wall {
        parts.push(wall.to_minute_text());
    }
    if let Some(mono) = report.first.mono_us {
        parts.push(format!("{}.{:06} s after boot", mono / 1_000_000, mono % 1_000_000));
    }
    let evidence = &report.evidence;
    parts.push(match evidence.line_start == evidence.line_end {
        true => format!("line {}", evidence.line_start),
        false => format!("lines {}–{}", evidence.line_start, evidence.line_end),
    });
    if let Some(comm) = &report.comm {
        let pid = report.pid.map_or(String::new(), |pid| format!(" ({pid})"));
        parts.push(format!("task {}{pid}", safe::text(comm)));
    }
    if let Some(cpu) = report.cpu {
        parts.push(format!("CPU {cpu}"));
    }
    parts.join(" · ")
}

/// What came before and after.
fn story(out: &mut dyn Write, report: &Report, others: &[Report]) -> io::Result<()> {
    for related in &report.related {
        let other = others.iter().find(|r| r.id == related.id);
        let Some(other) = other else { continue };
        let words = match related.relation {
            "follows" => "Came after",
            "followed-by" => "Was followed by",
            "led-to-panic" => "Led to",
            _ => "Is the end of",
        };
        let (title, line) = (safe::text(&other.title), other.first.line);
        writeln!(out, "  {words}: {title} (line {line})")?;
    }
    if report.panicked {
        writeln!(out, "  The kernel panicked in this boot.")?;
    }
    Ok(())
}

fn frames(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let guilty = report.guilty();
    let has_guilty = |frames: &[Frame]| {
        guilty.is_some_and(|g| frames.iter().any(|f| f.func.split('.').next() == Some(g)))
    };
    if report.traces.is_empty() {
        return Ok(());
    }
    let found = report.traces.iter().position(|t| has_guilty(&t.frames)).unwrap_or(0);
    // The instruction pointer is the head of the trace that follows it.
    let is_pointer = report.traces[found].kind == "pointer";
    let traces = report.traces[found..].iter().take(1 + usize::from(is_pointer));
    let reliable: Vec<&Frame> = traces.flat_map(|t| &t.frames).filter(|f| f.reliable).collect();
    writeln!(out, "  Stack:")?;
    let at = reliable.iter().position(|f| f.func.split('.').next() == guilty).unwrap_or(0);
    let from = at.saturating_sub(2);
    if from > 0 {
        writeln!(out, "      … {from} frames of the way into the report")?;
    }
    for (place, frame) in reliable.iter().enumerate().skip(from).take(FRAMES_MAX) {
        let mark = if place == at && guilty.is_some() { '>' } else { ' ' };
        let module = frame.module.as_ref().map_or(String::new(), |m| format!(" [{m}]"));
        let off = frame.off.map_or(String::new(), |off| format!("+0x{off:x}"));
        writeln!(out, "    {mark} {}{off}{}", safe::text(&frame.func), safe::text(&module))?;
    }
    let left = reliable.len().saturating_sub(from + FRAMES_MAX);
    if left > 0 {
        writeln!(out, "      … {left} more")?;
    }
    Ok(())
}

fn evidence(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    writeln!(out, "  Evidence:")?;
    // Lists of modules are long and say little here; the JSON has them.
    let mut in_list = false;
    let wanted = |line: &&str| {
        in_list = line.starts_with("Modules linked in") || in_list && line.starts_with(' ');
        !in_list && !line.trim().is_empty()
    };
    let lines: Vec<&str> = report.evidence.text.lines().filter(wanted).collect();
    for line in lines.iter().take(EVIDENCE_LINES_MAX) {
        let cut: String = line.chars().take(EVIDENCE_CHARS_MAX).collect();
        let dots = if cut.len() < line.len() { "…" } else { "" };
        writeln!(out, "    | {}{dots}", safe::text(&cut))?;
    }
    if lines.len() > EVIDENCE_LINES_MAX {
        writeln!(out, "    | … {} more lines", lines.len() - EVIDENCE_LINES_MAX)?;
    }
    Ok(())
}

/// How to get from the frames to the source.
fn symbolise(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let Some(file) = &report.guilty_file else {
        if report.traces.is_empty() {
            return Ok(());
        }
        return writeln!(
            out,
            "  To the source: scripts/decode_stacktrace.sh vmlinux < log, with the vmlinux of this build"
        );
    };
    writeln!(out, "  Source file: {}", safe::text(file))
}

fn footer(out: &mut dyn Write, analysis: &Analysis) -> io::Result<()> {
    let summary = &analysis.summary;
    for gap in summary.gaps.iter().take(5) {
        let lost = gap.lost.map_or(String::new(), |n| format!(" ({n})"));
        writeln!(out, "Messages are missing before line {}: {}{lost}", gap.line, gap.reason)?;
    }
    if summary.gaps.len() > 5 {
        writeln!(out, "… and in {} more places", summary.gaps.len() - 5)?;
    }
    for defect in summary.defects.iter().take(5) {
        writeln!(out, "Line {}: {}", defect.line, safe::text(&defect.reason))?;
    }
    let more = summary.defects.len().saturating_sub(5) as u64 + summary.defects_more;
    if more > 0 {
        writeln!(out, "… and {more} more lines that could not be read as they should")?;
    }
    Ok(())
}
