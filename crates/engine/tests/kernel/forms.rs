//! What the kernel's reports look like by architecture and version, one log each in `fixtures/kernel_forms`; the lines
//! at the head say what must be found. And lines that tell trouble by themselves, with others that do not.

use super::{analyse, fixtures};
use engine::kernel::Report;

fn told(report: &Report) -> String {
    let frame = report.frame.as_deref().unwrap_or("-");
    format!("{} | {} | {} | {frame}", report.title, report.kind, report.severity.name())
}

#[test]
fn reports_of_all_architectures_and_versions_are_known() {
    let mut wrong = Vec::new();
    let mut paths: Vec<_> = std::fs::read_dir(fixtures().join("../kernel_forms"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() > 20);
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let wanted: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("# ")).collect();
        let log: String = text.split_inclusive('\n').skip(wanted.len()).collect();
        // CRLF and colours are what consoles add.
        let console: String =
            log.lines().map(|line| format!("\x1b[33m{line}\x1b[0m\r\n")).collect();
        for log in [&log, &console] {
            let found: Vec<String> = analyse(log.as_bytes()).reports.iter().map(told).collect();
            if found != wanted {
                wrong.push(format!("{}: {found:#?} is not {wanted:#?}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lines_of_trouble_are_told_from_lines_that_only_sound_like_it() {
    let mut wrong = Vec::new();
    for row in include_str!("lines.tsv").lines().filter(|row| !row.starts_with('#')) {
        let mut cells = row.splitn(3, '\t');
        let mut next = || cells.next().unwrap();
        let (kind, severity, line) = (next(), next(), next());
        let found = analyse(format!("[   77.000001] {line}\n").as_bytes()).reports;
        let told: Vec<_> = found.iter().map(|r| (r.kind, r.severity.name())).collect();
        let is_right = match kind {
            "-" => told.is_empty(),
            _ => told == [(kind, severity)],
        };
        if !is_right {
            wrong.push(format!("{line}: {told:?} is not {kind} {severity}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
