//! `scan --state`: run after run over files that grow and are rotated. Everything once, nothing forgotten.

use crate::program::{Ran, command, run};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Lines `from..to` of an application, one a minute, none of them like another.
fn lines(from: u64, to: u64) -> String {
    let line = |n: u64| {
        let (day, minute) = (1 + n / 1_440, n % 1_440);
        format!(
            "2026-03-{day:02}T{:02}:{:02}:00Z web1 app[7]: request n={n} took {} ms\n",
            minute / 60,
            minute % 60,
            n * 7 % 900
        )
    };
    (from..to).map(line).collect()
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        fs::create_dir(folder.path("logs")).unwrap();
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn log(&self) -> PathBuf {
        self.path("logs/app.log")
    }

    fn scan(&self, more: &[&str]) -> Ran {
        let args = [&["scan", "--state", "state", "--format", "json", "logs"], more].concat();
        run(self.0.path(), &args)
    }

    /// The lines that a run found new.
    fn new_lines(&self) -> u64 {
        let ran = self.scan(&[]).ok();
        let told = ran.err.lines().find(|line| line.contains(" new line")).unwrap_or(&ran.err);
        let told = told.trim_start_matches("foreshock: ");
        told.split(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{}", ran.err))
    }

    /// How often each number was counted, by what the spool holds of different ids.
    fn numbers(&self) -> BTreeMap<u64, u64> {
        let ran = run(self.0.path(), &["export", "--state", "state"]).ok();
        let mut ids = BTreeMap::new();
        for row in ran.rows() {
            let raw = row["raw"].as_str().unwrap().to_owned();
            ids.insert(row["envelope_id"].as_str().unwrap().to_owned(), raw);
        }
        let mut numbers = BTreeMap::new();
        for raw in ids.values() {
            let Some((_, rest)) = raw.split_once("n=") else { continue };
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            *numbers.entry(digits.parse().unwrap()).or_default() += 1;
        }
        numbers
    }

    /// Lines that the state counts.
    fn counted(&self) -> i64 {
        let state = rusqlite::Connection::open(self.path("state/state.db")).unwrap();
        let sql = "SELECT sum(value) FROM sum WHERE name = 'lines'";
        state.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn has_each_once(&self, lines: u64) {
        let numbers = self.numbers();
        assert_eq!(numbers.len() as u64, lines);
        assert!(numbers.values().all(|n| *n == 1), "{numbers:?}");
        assert_eq!(self.counted(), lines as i64);
    }
}

#[test]
fn a_file_that_has_grown_is_read_on() {
    let folder = Folder::new();
    append(&folder.log(), &lines(0, 2_000));
    assert_eq!(folder.new_lines(), 2_000);
    assert_eq!(folder.new_lines(), 0);
    append(&folder.log(), &lines(2_000, 2_500));
    // A line that is still being written waits for its end.
    append(&folder.log(), "2026-03-02T17:41:00Z web1 app[7]: request n=25");
    assert_eq!(folder.new_lines(), 500);
    append(&folder.log(), "00 took 400 ms\n");
    assert_eq!(folder.new_lines(), 1);
    folder.has_each_once(2_501);
}

#[test]
fn rotated_files_are_recognised_and_read_to_their_end() {
    let folder = Folder::new();
    let (log, first) = (folder.log(), folder.path("logs/app.log.1"));
    append(&log, &lines(0, 1_000));
    assert_eq!(folder.new_lines(), 1_000);
    // By rename, with lines that came before it.
    append(&log, &lines(1_000, 1_100));
    fs::rename(&log, &first).unwrap();
    append(&log, &lines(1_100, 1_500));
    assert_eq!(folder.new_lines(), 500);
    // By copy and truncation.
    append(&log, &lines(1_500, 1_600));
    fs::copy(&log, folder.path("logs/app.log.2")).unwrap();
    fs::write(&log, lines(1_600, 1_650)).unwrap();
    assert_eq!(folder.new_lines(), 150);
    // Compressed, with a line that came before that.
    append(&first, &lines(1_650, 1_651));
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&fs::read(&first).unwrap()).unwrap();
    fs::write(folder.path("logs/app.log.3.gz"), packed.finish().unwrap()).unwrap();
    fs::remove_file(&first).unwrap();
    assert_eq!(folder.new_lines(), 1);
    assert_eq!(folder.new_lines(), 0);
    folder.has_each_once(1_651);
}

#[test]
fn what_was_rotated_to_where_nobody_looks_is_found_and_what_is_gone_is_said() {
    let folder = Folder::new();
    let log = folder.log();
    append(&log, &lines(0, 300));
    let scan = |folder: &Folder| {
        let args = ["scan", "--state", "state", "--format", "json", "logs/app.log"];
        run(folder.0.path(), &args).ok()
    };
    scan(&folder);
    append(&log, &lines(300, 400));
    fs::rename(&log, folder.path("logs/app.log.1")).unwrap();
    append(&log, &lines(400, 450));
    let ran = scan(&folder);
    assert!(ran.err.contains("150 new lines"), "{}", ran.err);
    // Another content under the same name, and no copy.
    fs::write(&log, lines(450, 500)).unwrap();
    let ran = scan(&folder);
    assert!(ran.err.contains("50 new lines"), "{}", ran.err);
    assert!(ran.err.contains("begins otherwise than in the run before"), "{}", ran.err);
    assert!(ran.err.contains("what was written to that one afterwards is missing"), "{}", ran.err);
    let ran = scan(&folder);
    assert!(!ran.err.contains("missing"), "told once: {}", ran.err);
    folder.has_each_once(500);
}

#[test]
fn a_crash_loses_nothing_and_counts_nothing_twice() {
    let folder = Folder::new();
    append(&folder.log(), &lines(0, 30_000));
    append(&folder.path("logs/other.log"), &lines(30_000, 60_000));
    let mut kills = 0;
    for pause in [30, 60, 120, 200, 300] {
        let args = ["scan", "--state", "state", "logs"];
        let mut command = command(folder.0.path(), &args);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        // Where it ends is left to chance; that it ends is enough.
        kills += u64::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        child.wait().unwrap();
    }
    assert!(kills > 0);
    folder.scan(&[]).ok();
    folder.has_each_once(60_000);
}

/// In the first run a link has begun to fail; in the second it does so again, and the digest knows it.
#[test]
fn a_run_knows_the_runs_before() {
    let folder = Folder::new();
    let saved = folder.path("demo.log");
    run(folder.0.path(), &["demo", "--save", saved.to_str().unwrap()]).ok();
    let text = fs::read_to_string(&saved).unwrap();
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    let most = all.len() * 19 / 20;
    fs::write(folder.log(), all[..most].concat()).unwrap();
    let ids = |ran: &Ran| -> Vec<String> {
        let digest = ran.json();
        let items = digest["items"].as_array().unwrap();
        items.iter().map(|item| item["candidate_id"].as_str().unwrap().to_owned()).collect()
    };
    let first = folder.scan(&[]).ok();
    append(&folder.log(), &all[most..].concat());
    let second = folder.scan(&[]).ok();
    let whole = run(folder.0.path(), &["scan", "--format", "json", "demo.log"]).ok();
    assert!(!ids(&first).is_empty());
    // What a run over everything at once finds open is found by the second run as well.
    let open = |ran: &Ran| -> Vec<Value> {
        let digest = ran.json();
        let items = digest["items"].as_array().unwrap().iter();
        items.filter(|item| item["outcome"].is_null()).cloned().collect()
    };
    let titles = |items: &[Value]| -> Vec<String> {
        items.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
    };
    assert!(!open(&whole).is_empty());
    assert_eq!(titles(&open(&second)), titles(&open(&whole)));
    let known = ids(&second).into_iter().filter(|id| ids(&first).contains(id)).count();
    assert!(known > 0, "{:?} {:?}", ids(&first), ids(&second));
    assert!(folder.path("state/digests/local").is_dir());
}

#[test]
fn one_program_has_a_state_folder_at_a_time() {
    let folder = Folder::new();
    append(&folder.log(), &lines(0, 10));
    let args =
        ["serve", "--state", "state", "--syslog-tcp", "127.0.0.1:0", "--syslog-udp", "127.0.0.1:0"];
    let mut serve = command(folder.0.path(), &args);
    let mut child = serve.args(["--http", "127.0.0.1:0"]).stderr(Stdio::null()).spawn().unwrap();
    while !folder.path("state/status.json").exists() {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(10));
    }
    let ran = folder.scan(&[]);
    let _ = child.kill();
    child.wait().unwrap();
    assert_eq!(ran.code, 10, "{}", ran.err);
    assert!(ran.err.contains("another foreshock writes to state"), "{}", ran.err);
    // And afterwards it goes on with what the service has learnt.
    assert_eq!(folder.new_lines(), 10);
}

