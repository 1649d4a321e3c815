//! The batch doors to signals as a shell sees them: futures, conditions, verdicts, and samples among the lines
//! of a scan.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn foreshock(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_foreshock")).current_dir(folder).args(args).output().unwrap()
}

fn told(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn rows(output: &Output) -> Vec<Value> {
    told(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A gauge that holds still for three hours and then climbs by a third of a percent a minute.
fn leak(minute: usize) -> f64 {
    let noise = 0.004 * ((minute as f64 * 0.618).fract() - 0.5);
    (0.50 + 0.0033 * minute.saturating_sub(180) as f64).min(0.985) + noise
}

fn leak_csv(minutes: usize) -> String {
    let mut csv = String::from("t,value\n");
    for minute in 0..minutes {
        writeln!(csv, "{},{:.4}", 1_795_046_400 + 60 * minute, leak(minute)).unwrap();
    }
    csv
}

#[test]
fn futures_of_numbers_and_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let given =
        ["series", "simulate", "--current", "0.6", "--slope", "0.012", "--threshold", "0.9"];
    let text = told(&foreshock(folder.path(), &given));
    assert!(text.contains("do nothing: threshold met in 25 min"), "{text}");
    let acting = [&given[..], &["--step", "-0.3", "--after", "5", "--format", "json"]].concat();
    let found = &rows(&foreshock(folder.path(), &acting))[0];
    assert!((found["minutes_won"].as_f64().unwrap() - 25.0).abs() < 1e-6, "{found}");
    assert_eq!(found["is_averted"], false);

    fs::write(folder.path().join("memory.csv"), leak_csv(250)).unwrap();
    let of_file = ["series", "simulate", "memory.csv", "--threshold", "0.9", "--format", "json"];
    let found = &rows(&foreshock(folder.path(), &of_file))[0];
    let slope = found["slope"].as_f64().unwrap();
    assert!((slope - 0.0033).abs() < 0.0002, "{found}");
    let minutes = found["do_nothing"]["minutes_to_threshold"].as_f64().unwrap();
    assert!((45.0..58.0).contains(&minutes), "{found}");
}

#[test]
fn a_future_without_a_slope_and_an_act_without_an_effect_are_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let missing = foreshock(folder.path(), &["series", "simulate", "--threshold", "1"]);
    assert_eq!(missing.status.code(), Some(2));
    let args = "series simulate --threshold 1 --current 0 --slope 1 --after 5";
    let idle = foreshock(folder.path(), &args.split(' ').collect::<Vec<_>>());
    assert_eq!(idle.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&idle.stderr).contains("--step"));
}

#[test]
fn conditions_appear_get_worse_and_are_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut csv = String::from("timestamp,host,memory.used_ratio,io.stall_full,color\n");
    for minute in 0..60 {
        let used = match minute {
            30..40 => 0.93,
            40..50 => 0.99,
            _ => 0.5,
        };
        writeln!(csv, "2026-11-20T08:{minute:02}:00Z,oak,{used},,red").unwrap();
    }
    fs::write(folder.path().join("m.csv"), &csv).unwrap();
    let found = rows(&foreshock(folder.path(), &["host", "classify", "m.csv", "--format", "json"]));
    let said: Vec<(&str, &str)> = found
        .iter()
        .map(|row| (row["timestamp"].as_str().unwrap(), row["severity"].as_str().unwrap_or("over")))
        .collect();
    assert_eq!(said.first().unwrap().0, "2026-11-20T08:30:00Z", "{said:?}");
    assert!(said.contains(&("2026-11-20T08:40:00Z", "critical")), "{said:?}");
    assert_eq!(said.last().unwrap(), &("2026-11-20T08:54:00Z", "over"), "five quiet rows");
    assert_eq!(found[0]["signal_type"], "memory_pressure");
    assert_eq!(found[0]["evidence"][0]["series"], "memory.used_ratio");
    assert!(!found[0]["hints"].as_array().unwrap().is_empty());
    assert_eq!(told(&foreshock(folder.path(), &["host", "classify", "m.csv", "--last"])), "");
}

