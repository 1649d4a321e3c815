//! One line of JSON → one start of a process: the snapshot of the agents (`process_name`, `uid`,
//! `command_line`, `ppid`, …) or a Windows process-creation record (`image`, `parent_image`,
//! `integrity`, …). What is missing stays empty, and of a line that was cut the beginning counts; nothing but a
//! line that is no object or names no process is refused.

use super::{cut, users};
use model::Timestamp;
use serde_json::{Map, Value};

/// Bytes of a line that are read; a start with more is judged by its beginning. Linux allows 2 MiB of arguments
/// (`execve(2)`), Windows 64 KiB.
pub const LINE_BYTES_MAX: usize = 4 << 20;
/// Keys of a record that speaks; what it names in passing it does not start.
const MESSAGES: [&str; 5] = ["message", "msg", "log", "text", "short_message"];

/// A process that was started.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProcessStart {
    /// When, as written; kept because an alert repeats it.
    pub timestamp: String,
    /// When, if the text could be read.
    pub at: Option<Timestamp>,
    /// Whether its line was cut: what stands before the cut is all there is.
    pub is_cut: bool,
    /// Where its record stands, if its reader says so: tells apart the alerts of records without a time or a number.
    pub place: String,
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
    /// The user's name, without its domain, lower case; `root` also where the record has its number only.
    pub user: String,
    /// The file's name, lower case: `svchost.exe`, `bash`.
    pub name: String,
    /// The file with its folder, lower case: as the record has it, else from a name or a first word of the command
    /// line that is a whole path; empty if only the name is known.
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
}

impl std::fmt::Display for ProcessError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ProcessError::NotJson => "not an object of JSON: give one process start a line",
            ProcessError::Nameless => "names no process: give process_name or image",
        })
    }
}

impl std::error::Error for ProcessError {}

impl ProcessStart {
    /// Reads one line, of which at most [`LINE_BYTES_MAX`] count.
    ///
    /// # Errors
    /// When it is no object, or names no process.
    pub fn from_json(line: &str) -> Result<ProcessStart, ProcessError> {
        let bytes = line.len().min(LINE_BYTES_MAX);
        let end = (0..=bytes).rev().find(|end| line.is_char_boundary(*end)).unwrap_or(0);
        let (fields, is_cut) = match serde_json::from_str(&line[..end]) {
            Ok(Value::Object(fields)) => (fields, false),
            Ok(_) => return Err(ProcessError::NotJson),
            Err(_) => (cut::read(&line[..end]).ok_or(ProcessError::NotJson)?, true),
        };
        let start = ProcessStart { is_cut, ..ProcessStart::of(&fields) };
        match start.name.is_empty() {
            true if is_cut => start.named_by_its_command().ok_or(ProcessError::Nameless),
            true => Err(ProcessError::Nameless),
            false => Ok(start),
        }
    }

    /// Reads the record of a start that was cut and says nothing but how a process came to be.
    pub fn from_cut_json(line: &str) -> Option<ProcessStart> {
        let start = ProcessStart::from_json(line).ok().filter(|start| start.is_cut)?;
        let is_start = !start.command_line.is_empty()
            || !start.parent_name.is_empty()
            || start.parent_id.is_some();
        let speaks =
            || cut::read(line).is_some_and(|f| MESSAGES.iter().any(|m| f.contains_key(*m)));
        (is_start && !speaks()).then_some(start)
    }

    fn of(fields: &Map<String, Value>) -> ProcessStart {
        let text = |names: &[&str]| text_of(fields, names);
        let number = |names: &[&str]| number_of(fields, names);
        let timestamp = text(&["timestamp", "t", "time", "utc_time"]);
        let command_line = text(&["command_line", "cmd", "cmdline", "command"]);
        let uid = number(&["uid"]).map(|n| n as u64);
        let name = text(&["process_name", "name", "comm"]).to_lowercase();
        let parent_name =
            text(&["parent_name", "parent_process_name", "parent_comm"]).to_lowercase();
        let image = text(&["image", "exe", "executable", "process_path"]).to_lowercase();
        // Whoever starts a process chooses the words of its command line: they make no Windows of it.
        let may_be_windows = uid.is_none() && name.ends_with(".exe");
        let word = first_word(&command_line).to_lowercase();
        let path =
            [image.clone(), whole_path(&name, uid.is_none()), whole_path(&word, may_be_windows)]
                .into_iter()
                .find(|path| !path.is_empty())
                .unwrap_or_default();
        let parent_path = match text(&["parent_image", "parent_exe", "parent_path"]).to_lowercase()
        {
            path if !path.is_empty() => path,
            _ => whole_path(&parent_name, uid.is_none()),
        };
        let named = |name: &str, path: &str| {
            file_name(if name.is_empty() { path } else { name }).to_owned()
        };
        let mut start = ProcessStart {
            at: Timestamp::parse_absolute(&timestamp, 0).ok(),
            timestamp,
            is_cut: false,
            place: String::new(),
            host: text(&["host", "hostname", "computer", "device_id"]),
            process_id: number(&["pid", "process_id"]).map(|n| n as u64),
            parent_id: number(&["ppid", "parent_pid", "parent_id"]).map(|n| n as u64),
            uid,
            parent_uid: number(&["parent_uid", "puid"]).map(|n| n as u64),
            user: String::new(),
            name: named(&name, &image),
            path,
            parent_name: named(&parent_name, &parent_path),
            parent_path,
            command_line,
            integrity: text(&["integrity", "integrity_level"]).to_lowercase(),
            cpu_percent: number(&["cpu_percent"]),
            memory_percent: number(&["memory_percent"]),
            threads: number(&["threads"]),
        };
        let is_windows = start.is_windows();
        let user = text(&["user", "username", "user_sid", "sid"]);
        (start.user, start.uid) = users::known(&user, start.uid, is_windows);
        let parent_user = text(&["parent_user"]);
        start.parent_uid = users::known(&parent_user, start.parent_uid, is_windows).1;
        start
    }

