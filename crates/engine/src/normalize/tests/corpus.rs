//! The normalizer against whole logs, where they are shared: nothing panics, the counts balance, and
//! where the messages are labelled the bodies are they. Skips, with a printed line, where they are not.

use super::{Settings, assemble, lines_of, render};
use model::{Format, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder of shared data, if there is one.
pub(super) fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("FORESHOCK_SHARED")
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    let path = root.join("data").join(folder);
    if !path.exists() {
        println!("SKIP: no {folder} in the shared data");
        return None;
    }
    Some(path)
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            files.extend(files_below(&entry));
        } else {
            files.push(entry);
        }
    }
    files.sort();
    files
}

/// As a reader of old files has it.
fn settings() -> Settings {
    Settings {
        join: true,
        live: false,
        end_known: true,
        begin_known: true,
        now: Timestamp::parse("2026-11-21", Timestamp::default()).unwrap(),
        zone_offset_secs: 0,
    }
}

#[test]
fn whole_logs_balance() {
    let settings = settings();
    for name in ["samples", "kernel-samples/logs", "kernel-samples/variants", "loghub"] {
        let Some(folder) = shared(name) else { continue };
        for path in files_below(&folder) {
            let skipped = ["json", "md", "csv", "txt"];
            if path.extension().is_some_and(|e| skipped.iter().any(|s| e == *s)) {
                continue;
            }
            let inputs = inputs_of(&path);
            let payloads: Vec<&[u8]> = inputs.iter().map(|l| &**l).collect();
            let mut formats: BTreeMap<&str, u64> = BTreeMap::new();
            let mut text_lines = 0;
            let counts = assemble(&payloads, &settings, &mut |assembled| {
                *formats.entry(assembled.event.format.word()).or_default() += 1;
                if assembled.event.format == Format::Text {
                    text_lines += u64::from(assembled.lines);
                }
            });
            let lines = (counts.lines - counts.refused_total()).max(1);
            let path = path.strip_prefix(&folder).unwrap().display();
            println!(
                "{:5.1} % text of {lines:5} {name}/{path} {formats:?} joined {} repeats {} {:?}",
                100.0 * text_lines as f64 / lines as f64,
                counts.joined,
                counts.repeats,
                counts.defects,
            );
        }
    }
}

/// The labelled samples say what the message behind each header is.
#[test]
fn bodies_are_the_labelled_messages() {
    let Some(folder) = shared("loghub") else {
        return;
    };
    for path in files_below(&folder) {
        let Some(name) = path.to_str().and_then(|p| p.strip_suffix(".templates.csv")) else {
            continue;
        };
        let inputs = inputs_of(Path::new(&format!("{name}.log")));
        let payloads: Vec<&[u8]> = inputs.iter().map(|l| &**l).collect();
        let mut bodies = BTreeMap::new();
        assemble(&payloads, &settings(), &mut |assembled| {
            bodies.insert(assembled.cursor.line(), assembled.event.body.trim().to_owned());
        });
        let rows = csv_rows(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
        let column = rows[0].iter().position(|c| c == "Content").unwrap();
        let (labelled, mut same) = (rows.len() - 1, 0);
        for row in &rows[1..] {
            let line: u64 = row[0].parse().unwrap();
            same += usize::from(bodies.get(&line).is_some_and(|b| b == row[column].trim()));
        }
        println!("{same} of {labelled} bodies as labelled: {}", path.display());
        assert!(same * 100 >= labelled * 98, "{}: {same} of {labelled}", path.display());
    }
}

/// Rows of comma-separated values with quotes.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            c => cell.push(c),
        }
    }
    rows
}

/// The lines of a log, or the messages in a labelled list of them.
fn inputs_of(path: &Path) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|e| e == "jsonl") {
        let text = String::from_utf8(bytes).unwrap();
        let rows = text.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok());
        return rows.filter_map(|r| Some(r["log"].as_str()?.as_bytes().to_vec())).collect();
    }
    lines_of(&bytes).into_iter().map(<[u8]>::to_vec).collect()
}

/// Prints the events of the file that `NORMALIZE_SHOW` names, for looking at a format by eye.
#[test]
fn show() {
    let Some(path) = std::env::var_os("NORMALIZE_SHOW").map(PathBuf::from) else {
        return;
    };
    let settings = settings();
    let inputs = inputs_of(&path);
    let payloads: Vec<&[u8]> = inputs.iter().map(|l| &**l).collect();
    let counts = assemble(&payloads, &settings, &mut |assembled| {
        println!("{}", String::from_utf8_lossy(&inputs[assembled.cursor.line() as usize - 1]));
        println!("    {}", render(assembled));
    });
    println!("{counts:?}");
}