#[test]
fn what_is_unusual_is_over_when_it_ends_and_a_step_is_a_new_normal_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut csv = String::from("timestamp,host,disk.queue,memory.used_ratio\n");
    for minute in 0..24 * 60_u32 {
        // One loud row is no condition.
        let is_high = minute == 300 || (400..460).contains(&minute) || minute >= 700;
        let queue = if is_high { 60.0 } else { 1.0 + (f64::from(minute) * 0.618).fract() };
        writeln!(csv, "2026-11-20T{:02}:{:02}:00Z,oak,{queue},91", minute / 60, minute % 60)
            .unwrap();
    }
    fs::write(folder.path().join("q.csv"), &csv).unwrap();
    let output = foreshock(folder.path(), &["host", "classify", "q.csv", "--format", "json"]);
    let notes = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(notes.matches("memory.used_ratio is 91, which is no ratio").count(), 1, "{notes}");
    let found = rows(&output);
    let said: Vec<(&str, &str)> = found
        .iter()
        .map(|row| {
            (&row["timestamp"].as_str().unwrap()[11..16], row["signal_type"].as_str().unwrap())
        })
        .collect();
    let (name, new) = ("block_device_saturation", "new_normal");
    let expected =
        [("06:42", name), ("07:44", name), ("11:42", name), ("17:42", new), ("17:47", name)];
    assert_eq!(said, expected);
}

#[test]
fn a_table_without_known_columns_says_where_their_names_are() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("m.csv"), "timestamp,mem\n2026-11-20T08:00:00Z,1\n").unwrap();
    let output = foreshock(folder.path(), &["host", "classify", "m.csv"]);
    assert_eq!(output.status.code(), Some(10));
    assert!(String::from_utf8_lossy(&output.stderr).contains("foreshock host metrics"));
    let listed = told(&foreshock(folder.path(), &["host", "metrics"]));
    assert!(listed.contains("memory.used_ratio"), "{listed}");
}

#[test]
fn verdicts_on_past_claims_are_published() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("memory.csv"), leak_csv(360)).unwrap();
    let args = "series forecast memory.csv --limit 0.95 --out c.csv --verdicts v.csv";
    told(&foreshock(folder.path(), &args.split(' ').collect::<Vec<_>>()));
    let verdicts = fs::read_to_string(folder.path().join("v.csv")).unwrap();
    assert_eq!(verdicts.lines().next(), Some("series,made,lo,mid,hi,met_after,held"));
    assert!(verdicts.lines().any(|line| line.ends_with(",true")), "{verdicts}");
}

#[test]
fn a_scan_of_samples_tells_of_a_limit_that_comes_near() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = String::new();
    for minute in 0..300 {
        let (hour, minute_of) = (8 + minute / 60, minute % 60);
        let value = leak(minute);
        writeln!(
            lines,
            r#"{{"time":"2026-11-20T{hour:02}:{minute_of:02}:00Z","host":"oak","metric":"memory.used_ratio","value":{value:.4}}}"#
        )
        .unwrap();
    }
    fs::write(folder.path().join("metrics.json"), &lines).unwrap();
    let output = foreshock(folder.path(), &["scan", "--format", "json", "metrics.json"]);
    let digest: Value = serde_json::from_str(&told(&output)).unwrap();
    let items = digest["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["type"] == "pressure");
    let item = item.unwrap_or_else(|| panic!("{digest:#}"));
    assert!(item["title"].as_str().unwrap().contains("memory.used_ratio"), "{item:#}");
    assert!(!item["evidence"].as_array().unwrap().is_empty(), "{item:#}");
}

