//! Runs the program; reads what it printed. Shared by all tests here.

use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

/// When fixture files were modified, unless a case says otherwise: 2026-03-20T00:00:00Z. Years that
/// lines leave out follow from it.
pub(crate) const MODIFIED_SECS: u64 = 1_773_964_800;

/// What a run came to.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Its standard output as one JSON value.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|e| panic!("{e}: {}\n{}", self.out, self.err))
    }

    /// Its standard output as one JSON value a line.
    pub(crate) fn rows(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The same, if it went well.
    pub(crate) fn ok(self) -> Ran {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self
    }
}

/// The program in a folder, with nothing of the environment that could change what it prints.
pub(crate) fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foreshock"));
    command.current_dir(folder).args(args).stdin(Stdio::null());
    // The settings of a service on this machine are none of a test.
    command.env("CONFIGURATION_DIRECTORY", "/nonexistent");
    command.env_remove("NO_COLOR").env_remove("COLUMNS").env("TZ", "Pacific/Kiritimati");
    command
}

pub(crate) fn run(folder: &Path, args: &[&str]) -> Ran {
    Ran::of(command(folder, args).output().unwrap())
}

/// Runs with these bytes on standard input, through a pipe.
pub(crate) fn piped(folder: &Path, args: &[&str], input: &[u8]) -> Ran {
    let mut command = command(folder, args);
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // The program may end before it has read everything.
    let writer = std::thread::spawn(move || stdin.write_all(&input).is_ok());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ran::of(output)
}

/// The fixtures of a stage.
pub(crate) fn fixtures(stage: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(stage)
}

/// Writes a file with a modification time of its own.
pub(crate) fn write(path: &Path, bytes: &[u8], modified_secs: u64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = File::create(path).unwrap();
    file.write_all(bytes).unwrap();
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(modified_secs);
    file.set_modified(modified).unwrap();
}

/// The input of a case of `fixtures/scan`, in a folder of its own.
pub(crate) fn scan_case(case: &str) -> tempfile::TempDir {
    let from = fixtures("scan").join(case);
    let folder = tempfile::tempdir().unwrap();
    let modified = fs::read_to_string(from.join("modified"))
        .map_or(MODIFIED_SECS, |text| text.trim().parse().expect("seconds since 1970"));
    for name in ["input.log", "input", "settings.toml"] {
        copy(&from.join(name), &folder.path().join(name), modified);
    }
    folder
}

fn copy(from: &Path, to: &Path, modified_secs: u64) {
    if from.is_dir() {
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name), modified_secs);
        }
    } else if from.is_file() {
        write(to, &fs::read(from).unwrap(), modified_secs);
    }
}

/// The options that a case asks for, one a line.
pub(crate) fn case_args(stage: &str, case: &str) -> Vec<String> {
    let text = fs::read_to_string(fixtures(stage).join(case).join("args")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Compares with an expected file; `UPDATE_FIXTURES=1` writes it anew.
pub(crate) fn agree(path: &Path, found: &str) {
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(path, found).unwrap();
    }
    let expected = fs::read_to_string(path)
        .unwrap_or_else(|e| panic!("{}: {e}; UPDATE_FIXTURES=1 writes it", path.display()));
    assert!(
        expected == found,
        "{} differs; UPDATE_FIXTURES=1 writes it anew. Found:\n{found}",
        path.display()
    );
}

/// Every line is accounted for.
pub(crate) fn assert_balances(digest: &Value) {
    let counts = &digest["counts"];
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{digest}"));
    let refused: u64 = counts["refused"].as_object().unwrap().values().map(number).sum();
    let parts = ["events", "joined", "repeats"].map(|name| number(&counts[name]));
    let sum = parts.iter().sum::<u64>() + refused;
    assert_eq!(number(&counts["lines"]), sum, "{counts}");
}

/// The items of a digest without what names their source: the same lines from elsewhere give the
/// same.
pub(crate) fn items_without_sources(digest: &Value) -> Value {
    let mut items = digest["items"].clone();
    for item in items.as_array_mut().unwrap() {
        for part in ["evidence", "context"] {
            for line in item[part].as_array_mut().unwrap() {
                let line = line.as_object_mut().unwrap();
                line.remove("source");
                line.remove("event_id");
            }
        }
        // Where lines stand decides how they are looked at.
        for check in item["check_next"].as_array_mut().unwrap() {
            let check = check.as_object_mut().unwrap();
            check.remove("command");
            check.remove("host");
        }
    }
    items
}

/// The ids of a digest's items.
pub(crate) fn candidates(digest: &Value) -> Vec<String> {
    let items = digest["items"].as_array().unwrap().iter();
    items.map(|item| item["candidate_id"].as_str().unwrap().to_owned()).collect()
}
