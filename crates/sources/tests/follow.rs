//! Files that grow, are rotated in every way and come again after a crash: each line once, with the same id.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod support;

use sources::follow::{self, Begin, FollowConfig, FollowError};
use sources::{Health, Inlet, Receiver};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use support::{Fake, inlet, tenancy, wait_until};

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("logs")).unwrap();
        Place { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("logs").join(name)
    }

    fn config(&self, pattern: &str) -> FollowConfig {
        let include = [self.path(pattern).to_str().unwrap().to_owned()];
        let places = self.folder.path().join("places.json");
        FollowConfig {
            look_every: Duration::from_millis(5),
            match_every: Duration::from_millis(10),
            ..FollowConfig::new("test", include, places, tenancy().default)
        }
    }

    fn start(&self, pattern: &str, inlet: &Inlet) -> Receiver {
        follow::start(self.config(pattern), inlet).unwrap()
    }
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// As if nothing had been written to it for an hour.
fn make_old(path: &Path) {
    let hour_ago = SystemTime::now() - Duration::from_secs(3_600);
    File::options().append(true).open(path).unwrap().set_modified(hour_ago).unwrap();
}

fn compress(path: &Path, text: &str) {
    let mut gz = flate2::write::GzEncoder::new(File::create(path).unwrap(), Default::default());
    gz.write_all(text.as_bytes()).unwrap();
    gz.finish().unwrap();
    make_old(path);
}

