//! One report in full: what it means, where the code stood, the lines that show it, what to check, how to get to the
//! source.

use super::headline;
use engine::kernel::{Frame, Heuristic, Narrator, Report};
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

/// Whether the page has told before what such a report means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli::kernel) enum Told {
    Before,
    Now,
}

/// Writes one report in full; `others` are those that it may be related to.
pub(in crate::cli::kernel) fn full(
    out: &mut dyn Write,
    report: &Report,
    others: &[Report],
    told: Told,
) -> io::Result<()> {
    let words = Heuristic.tell(report);
    writeln!(out, "{}", headline(report))?;
    writeln!(out, "  {}", place(report))?;
    if told == Told::Now {
        paragraph(out, &safe::text(&words.meaning))?;
    }
    if let Some(why) = &report.corrupted_reason {
        writeln!(out, "  Damaged: {}.", safe::text(why))?;
    }
    related(out, report, others)?;
    if let Some(taint) = report.taint.as_ref().filter(|t| !t.flags.is_empty()) {
        writeln!(out, "  Taint {}: {}", safe::text(&taint.raw), taint.flags.join(", "))?;
    }
    let details: Vec<String> =
        report.details.iter().map(|(n, v)| format!("{n} {}", safe::text(v))).collect();
    if !details.is_empty() {
        paragraph(out, &details.join("; "))?;
    }
    if report.count > 1 {
        writeln!(out, "  First at line {}, last at line {}", report.first.line, report.last.line)?;
    }
    frames(out, report)?;
    evidence(out, report)?;
    match told {
        Told::Before => writeln!(out, "  Check: as above")?,
        Told::Now => {
            writeln!(out, "  Check:")?;
            for check in &words.check {
                writeln!(out, "    {:<45} {}", check.command, check.why)?;
            }
        }
    }
    symbolise(out, report)?;
    let strict = report.signature.strict.as_deref().unwrap_or(&report.signature.loose);
    writeln!(out, "  Fingerprint {strict}")
}

/// Running text in lines of [`COLUMNS`].
fn paragraph(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let mut line = String::new();
    for word in text.split_ascii_whitespace() {
        if !line.is_empty() && line.len() + word.len() >= COLUMNS {
            writeln!(out, "  {line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "  {line}")
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

/// The panic of the story; what else came before and after stands at the head of the page.
fn related(out: &mut dyn Write, report: &Report, others: &[Report]) -> io::Result<()> {
    for related in &report.related {
        let words = match related.relation {
            "led-to-panic" => "Led to",
            "panic-of" => "Is the end of",
            _ => continue,
        };
        if let Some(other) = others.iter().find(|r| r.id == related.id) {
            writeln!(out, "  {words}: {} (line {})", safe::text(&other.title), other.first.line)?;
        }
    }
    if report.panicked {
        writeln!(out, "  The kernel panicked in this boot.")?;
    }
    Ok(())
}

/// Whether this is the function that is to blame; compilers add parts to its name.
fn is_guilty(frame: &Frame, guilty: Option<&str>) -> bool {
    guilty.is_some_and(|guilty| frame.func.split('.').next() == Some(guilty))
}

fn frames(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let guilty = report.guilty();
    if report.traces.is_empty() {
        return Ok(());
    }
    let has_guilty = |frames: &[Frame]| frames.iter().any(|frame| is_guilty(frame, guilty));
    let found = report.traces.iter().position(|t| has_guilty(&t.frames)).unwrap_or(0);
    // The instruction pointer is the head of the trace that follows it.
    let is_pointer = report.traces[found].kind == "pointer";
    let traces = report.traces[found..].iter().take(1 + usize::from(is_pointer));
    let mut reliable: Vec<&Frame> = traces.flat_map(|t| &t.frames).filter(|f| f.reliable).collect();
    // Many architectures print it a second time as the first frame.
    reliable.dedup_by(|b, a| a.func == b.func && a.off == b.off);
    writeln!(out, "  Stack:")?;
    let at = reliable.iter().position(|frame| is_guilty(frame, guilty)).unwrap_or(0);
    let from = at.saturating_sub(2);
    if from > 0 {
        let frames = if from == 1 { "frame" } else { "frames" };
        writeln!(out, "      … {from} {frames} of the way into the report")?;
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
    if let Some(file) = &report.guilty_file {
        return writeln!(out, "  Source file: {}", safe::text(file));
    }
    let frames = || report.traces.iter().flat_map(|trace| &trace.frames);
    let Some(frame) = frames().find(|f| is_guilty(f, report.guilty())).or(frames().next()) else {
        return Ok(());
    };
    match report.kernel.as_deref().filter(|version| is_word(version)) {
        Some(version) => writeln!(out, "  To the source, with the debug symbols of {version}:")?,
        None => writeln!(out, "  To the source, with the debug symbols of this kernel:")?,
    }
    if let (Some(off), Some(size)) = (frame.off, frame.size)
        && is_word(&frame.func)
    {
        let object = match frame.module.as_deref().filter(|module| is_word(module)) {
            Some(module) => format!("{module}.ko"),
            None => "vmlinux".to_owned(),
        };
        writeln!(out, "    scripts/faddr2line {object} {}+0x{off:x}/0x{size:x}", frame.func)?;
    }
    writeln!(out, "    scripts/decode_stacktrace.sh vmlinux auto < LOG")
}

/// Only what every shell reads as one plain word stands in a command.
fn is_word(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'+');
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && text.bytes().all(is_plain)
}
