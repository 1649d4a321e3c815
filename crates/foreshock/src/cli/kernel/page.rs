//! The reports of a log → a page for a person at three in the morning: which boots, what happened in which order, then
//! each report once, the worst first.

mod full;

pub(super) use full::{Told, full};

use engine::kernel::{Analysis, BootSummary, Heuristic, Narrator, Report};
use model::Timestamp;
use outputs::safe;
use std::io::{self, Write};

/// Boots that are listed.
const BOOTS_MAX: usize = 12;
/// Reports that are told in full; the rest in one line each.
const FULL_MAX: usize = 20;
/// Lines of the story.
const STORY_MAX: usize = 24;

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
    story(out, &shown, analysis.summary.boots.len() > 1)?;
    let kinds = kinds(&shown);
    let mut meanings: Vec<String> = Vec::new();
    for (at, again) in kinds.iter().enumerate() {
        let report = again[0];
        if at >= FULL_MAX {
            writeln!(out, "{}", headline(report))?;
            continue;
        }
        let meaning = Heuristic.tell(report).meaning;
        let told = if meanings.contains(&meaning) { Told::Before } else { Told::Now };
        meanings.push(meaning);
        full(out, report, &analysis.reports, told)?;
        elsewhere(out, &again[1..])?;
        writeln!(out)?;
    }
    if kinds.len() > FULL_MAX {
        writeln!(out)?;
    }
    footer(out, analysis)
}

/// Reports of the same trouble in several boots together, the worst first.
fn kinds<'a>(shown: &[&'a Report]) -> Vec<Vec<&'a Report>> {
    let mut order = shown.to_vec();
    order.sort_by_key(|r| (std::cmp::Reverse(r.severity), r.id));
    let mut kinds: Vec<Vec<&Report>> = Vec::new();
    for report in order {
        let is_it = |kind: &&mut Vec<&Report>| {
            let first = kind[0];
            first.title == report.title && first.signature.strict == report.signature.strict
        };
        match kinds.iter_mut().find(is_it) {
            Some(kind) => kind.push(report),
            None => kinds.push(vec![report]),
        }
    }
    kinds
}

/// The same trouble at other places of the log.
fn elsewhere(out: &mut dyn Write, again: &[&Report]) -> io::Result<()> {
    if again.is_empty() {
        return Ok(());
    }
    let place = |r: &&Report| format!("boot {} (line {})", r.boot, r.first.line);
    let mut places: Vec<String> = again.iter().take(6).map(place).collect();
    if again.len() > places.len() {
        places.push(format!("{} more", again.len() - places.len()));
    }
    writeln!(out, "  The same again in {}", places.join(", "))
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
    if let Some(host) = &boot.host {
        line.push_str(&format!(" of {}", safe::text(host)));
    }
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

/// What happened, in the order in which it did.
fn story(out: &mut dyn Write, shown: &[&Report], has_boots: bool) -> io::Result<()> {
    if shown.len() < 2 {
        return Ok(());
    }
    let mut order = shown.to_vec();
    order.sort_by_key(|r| (r.boot, r.first.line));
    writeln!(out, "In order:")?;
    for report in order.iter().take(STORY_MAX) {
        let boot = if has_boots { format!("boot {}, ", report.boot) } else { String::new() };
        let when = match (report.first.mono_us, report.first.wall) {
            (Some(us), _) => format!("{}.{:03} s", us / 1_000_000, us / 1_000 % 1_000),
            (None, Some(wall)) => wall.to_minute_text(),
            (None, None) => format!("line {}", report.first.line),
        };
        writeln!(out, "  {:>22}  {}", format!("{boot}{when}"), headline(report))?;
    }
    if order.len() > STORY_MAX {
        writeln!(out, "  … and {} more", order.len() - STORY_MAX)?;
    }
    writeln!(out)
}

fn headline(report: &Report) -> String {
    let times = if report.count > 1 { format!(" ({} times)", report.count) } else { String::new() };
    format!("{:<8} {}{times}", report.severity.name().to_uppercase(), safe::text(&report.title))
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