fn wait_for_text(fake: &Fake, begin: &str) {
    let began = std::time::Instant::now();
    while !fake.texts().iter().any(|text| text.starts_with(begin)) {
        assert!(began.elapsed() < support::LONG, "no {begin}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// How often each text was kept, by ids that are all different.
fn assert_each_once(fake: &Fake, expected: impl Iterator<Item = String>) {
    let mut texts: BTreeMap<String, usize> = BTreeMap::new();
    fake.texts().into_iter().for_each(|text| *texts.entry(text).or_default() += 1);
    let expected: BTreeMap<String, usize> = expected.map(|text| (text, 1)).collect();
    assert!(texts == expected, "{:?}", texts.iter().find(|(t, n)| expected.get(*t) != Some(n)));
}

#[test]
fn lines_come_once_they_are_whole() {
    let (place, fake) = (Place::new(), Fake::new());
    let path = place.path("app.log");
    append(&path, "before\r\n\nhalf");
    let inlet = inlet(&fake, "file");
    let receiver = place.start("*.log", &inlet);
    fake.wait_for(2);
    append(&path, " and half\nafter\n");
    fake.wait_for(4);
    let health = receiver.stop();
    assert_eq!(fake.texts(), ["before", "", "half and half", "after"]);
    let kept = fake.kept();
    assert_eq!(kept.iter().map(|r| r.old).collect::<Vec<_>>(), [true, true, true, false]);
    assert_eq!(kept.iter().map(|r| r.cursor.line()).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(kept[2].cursor.offset(), 9);
    assert_eq!(kept[0].origin.source_name, path.to_str().unwrap());
    assert_eq!((health.stored, health.connections, health.lag_bytes), (4, 1, Some(0)));
    assert!(health.adds_up());
}

#[test]
fn a_file_is_told_from_others_by_no_less_than_its_first_line() {
    let (place, fake) = (Place::new(), Fake::new());
    let (path, begun, rest) = (place.path("app.log"), "2026-11-26 app took ", "file 1\n");
    append(&path, begun);
    let inlet = inlet(&fake, "file");
    let receiver = place.start("*.log", &inlet);
    // It was looked at, and what is there begins every file like it.
    wait_until(&inlet, |health| health.lag_bytes == Some(begun.len() as u64));
    append(&path, rest);
    fake.wait_for(1);
    receiver.stop();
    let places = fs::read_to_string(place.folder.path().join("places.json")).unwrap();
    let whole = format!("\"head_bytes\":{}", begun.len() + rest.len());
    assert!(places.contains(&whole), "{places}");
}

#[test]
fn after_a_restart_reading_goes_on_where_it_was() {
    let (place, fake) = (Place::new(), Fake::new());
    let path = place.path("app.log");
    for round in 0..4 {
        append(&path, &format!("round {round} a\nround {round} b\n"));
        let receiver = place.start("*.log", &inlet(&fake, "file"));
        fake.wait_for(2 * round + 2);
        receiver.stop();
    }
    assert_each_once(&fake, (0..4).flat_map(|r| [format!("round {r} a"), format!("round {r} b")]));
}

#[test]
fn lines_that_were_not_answered_before_a_crash_come_again_with_the_same_ids() {
    let (place, fake) = (Place::new(), Fake::new());
    let path = place.path("app.log");
    append(&path, "one\ntwo\n");
    fake.hold();
    let receiver = place.start("*.log", &inlet(&fake, "file"));
    while fake.held() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    // What was handed in reached the disk, but the answer was never seen.
    let handed_in = Fake::new();
    let places = fs::read_to_string(place.folder.path().join("places.json")).unwrap();
    fake.drop_held();
    receiver.stop();
    fs::write(place.folder.path().join("places.json"), places).unwrap();
    let receiver = place.start("*.log", &inlet(&handed_in, "file"));
    handed_in.wait_for(2);
    receiver.stop();
    let first: Vec<_> = handed_in.kept().into_iter().map(|r| r.id).collect();
    // It has grown meanwhile, beyond what tells it from others; and crashed again.
    append(&path, &format!("{}\n", "x".repeat(2_000)));
    let places = fs::read_to_string(place.folder.path().join("places.json")).unwrap();
    let places = places.replace("\"offset\":8", "\"offset\":0").replace("\"line\":3", "\"line\":1");
    let empty = format!("\"tail\":{}", xxhash_rust::xxh3::xxh3_64(b""));
    let tail = places.split("\"tail\":").nth(1).unwrap().split([',', '}']).next().unwrap();
    let places = places.replace(&format!("\"tail\":{tail}"), &empty);
    fs::write(place.folder.path().join("places.json"), places).unwrap();
    let again = Fake::new();
    let receiver = place.start("*.log", &inlet(&again, "file"));
    again.wait_for(3);
    receiver.stop();
    let second: Vec<_> = again.kept().into_iter().map(|r| r.id).collect();
    assert_eq!(first, second[..2]);
}

#[test]
fn a_storm_of_renames_loses_and_doubles_nothing() {
    let (place, fake) = (Place::new(), Fake::new());
    let inlet = inlet(&fake, "file");
    let path = place.path("app.log");
    append(&path, "");
    let receiver = place.start("app.log", &inlet);
    let mut n = 0;
    for round in 0..20 {
        for _ in 0..50 {
            append(&path, &format!("line {n} {}\n", "x".repeat(n % 90)));
            n += 1;
        }
        // Seen before it goes, as with any file that lives longer than a moment.
        wait_for_text(&fake, &format!("line {} ", n - 50));
        let mut writer = OpenOptions::new().append(true).open(&path).unwrap();
        fs::rename(&path, place.path(&format!("app.log.{round}"))).unwrap();
        // The writer has not noticed yet.
        writeln!(writer, "late {round}").unwrap();
    }
    fake.wait_for(n as u64 + 20);
    receiver.stop();
    let lines = (0..n).map(|n| format!("line {n} {}", "x".repeat(n % 90)));
    assert_each_once(&fake, lines.chain((0..20).map(|round| format!("late {round}"))));
}

#[test]
fn a_storm_of_copies_and_truncations_loses_and_doubles_nothing() {
    let (place, fake) = (Place::new(), Fake::new());
    let inlet = inlet(&fake, "file");
    let path = place.path("app.log");
    append(&path, "");
    // The copies are followed too.
    let receiver = place.start("app.log*", &inlet);
    let mut n = 0;
    for round in 0..10 {
        for _ in 0..40 {
            append(&path, &format!("line {n} {}\n", "y".repeat(n % 70)));
            n += 1;
        }
        wait_for_text(&fake, &format!("line {} ", n - 10));
        // Unread lines may be left in the copy.
        append(&path, &format!("last of {round}\n"));
        fs::copy(&path, place.path(&format!("app.log.{round}"))).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
        wait_until(&inlet, |health| health.closed.get("truncated") == Some(&(round + 1)));
    }
    fake.wait_for(n as u64 + 10);
    let health = receiver.stop();
    let lines = (0..n).map(|n| format!("line {n} {}", "y".repeat(n % 70)));
    assert_each_once(&fake, lines.chain((0..10).map(|round| format!("last of {round}"))));
    assert_eq!(health.gaps, 0, "all was found in the copies");
}

#[test]
fn a_file_that_is_deleted_and_made_anew_is_a_new_file() {
    let (place, fake) = (Place::new(), Fake::new());
    let inlet = inlet(&fake, "file");
    let path = place.path("app.log");
    let receiver = place.start("app.log", &inlet);
    for round in 0..15 {
        // The same bytes each time.
        append(&path, "started\nready\n");
        fake.wait_for(2 * round + 2);
        fs::remove_file(&path).unwrap();
    }
    receiver.stop();
    let mut ids: Vec<_> = fake.kept().into_iter().map(|record| record.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 30);
}

#[test]
fn what_a_truncation_without_a_copy_took_is_said() {
    let (place, fake) = (Place::new(), Fake::new());
    let inlet = inlet(&fake, "file");
    let path = place.path("app.log");
    append(&path, "first\nsecond\n");
    let receiver = place.start("*.log", &inlet);
    fake.wait_for(2);
    File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    wait_until(&inlet, |health| health.gaps == 1);
    append(&path, "after\n");
    fake.wait_for(4);
    let health = receiver.stop();
    assert_eq!(fake.texts(), ["first", "second", "after"]);
    assert_eq!((fake.gaps()[0]["reason"].as_str(), health.lost.len()), (Some("file_truncated"), 1));
    assert!(fake.gaps()[0]["records"].is_null());
    // While nobody looked, too.
    fs::write(&path, "other\n").unwrap();
    let receiver = place.start("*.log", &inlet);
    fake.wait_for(6);
    receiver.stop();
    assert_eq!((fake.texts()[3].as_str(), fake.gaps().len()), ("other", 2));
}

#[test]
fn what_was_rotated_while_nobody_followed_is_read_to_its_end() {
    let (place, fake) = (Place::new(), Fake::new());
    let path = place.path("app.log");
    append(&path, &format!("{}\n", "x".repeat(500)));
    let receiver = place.start("app.log", &inlet(&fake, "file"));
    fake.wait_for(1);
    receiver.stop();
    append(&path, "unread\n");
    fs::rename(&path, place.path("app.log.1")).unwrap();
    append(&path, "new\n");
    let receiver = place.start("app.log", &inlet(&fake, "file"));
    fake.wait_for(3);
    receiver.stop();
    assert_each_once(&fake, ["x".repeat(500), "unread".to_owned(), "new".to_owned()].into_iter());
}

#[test]
fn what_was_copied_compressed_and_emptied_while_nobody_followed_is_read_to_its_end() {
    let (place, fake) = (Place::new(), Fake::new());
    let path = place.path("app.log");
    let lines = |range: std::ops::Range<usize>| -> String {
        range.map(|n| format!("line {n} of a file that is emptied\n")).collect()
    };
    append(&path, &lines(0..50));
    let receiver = place.start("*.log", &inlet(&fake, "file"));
    fake.wait_for(50);
    receiver.stop();
    compress(&place.path("app.log.1.gz"), &lines(0..80));
    fs::write(&path, lines(80..90)).unwrap();
    let receiver = place.start("*.log", &inlet(&fake, "file"));
    fake.wait_for(90);
    receiver.stop();
    assert_each_once(&fake, (0..90).map(|n| lines(n..n + 1).trim_end().to_owned()));
    assert!(fake.gaps().is_empty());
}

#[test]
fn what_is_written_anew_in_place_is_read_from_its_beginning_though_it_begins_alike() {
    let (place, fake) = (Place::new(), Fake::new());
    let inlet = inlet(&fake, "file");
    let path = place.path("app.log");
    let banner: String = (0..60).map(|n| format!("banner {n:>50}\n")).collect();
    let lines = |range: std::ops::Range<usize>| -> String {
        range.map(|n| format!("line {n:>4}\n")).collect()
    };
    fs::write(&path, banner.clone() + &lines(0..50)).unwrap();
    let receiver = place.start("*.log", &inlet);
    fake.wait_for(110);
    // Longer than before, then as long as before.
    fs::write(&path, banner.clone() + &lines(100..200)).unwrap();
    wait_for_text(&fake, "line  199");
    fs::write(&path, banner.clone() + &lines(200..300)).unwrap();
    wait_for_text(&fake, "line  299");
    receiver.stop();
    for n in (0..50).chain(100..300) {
        let text = format!("line {n:>4}");
        assert_eq!(fake.texts().iter().filter(|found| **found == text).count(), 1, "{text}");
    }
    assert_eq!(fake.gaps().len(), 2, "what stood there unread may be missing");
}

#[test]
fn a_link_that_leads_back_changes_no_name() {
    let (place, fake) = (Place::new(), Fake::new());
    std::os::unix::fs::symlink(place.path(""), place.path("again")).unwrap();
    append(&place.path("x.log"), "once\n");
    let receiver = place.start("**/*.log", &inlet(&fake, "file"));
    fake.wait_for(1);
    receiver.stop();
    assert_eq!(fake.kept()[0].origin.source_name, place.path("x.log").to_str().unwrap());
}

#[test]
fn a_compressed_file_is_read_once_and_only_what_is_new_in_it() {
    let (place, fake) = (Place::new(), Fake::new());
    let path = place.path("app.log");
    let lines = |range: std::ops::Range<usize>| -> String {
        range.map(|n| format!("line {n} of a file that is compressed later\n")).collect()
    };
    append(&path, &lines(0..100));
    let receiver = place.start("app.log*", &inlet(&fake, "file"));
    fake.wait_for(100);
    receiver.stop();
    // Rotated and compressed with lines that nobody has read; and one that nobody knows.
    fs::remove_file(&path).unwrap();
    compress(&place.path("app.log.1.gz"), &lines(0..150));
    compress(&place.path("app.log.2.gz"), &lines(500..600));
    for _ in 0..2 {
        let inlet = inlet(&fake, "file");
        let receiver = place.start("app.log*", &inlet);
        fake.wait_for(250);
        wait_until(&inlet, |health| health.lag_bytes.is_some() && health.connections == 0);
        receiver.stop();
    }
    let expected = (0..150).chain(500..600);
    assert_each_once(&fake, expected.map(|n| lines(n..n + 1).trim_end().to_owned()));
    assert!(fake.kept()[100..].iter().all(|record| record.old));
}

#[test]
fn nothing_is_lost_while_the_intake_refuses_and_fails() {
    let (place, fake) = (Place::new(), Fake::new());
    let inlet = inlet(&fake, "file");
    let path = place.path("app.log");
    append(&path, "one\n");
    fake.set_full(true);
    let receiver = place.start("*.log", &inlet);
    let health = wait_until(&inlet, |health| health.waits_for.is_some());
    assert_eq!((health.received, health.open), (0, 0), "not received before it is stored");
    fake.fail(2);
    fake.set_full(false);
    fake.wait_for(1);
    append(&path, "two\n");
    fake.wait_for(2);
    receiver.stop();
    assert_each_once(&fake, ["one", "two"].into_iter().map(str::to_owned));
}

#[test]
fn long_lines_are_cut_and_no_text_is_left_out() {
    let (place, fake) = (Place::new(), Fake::new());
    append(&place.path("a.log"), &format!("{}\nshort\n", "z".repeat(5_000)));
    fs::write(place.path("b.log"), b"\x7fELF\0\0\0").unwrap();
    let inlet = inlet(&fake, "file");
    let config = FollowConfig { line_bytes_max: 1_000, ..place.config("*.log") };
    let receiver = follow::start(config, &inlet).unwrap();
    fake.wait_for(2);
    // Counted after the answer, which the fake counts first.
    let is_counted = |health: &Health| health.refused == 1 && health.received == 2;
    let health = wait_until(&inlet, |health| is_counted(health) && health.holds.is_some());
    assert_eq!(health.truncated, 1);
    // What is wrong is told for as long as it is; what went wrong stays.
    fs::remove_file(place.path("b.log")).unwrap();
    let after = wait_until(&inlet, |health| health.holds.is_none());
    assert!(after.last_error.is_some() && after.refused == 1);
    receiver.stop();
    assert_eq!((fake.kept()[0].payload.len(), fake.kept()[0].truncated), (1_000, true));
    assert_eq!(fake.texts()[1], "short");
    let (_, told) = health.last_error.unwrap();
    assert!(told.ends_with("b.log is not followed: program"), "{told}");
    assert_eq!(health.holds, Some(told));
}

#[test]
fn what_cannot_be_followed_is_counted_with_its_reason() {
    let (place, fake) = (Place::new(), Fake::new());
    append(&place.path("a.log"), "one\n");
    append(&place.path("b.log"), "two\n");
    append(&place.path("c.log"), "three\n");
    // Links into the void may be made good later, and one to itself leads nowhere; but a file is no folder.
    std::os::unix::fs::symlink("loop.log", place.path("loop.log")).unwrap();
    std::os::unix::fs::symlink("void", place.path("void.log")).unwrap();
    let inlet = inlet(&fake, "file");
    let mut config = FollowConfig { files_max: 2, ..place.config("*.log") };
    config.include.push(place.path("a.log/b.log").to_string_lossy().into_owned());
    let receiver = follow::start(config, &inlet).unwrap();
    let health = wait_until(&inlet, |health| health.refused == 2 && health.holds.is_some());
    receiver.stop();
    let holds = health.holds.unwrap();
    assert!(
        holds.ends_with("a.log/b.log is not followed: not a directory (and 1 more)"),
        "{holds}"
    );
    let (_, told) = health.last_error.unwrap();
    assert!(told.contains(".log is not followed: 2 files are followed at a time"), "{told}");
}

#[test]
fn a_compressed_file_that_is_cut_off_is_told() {
    use std::io::Write as _;
    let (place, fake) = (Place::new(), Fake::new());
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..5_000).for_each(|n| writeln!(packed, "line {n} {}", n * 7_919).unwrap());
    let packed = packed.finish().unwrap();
    let path = place.path("a.log.1.gz");
    fs::write(&path, &packed[..packed.len() - 100]).unwrap();
    let past = std::time::SystemTime::now() - Duration::from_secs(60);
    fs::File::options().write(true).open(&path).unwrap().set_modified(past).unwrap();
    let inlet = inlet(&fake, "file");
    let receiver = follow::start(place.config("*.gz"), &inlet).unwrap();
    let health = wait_until(&inlet, |health| health.refused == 1);
    receiver.stop();
    let (_, told) = health.last_error.unwrap();
    assert!(told.contains("it may be damaged or cut off"), "{told}");
    assert!(!fake.texts().is_empty(), "the lines before are read");
}

#[test]
fn one_can_begin_at_the_end() {
    let (place, fake) = (Place::new(), Fake::new());
    let path = place.path("a.log");
    append(&path, "past\nhalf");
    let inlet = inlet(&fake, "file");
    let config = FollowConfig { begin: Begin::End, ..place.config("*.log") };
    let receiver = follow::start(config, &inlet).unwrap();
    wait_until(&inlet, |health| health.connections == 1);
    append(&path, " of the past\nnow\n");
    append(&place.path("b.log"), "whole\n");
    fake.wait_for(2);
    receiver.stop();
    assert_each_once(&fake, ["now", "whole"].into_iter().map(str::to_owned));
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let (place, fake) = (Place::new(), Fake::new());
    let inlet = inlet(&fake, "file");
    let error = |config| follow::start(config, &inlet).err().unwrap().to_string();
    assert!(error(place.config("***")).contains("write a path with *"));
    let nothing = FollowConfig { include: Vec::new(), ..place.config("*") };
    assert!(matches!(follow::start(nothing, &inlet), Err(FollowError::Nothing)));
    let nowhere = FollowConfig { places: place.path("no/places"), ..place.config("*") };
    assert!(error(nowhere).contains("no such file or folder"));
}

/// More than are remembered of those that are gone.
#[test]
fn many_compressed_files_are_read_once() {
    let (place, fake) = (Place::new(), Fake::new());
    for n in 0..1_100 {
        let path = place.path(&format!("{n}.gz"));
        let file = File::create(&path).unwrap();
        let mut gz = flate2::write::GzEncoder::new(file, Default::default());
        writeln!(gz, "line of {n}").unwrap();
        gz.finish().unwrap();
        make_old(&path);
    }
    for _ in 0..2 {
        let inlet = inlet(&fake, "file");
        let receiver = place.start("*.gz", &inlet);
        fake.wait_for(1_100);
        // Long enough for the patterns to be matched again.
        std::thread::sleep(Duration::from_millis(300));
        receiver.stop();
    }
    assert_each_once(&fake, (0..1_100).map(|n| format!("line of {n}")));
}