#[test]
fn each_row_of_a_table_gives_one_also_without_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let mut two = String::from("a,b\n");
    let mut one = String::from("a\n");
    for row in 0..100 {
        let x = (f64::from(row) * 0.618).fract();
        let is_empty = row == 7 || row == 99;
        two += &if is_empty { ",\n".to_owned() } else { format!("{x},{}\n", 1.0 - x) };
        one += &if is_empty { "\n".to_owned() } else { format!("{x}\n") };
    }
    two = two.replacen("0.618,", "1e308,", 1);
    fs::write(folder.path().join("two.csv"), &two).unwrap();
    fs::write(folder.path().join("one.csv"), &one).unwrap();
    let given = ["outlier", "score", "two.csv", "one.csv", "--out", "scores", "--why", "1"];
    let output = foreshock(folder.path(), &given);
    let most = rows(&output);
    assert_eq!(most[0]["row"], 2, "the row of the huge number stands out: {most:?}");
    let note = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(note.contains("200 rows") && note.contains("4 rows have no number at all"), "{note}");
    for name in ["two.csv", "one.csv"] {
        let told = fs::read_to_string(folder.path().join("scores").join(name)).unwrap();
        let scores: Vec<f64> = told
            .lines()
            .skip(1)
            .map(|row| row.rsplit(',').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(scores.len(), 100, "{name}");
        assert!(!told.contains("inf") && !told.contains("NaN"), "{told}");
        let above = scores.iter().filter(|score| **score > scores[7]).count();
        assert!(above > 25, "{name}: a row without numbers is not unusual, {above}");
    }
}

#[test]
fn results_replace_no_input() {
    let folder = tempfile::tempdir().unwrap();
    let table: String = (0..40).map(|row| format!("{row}\n")).collect();
    let table = format!("a\n{table}");
    fs::write(folder.path().join("t.csv"), &table).unwrap();
    let record = "{\"process_name\":\"sh\",\"ppid\":1}\n";
    fs::write(folder.path().join("s.jsonl"), record).unwrap();
    for given in [
        &["outlier", "score", "t.csv", "--out", "."][..],
        &["outlier", "train", "t.csv", "--model", "./t.csv"],
        &["process", "score", "s.jsonl", "--features", "s.jsonl"],
    ] {
        let output = foreshock(folder.path(), given);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{given:?}: {said}");
        assert!(said.contains("would replace the input"), "{said}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("t.csv")).unwrap(), table);
    assert_eq!(fs::read_to_string(folder.path().join("s.jsonl")).unwrap(), record);
}

#[test]
fn a_file_without_starts_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("no.jsonl", "\n{\"pid\":1}\nx\n");
    let output = foreshock(folder.path(), &["process", "score", "no.jsonl"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(10), "{said}");
    assert!(said.contains("no.jsonl:2: names no process: give process_name or image"), "{said}");
    write("some.jsonl", "x\n{\"process_name\":\"sh\"}\n");
    let output = foreshock(folder.path(), &["process", "score", "some.jsonl"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("1 lines are no starts") && said.contains("some.jsonl:1: not an"),
        "{said}"
    );
    write("empty.jsonl", "");
    let output = foreshock(folder.path(), &["process", "score", "empty.jsonl"]);
    assert_eq!(output.status.code(), Some(0), "nothing was there to be read");
}

#[test]
fn starts_with_long_command_lines_are_judged_and_those_cut_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let line = |letters: usize| {
        let long = "A".repeat(letters);
        format!(
            "{{\"process_name\":\"sh\",\"parent_name\":\"nginx\",\"command_line\":\"sh -c {long}\"}}\n"
        )
    };
    fs::write(folder.path().join("s.jsonl"), line(600_000) + &line(5_000_000) + &line(9)).unwrap();
    let output = foreshock(folder.path(), &["process", "score", "s.jsonl"]);
    let alerts = rows(&output);
    assert_eq!(alerts.len(), 3);
    assert!(alerts.iter().all(|alert| alert["severity"] == "HIGH"), "{alerts:?}");
    let ids: std::collections::BTreeSet<String> =
        alerts.iter().map(|alert| alert["alert_id"].to_string()).collect();
    assert_eq!(ids.len(), 3);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("1 starts stand in lines that break off"), "{said}");
}

#[test]
fn rules_that_can_never_hold_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("s.jsonl"), "{\"process_name\":\"bash\",\"ppid\":1}\n").unwrap();
    let rules = "name = \"mine\"\n[[process]]\nnames = [\"Bash\"]\nweight = 0.5\n";
    fs::write(folder.path().join("mine.toml"), rules).unwrap();
    let output = foreshock(folder.path(), &["process", "score", "s.jsonl", "--rules", "mine.toml"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("mine.toml: the [[process]] rule of `bash` has no parents"), "{said}");
}
