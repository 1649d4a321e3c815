//! The stage through one door: [`check`] reads a fixture's lines through the assembler and compares
//! what comes out, one JSON object an event, with what is expected. `UPDATE_FIXTURES=1` rewrites.

mod conformance;
mod corpus;
mod total;

use super::{Assembled, Assembler, AssemblerConfig, Reference};
use model::{Counts, Cursor, Envelope, Origin, Seq, SourceId, TenantId, Timestamp, Transport};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// How a case is read; `settings.json` beside its input changes it.
struct Settings {
    join: bool,
    /// The clock is the time of receipt of every line, not only a file's age.
    live: bool,
    /// The reader tells the last line before the first.
    end_known: bool,
    /// The reader tells the first lines before it reads them.
    begin_known: bool,
    now: Timestamp,
    zone_offset_secs: i32,
}

impl Settings {
    fn read(folder: &Path) -> Settings {
        let text = std::fs::read_to_string(folder.join("settings.json")).unwrap_or("{}".into());
        let value: Value = serde_json::from_str(&text).unwrap();
        let now = value["now"].as_str().unwrap_or("2026-11-21T10:00:00Z");
        Settings {
            join: value["join"].as_bool().unwrap_or(true),
            live: value["live"].as_bool().unwrap_or(false),
            end_known: value["end_known"].as_bool().unwrap_or(false),
            begin_known: value["begin_known"].as_bool().unwrap_or(false),
            now: Timestamp::parse(now, Timestamp::default()).unwrap(),
            zone_offset_secs: value["zone_offset_secs"].as_i64().unwrap_or(0) as i32,
        }
    }
}

/// All events of these lines, and the counts, which must balance after each line.
fn assemble(
    payloads: &[&[u8]],
    settings: &Settings,
    emit: &mut dyn FnMut(&Assembled<'_>),
) -> Counts {
    let origin = Origin {
        source_id: SourceId::new("src"),
        tenant_id: TenantId::new("tenant"),
        source_type: "file".into(),
        source_name: "app.log".into(),
        transport: Transport::File,
    };
    let config = AssemblerConfig { join: settings.join, ..AssemblerConfig::default() };
    let reference = Reference { now: settings.now, zone_offset_secs: settings.zone_offset_secs };
    let mut assembler = Assembler::new(config, reference);
    if let (true, Some(last)) = (settings.end_known, payloads.last()) {
        assembler.ends_with(last);
    }
    if settings.begin_known {
        assembler.begins_with(payloads.iter().copied());
    }
    let mut counts = Counts::default();
    let mut emit = |assembled: Assembled<'_>| emit(&assembled);
    for (place, payload) in payloads.iter().enumerate() {
        let envelope = Envelope {
            seq: Seq(place as u64),
            origin: &origin,
            cursor: Cursor::Stream { offset: 0, line: place as u64 + 1 },
            received_at: settings.live.then_some(settings.now),
            payload,
            truncated: false,
        };
        assembler.push(&envelope, &mut counts, &mut emit);
        assert!(counts.balances(), "{counts:?}");
    }
    assembler.flush(&mut counts, &mut emit);
    assert!(counts.balances(), "{counts:?}");
    assert_eq!(counts.lines, payloads.len() as u64);
    counts
}

/// One event as a person compares it: only what is there, in the order of the struct.
fn render(assembled: &Assembled<'_>) -> String {
    let event = &assembled.event;
    let text = |value: &Option<std::borrow::Cow<'_, str>>| value.as_deref().map(Value::from);
    let some = |present: bool, value: Value| present.then_some(value);
    let pairs: Vec<Value> = event.attributes.iter().map(|(k, v)| json!([k, v])).collect();
    let fields = [
        ("line", Some(assembled.cursor.line().into())),
        ("lines", some(assembled.lines > 1, assembled.lines.into())),
        ("occurrences", some(assembled.occurrences > 1, assembled.occurrences.into())),
        ("format", Some(event.format.word().into())),
        ("at", event.occurred_at.map(|at| at.to_string().into())),
        (
            "stream_at",
            some(event.occurred_at != Some(assembled.at), assembled.at.to_string().into()),
        ),
        ("severity", event.severity.map(|s| s.word().into())),
        ("facility", event.facility.map(Into::into)),
        ("host", text(&event.host)),
        ("service", text(&event.service)),
        ("pid", text(&event.pid)),
        ("body", Some((*event.body).into())),
        ("attributes", some(!pairs.is_empty(), pairs.into())),
        ("defects", some(!event.defects.is_empty(), json!(event.defects))),
    ];
    let parts: Vec<String> = fields
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name:?}:{}", value?)))
        .collect();
    format!("{{{}}}", parts.join(","))
}

/// The lines of an input, without their ends; the last line's end ends nothing.
fn lines_of(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
    if lines.last().is_some_and(|l| l.is_empty()) {
        lines.pop();
    }
    lines
}

fn check(folder: &Path) {
    let input = std::fs::read(folder.join("input.log")).unwrap();
    let mut found = String::new();
    let counts = assemble(&lines_of(&input), &Settings::read(folder), &mut |assembled| {
        found.push_str(&render(assembled));
        found.push('\n');
    });
    found.push_str(&serde_json::to_string(&counts).unwrap());
    found.push('\n');
    let path = folder.join("expected.jsonl");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, &found).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "{} line {}", path.display(), number + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "{}", path.display());
}

#[test]
fn fixtures_read_as_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/normalize");
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 15, "the fixtures are there");
    cases.iter().for_each(|case| check(case));
}
