//! A check that shows the lines around a moment → the command that does so where these lines stand: of a
//! file its own lines, of a host that is heard live its journal, as the engine wrote it.

use model::{Check, Timestamp};
use outputs::safe;
use std::fmt::Write;

/// Lines shown before the first and after the last one that is cited.
const MARGIN_LINES: u64 = 10;
/// Lines shown at most: what is read in a minute or two.
const LINES_MAX: u64 = 200;

/// Where a cited line stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stands {
    pub(super) file: String,
    /// 1-based.
    pub(super) line: u64,
}

/// Makes the check show lines of a file, if what the item cites next to its time stands in one.
/// `cited` has a place for each cited line, `None` where it stands in no file.
pub(super) fn look(check: &mut Check, cited: &[(Timestamp, Option<Stands>)]) {
    let Some((from, to)) = check.shows else {
        return;
    };
    let centre = from + (to - from).scaled(0.5);
    let far = |at: Timestamp| (at - centre).max(centre - at);
    let Some((_, Some(nearest))) = cited.iter().min_by_key(|(at, _)| far(*at)) else {
        return;
    };
    let within = cited.iter().filter_map(|(at, stands)| {
        let stands = stands.as_ref().filter(|s| s.file == nearest.file)?;
        (from..=to).contains(at).then_some(stands.line)
    });
    let (mut first, mut last) = (nearest.line, nearest.line);
    for line in within {
        // What is far from the nearest one is reached by reading on.
        if line.abs_diff(nearest.line) <= LINES_MAX / 2 - MARGIN_LINES {
            (first, last) = (first.min(line), last.max(line));
        }
    }
    let first = first.saturating_sub(MARGIN_LINES).max(1);
    check.command = lines_of(&nearest.file, first, last + MARGIN_LINES);
    // It runs where the file is.
    check.host = None;
}

/// `sed -n '3,9p' -- 'name'`; nothing for a name that cannot be written down as it is.
fn lines_of(file: &str, first: u64, last: u64) -> Option<String> {
    let is_spoilt = file.chars().any(|c| safe::is_unsafe(c) || c == char::REPLACEMENT_CHARACTER);
    if is_spoilt {
        return None;
    }
    let unpack = [(".gz", "zcat"), (".xz", "xzcat"), (".zst", "zstdcat"), (".bz2", "bzcat")];
    let unpack = unpack.iter().find(|(end, _)| file.ends_with(end));
    let mut command = String::new();
    let name = quoted(file);
    let written = match unpack {
        // Stops at the last line: the rest of a large file is not unpacked.
        Some((_, cat)) => write!(command, "{cat} -- {name} | sed -n '{first},{last}p;{last}q'"),
        None => write!(command, "sed -n '{first},{last}p;{last}q' -- {name}"),
    };
    written.ok().map(|()| command)
}

/// A name as one word of a POSIX shell, whatever it holds.
fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@".contains(c);
    match name.chars().all(is_plain) && !name.is_empty() {
        true => name.to_owned(),
        false => format!("'{}'", name.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn check(from: i64, to: i64) -> Check {
        Check {
            text: "read".into(),
            command: Some("journalctl".into()),
            host: Some("gw1".into()),
            read_only: true,
            shows: Some((at(from), at(to))),
            ..Check::default()
        }
    }

    fn cited(secs: i64, file: &str, line: u64) -> (Timestamp, Option<Stands>) {
        (at(secs), Some(Stands { file: file.into(), line }))
    }

    fn shown(from: i64, to: i64, lines: &[(Timestamp, Option<Stands>)]) -> Check {
        let mut check = check(from, to);
        look(&mut check, lines);
        check
    }

    #[test]
    fn lines_of_a_file_are_shown_from_it() {
        let lines = [cited(90, "a.log", 4), cited(110, "a.log", 31), cited(105, "b.log", 900)];
        let told = shown(0, 200, &lines);
        assert_eq!(told.command.as_deref(), Some("sed -n '890,910p;910q' -- b.log"));
        assert_eq!(told.host, None);
        let told = shown(0, 200, &lines[..2]);
        assert_eq!(told.command.as_deref(), Some("sed -n '1,41p;41q' -- a.log"));
        // What is nearest stands outside of the time that was asked for: still the best place to begin.
        let told = shown(1_000, 1_200, &lines[..2]);
        assert_eq!(told.command.as_deref(), Some("sed -n '21,41p;41q' -- a.log"));
    }

    #[test]
    fn what_stands_in_no_file_keeps_its_command() {
        let lines = [(at(100), None), cited(20, "a.log", 4)];
        assert_eq!(shown(0, 200, &lines), check(0, 200));
        assert_eq!(shown(0, 200, &[]), check(0, 200));
        let asks = Check { shows: None, ..check(0, 200) };
        let mut told = asks.clone();
        look(&mut told, &lines[1..]);
        assert_eq!(told, asks);
    }

    #[test]
    fn names_are_one_word_whatever_they_hold() {
        let command = |name: &str| lines_of(name, 3, 9);
        for (name, word) in [
            ("/var/log/syslog.1", "/var/log/syslog.1"),
            ("my log; rm -rf ~", "'my log; rm -rf ~'"),
            ("it's $(id) `id`", r"'it'\''s $(id) `id`'"),
            ("-n", "-n"),
        ] {
            let expected = format!("sed -n '3,9p;9q' -- {word}");
            assert_eq!(command(name).as_deref(), Some(expected.as_str()));
        }
        assert_eq!(
            command("old log.gz").as_deref(),
            Some("zcat -- 'old log.gz' | sed -n '3,9p;9q'")
        );
        for spoilt in ["a\nb", "a\x1b[31m", "a\u{202e}b", "a\u{fffd}b"] {
            assert_eq!(command(spoilt), None, "{spoilt:?}");
        }
    }

    proptest! {
        /// A shell reads the quoted word as the name and as nothing else.
        #[test]
        fn a_shell_reads_the_name(name in "[ -~äß✓]{1,20}") {
            let script = format!("printf %s {}", quoted(&name));
            let told = std::process::Command::new("sh").args(["-c", &script]).output();
            prop_assert_eq!(told.map(|told| told.stdout).ok(), Some(name.into_bytes()));
        }

        #[test]
        fn few_lines_are_shown(lines in prop::collection::vec((0_i64..400, 1_u64..2_000), 1..20)) {
            let lines: Vec<_> = lines.into_iter().map(|(at, n)| cited(at, "a.log", n)).collect();
            let command = shown(100, 300, &lines).command.unwrap_or_default();
            let numbers: Vec<u64> =
                command.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
            prop_assert!(numbers[0] >= 1 && numbers[1] - numbers[0] < LINES_MAX + 1, "{command}");
        }
    }
}
