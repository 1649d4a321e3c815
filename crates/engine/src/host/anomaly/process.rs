//! One line of JSON → one start of a process: the snapshot of the agents (`process_name`, `uid`,
//! `command_line`, `ppid`, …) or a Windows process-creation record (`image`, `parent_image`,
//! `integrity`, …). What is missing stays empty; nothing but a line that is no object is refused.

use model::Timestamp;
use serde_json::{Map, Value};

/// Longest line that is read; more is no process start.
pub const LINE_BYTES_MAX: usize = 256 << 10;

/// A process that was started.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProcessStart {
    /// When, as written; kept because an alert repeats it.
    pub timestamp: String,
    /// When, if the text could be read.
    pub at: Option<Timestamp>,
    /// The machine.
    pub host: String,
    /// Its number.
    pub process_id: Option<u64>,
    /// The number of the one that started it.
    pub parent_id: Option<u64>,
    /// The numeric user, on Unix.
    pub uid: Option<u64>,
    /// The numeric user of the parent, on Unix.
    pub parent_uid: Option<u64>,
    /// The user's name, without its domain, lower case.
    pub user: String,
    /// The file's name, lower case: `svchost.exe`, `bash`.
    pub name: String,
    /// The file with its folder, lower case; empty if only the name is known.
    pub path: String,
    /// The file's name of the parent, lower case.
    pub parent_name: String,
    /// The parent's file with its folder, lower case.
    pub parent_path: String,
    /// The command line, as written.
    pub command_line: String,
    /// The integrity level of Windows, lower case.
    pub integrity: String,
    /// Share of the processors, if the record has it.
    pub cpu_percent: Option<f64>,
    /// Share of the memory, if the record has it.
    pub memory_percent: Option<f64>,
    /// Threads, if the record has them.
    pub threads: Option<f64>,
}

/// Why a line is no start of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessError {
    /// Not an object of JSON.
    NotJson,
    /// It names no process.
    Nameless,
    /// Longer than [`LINE_BYTES_MAX`].
    TooLong,
}

impl std::fmt::Display for ProcessError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ProcessError::NotJson => "not an object of JSON: give one process start a line",
            ProcessError::Nameless => "names no process: give process_name or image",
            ProcessError::TooLong => "too long for a process start",
        })
    }
}

impl std::error::Error for ProcessError {}

impl ProcessStart {
    /// Reads one line.
    ///
    /// # Errors
    /// When it is no object, too long, or names no process.
    pub fn from_json(line: &str) -> Result<ProcessStart, ProcessError> {
        if line.len() > LINE_BYTES_MAX {
            return Err(ProcessError::TooLong);
        }
        let Ok(Value::Object(fields)) = serde_json::from_str(line) else {
            return Err(ProcessError::NotJson);
        };
        let text = |names: &[&str]| text_of(&fields, names);
        let number = |names: &[&str]| number_of(&fields, names);
        let path = text(&["image", "exe", "executable", "process_path"]).to_lowercase();
        let parent_path = text(&["parent_image", "parent_exe", "parent_path"]).to_lowercase();
        let name = text(&["process_name", "name", "comm"]).to_lowercase();
        let parent_name =
            text(&["parent_name", "parent_process_name", "parent_comm"]).to_lowercase();
        let timestamp = text(&["timestamp", "t", "time", "utc_time"]);
        let user = text(&["user", "username"]).to_lowercase();
        let start = ProcessStart {
            at: Timestamp::parse_absolute(&timestamp, 0).ok(),
            timestamp,
            host: text(&["host", "hostname", "computer", "device_id"]),
            process_id: number(&["pid", "process_id"]).map(|n| n as u64),
            parent_id: number(&["ppid", "parent_pid", "parent_id"]).map(|n| n as u64),
            uid: number(&["uid"]).map(|n| n as u64),
            parent_uid: number(&["parent_uid", "puid"]).map(|n| n as u64),
            user: user.rsplit('\\').next().unwrap_or_default().to_owned(),
            name: if name.is_empty() {
                file_name(&path).to_owned()
            } else {
                file_name(&name).to_owned()
            },
            path,
            parent_name: if parent_name.is_empty() {
                file_name(&parent_path).to_owned()
            } else {
                file_name(&parent_name).to_owned()
            },
            parent_path,
            command_line: text(&["command_line", "cmd", "cmdline", "command"]),
            integrity: text(&["integrity", "integrity_level"]).to_lowercase(),
            cpu_percent: number(&["cpu_percent"]),
            memory_percent: number(&["memory_percent"]),
            threads: number(&["threads"]),
        };
        if start.name.is_empty() { Err(ProcessError::Nameless) } else { Ok(start) }
    }
}

impl ProcessStart {
    /// Whether it was recorded on Windows: its path has backslashes, or it has none and the name ends in `.exe`. Numeric
    /// users are those of Unix.
    pub fn is_windows(&self) -> bool {
        let by_name = || self.path.is_empty() && self.uid.is_none() && self.name.ends_with(".exe");
        self.path.contains('\\') || by_name()
    }
}

/// The file's name of a path of either system; of a command line in a name's place, its first word.
fn file_name(path: &str) -> &str {
    let path = path.trim_matches('"');
    let path = path.trim_start_matches('-');
    path.rsplit(['\\', '/']).next().unwrap_or_default()
}

fn text_of(fields: &Map<String, Value>, names: &[&str]) -> String {
    let found = names.iter().find_map(|name| fields.get(*name));
    match found {
        Some(Value::String(text)) if text != "-" => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn number_of(fields: &Map<String, Value>, names: &[&str]) -> Option<f64> {
    let found = names.iter().find_map(|name| fields.get(*name))?;
    match found {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|n| n.is_finite() && *n >= 0.0)
}