    /// The name by the first word of the command line, where a record was cut before it named the process.
    fn named_by_its_command(self) -> Option<ProcessStart> {
        let name = file_name(first_word(&self.command_line)).to_lowercase();
        (!name.is_empty()).then_some(ProcessStart { name, ..self })
    }

    /// Whether it was recorded on Windows: its path has backslashes, or it has none and the name ends in `.exe`. Numeric
    /// users are those of Unix, and so are paths that begin with a slash.
    pub fn is_windows(&self) -> bool {
        let by_name = || self.path.is_empty() && self.uid.is_none() && self.name.ends_with(".exe");
        self.path.contains('\\') && !self.path.starts_with('/') || by_name()
    }
}

/// The first word of a command line, or what stands in quotes there.
fn first_word(command_line: &str) -> &str {
    let line = command_line.trim_start();
    match line.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => line.split_whitespace().next().unwrap_or_default(),
    }
}

/// A path from the root, or on Windows from a drive or a server, without the steps that lead nowhere; else nothing.
fn whole_path(text: &str, may_be_windows: bool) -> String {
    let is_drive = matches!(text.as_bytes(), [b'a'..=b'z', b':', b'\\' | b'/', ..]);
    if may_be_windows && (is_drive || text.starts_with("\\\\")) {
        return text.to_owned();
    }
    if !text.starts_with('/') {
        return String::new();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> ProcessStart {
        ProcessStart::from_json(line).unwrap()
    }

    #[test]
    fn the_path_is_the_files_own_else_that_of_the_name_else_of_the_first_word() {
        for (line, path) in [
            (r#"{"process_name":"x","exe":"/opt/X","command_line":"/tmp/x"}"#, "/opt/x"),
            (r#"{"process_name":"/tmp/.x/Evil","command_line":"/usr/bin/evil"}"#, "/tmp/.x/evil"),
            (r#"{"process_name":"evil","command_line":" /tmp/.x/evil -d"}"#, "/tmp/.x/evil"),
            (r#"{"process_name":"evil","command_line":"\"/tmp/a b/evil\" -d"}"#, "/tmp/a b/evil"),
            (r#"{"process_name":"evil","command_line":"/usr/./lib/../../tmp/evil"}"#, "/tmp/evil"),
            (r#"{"process_name":"evil","command_line":"./evil /tmp/x"}"#, ""),
            (
                r#"{"process_name":"a.exe","command_line":"C:\\Users\\A.exe /x"}"#,
                "c:\\users\\a.exe",
            ),
            // On Linux nobody may choose the rules that he is judged by.
            (r#"{"process_name":"sh","command_line":"C:\\sh"}"#, ""),
            (r#"{"process_name":"a.exe","uid":0,"command_line":"C:\\a.exe"}"#, ""),
            (r#"{"process_name":"c:\\sh","uid":0}"#, ""),
        ] {
            assert_eq!(of(line).path, path, "{line}");
        }
        assert_eq!(of(r#"{"process_name":"/tmp/.x/evil"}"#).name, "evil");
        assert!(!of(r#"{"exe":"/tmp/a\\sh"}"#).is_windows());
        assert_eq!(of(r#"{"process_name":"sh","parent_name":"/tmp/x"}"#).parent_path, "/tmp/x");
    }

    #[test]
    fn a_line_that_was_cut_is_judged_by_its_beginning() {
        let long = "A".repeat(LINE_BYTES_MAX);
        let start = of(&format!(
            r#"{{"process_name":"sh","parent_name":"nginx","command_line":"sh -c {long}","uid":33}}"#
        ));
        assert!(start.is_cut && start.command_line.starts_with("sh -c AAA"));
        assert_eq!((start.name.as_str(), start.parent_name.as_str()), ("sh", "nginx"));
        // Cut before it named the process: the command line does.
        let start = of(&format!(r#"{{"command_line":"/tmp/sh -c {long}","process_name":"sh"}}"#));
        assert_eq!((start.name.as_str(), start.path.as_str()), ("sh", "/tmp/sh"));
        assert!(!of(r#"{"process_name":"sh"}"#).is_cut);
        assert_eq!(ProcessStart::from_json("{x"), Err(ProcessError::NotJson));
        assert_eq!(ProcessStart::from_json(r#"{"ppid":1,"a"#), Err(ProcessError::Nameless));
    }
}