#[test]
fn a_zone_holds_for_all_runs() {
    let folder = Folder::new();
    append(&folder.log(), &lines(0, 10));
    folder.scan(&["--zone", "+02:00"]).ok();
    folder.scan(&[]).ok();
    let ran = folder.scan(&["--zone", "+01:00"]);
    assert!(ran.code == 10 && ran.err.contains("+02:00"), "{}", ran.err);
    // A first run that names none was one in UTC.
    let folder = Folder::new();
    append(&folder.log(), &lines(0, 10));
    folder.scan(&[]).ok();
    let ran = folder.scan(&["--zone", "+02:00"]);
    assert!(ran.code == 10 && ran.err.contains("+00:00"), "{}", ran.err);
}

/// Lines without a year are of the years before the file was written to last, however old that is, and also where the
/// year changes within them; the state says the same as a scan without one.
#[test]
fn lines_without_a_year_are_as_old_as_their_file() {
    let now = std::time::SystemTime::now();
    let day = Duration::from_secs(86_400);
    for (years, ending) in [(0, ""), (1, ".1"), (3, ".2"), (5, ".3")] {
        let folder = Folder::new();
        let log = folder.path(&format!("logs/old.log{ending}"));
        let modified = now - day * (365 * years + 40);
        let end = modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
        // More than a sheet, over ten months: none of its parts knows the end of the file.
        let line = |n: i64| {
            let at = model::Timestamp::from_secs(end - (9_999 - n) * 2_600);
            let (_, month, day) = at.civil_date();
            let names = "JanFebMarAprMayJunJulAugSepOctNovDec";
            let month = &names[(month as usize - 1) * 3..][..3];
            let time = &at.to_string()[11..19];
            format!("{month} {day:>2} {time} web1 app[7]: request n={n} done\n")
        };
        append(&log, &(0..10_000).map(line).collect::<String>());
        fs::File::options().append(true).open(&log).unwrap().set_modified(modified).unwrap();
        let plain = run(folder.0.path(), &["scan", "--format", "json", "logs"]).ok().json();
        let kept = folder.scan(&[]).ok().json();
        assert_eq!(kept["as_of"], plain["as_of"], "{years} years");
        assert_eq!(kept["as_of"].as_str().unwrap()[..10], timestamp(end)[..10], "{years} years");
        let state = rusqlite::Connection::open(folder.path("state/state.db")).unwrap();
        let first = "SELECT min(first_seen), max(last_seen) FROM signature";
        let (first, last): (i64, i64) =
            state.query_row(first, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(((end - 9_999 * 2_600) * 1_000_000, end * 1_000_000), (first, last), "{years}");
    }
}

fn timestamp(secs: i64) -> String {
    model::Timestamp::from_secs(secs).to_string()
}
