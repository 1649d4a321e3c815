//! Whole collections of logs with known truth, where they are shared; without them the tests say so
//! and pass. The bars are those of the scorer beside the data.

use super::{analyse, shown};
use engine::kernel::{Anonymiser, Pseudonyms, Severity};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("FORESHOCK_SHARED").map(PathBuf::from);
    let near = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = root.unwrap_or(near).join("data").join(name);
    if !path.exists() {
        println!("SKIP: no {name} in the shared data");
        return None;
    }
    Some(path)
}

/// Each log of a folder with the JSON beside it.
fn logs(folder: &Path) -> Vec<(String, Vec<u8>, Value)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "log"))
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let truth = std::fs::read_to_string(path.with_extension("json")).unwrap_or("null".into());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(&path).unwrap(), serde_json::from_str(&truth).unwrap())
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn crashes_are_named_as_the_corpus_names_them() {
    let Some(folder) = folder("kernel/cases") else { return };
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, bytes, truth) in logs(&folder) {
        let found = analyse(&bytes).reports;
        if truth["expect_report"] == false {
            assert!(found.is_empty(), "{name}: {:?}", found[0].title);
            continue;
        }
        let mut count = |what, is: bool| *counts.entry(what).or_default() += u64::from(is);
        count("cases", true);
        let Some(first) = found.first() else { continue };
        count("found", true);
        count("title", truth["title"] == first.title.as_str());
        count("type", truth["type"] == first.kind);
        count("corrupted", truth["corrupted"] == first.corrupted);
    }
    println!("{counts:?}");
    let share = |what| counts[what] as f64 / counts["cases"] as f64;
    assert!(share("found") >= 1.0 && share("type") >= 0.99 && share("title") >= 0.97);
    assert!(share("corrupted") >= 0.97);
}

#[test]
fn guilty_files_are_found() {
    let Some(folder) = folder("kernel/guilty") else { return };
    let (mut right, mut all) = (0, 0);
    for (_, bytes, truth) in logs(&folder) {
        let found = analyse(&bytes).reports;
        let file = found.first().and_then(|r| r.guilty_file.clone()).unwrap_or_default();
        all += 1;
        right += u32::from(truth["guilty_file"] == file.as_str());
    }
    println!("guilty files: {right} of {all}");
    assert!(f64::from(right) >= 0.95 * f64::from(all));
}

#[test]
fn the_same_records_in_any_format_are_the_same_crash() {
    let Some(folder) = folder("kernel-samples/variants") else { return };
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.jsonl")).unwrap();
    let (mut right, mut all) = (0, 0);
    for truth in manifest.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()) {
        let file = truth["file"].as_str().unwrap();
        let found = analyse(&std::fs::read(folder.join(file)).unwrap());
        let boots = truth["boots"].as_u64().unwrap_or(1);
        assert_eq!(found.summary.boots.len() as u64, boots, "{file}");
        if truth["expect_report"] == true {
            all += 1;
            right += u32::from(found.reports.first().is_some_and(|r| {
                truth["title"] == r.title.as_str()
                    && truth["type"] == r.kind
                    && truth["frame"] == r.frame.as_deref().unwrap_or_default()
            }));
        }
        let first = vec![truth["boot_time"].clone()];
        let times = truth["boot_times"].as_array().unwrap_or(&first);
        for (boot, time) in found.summary.boots.iter().zip(times.iter().filter(|t| t.is_string())) {
            let wanted: String = time.as_str().unwrap().replace("+00:00", "Z");
            let wanted = model::Timestamp::parse(&wanted, model::Timestamp::default()).unwrap();
            let error = boot.start_wall.unwrap() - wanted.as_micros();
            assert!(error.abs() <= 1_000_000, "{file}: {error} µs");
        }
    }
    println!("variants: {right} of {all}");
    assert!(f64::from(right) >= 0.99 * f64::from(all));
}

#[test]
fn whole_logs_give_no_false_alarm_and_no_secret() {
    let Some(folder) = folder("kernel-samples/logs") else { return };
    let mut secrets = 0;
    for (name, bytes, truth) in logs(&folder) {
        let plain = analyse(&bytes);
        let bar = match truth["healthy"].as_str() {
            Some("yes") => Severity::High,
            Some("no-critical") => Severity::Critical,
            _ => Severity::Critical,
        };
        if truth["healthy"] != "no" {
            let worst = plain.reports.iter().find(|r| r.severity >= bar);
            assert!(worst.is_none(), "{name}: {}", worst.unwrap().title);
        }
        let mut hidden = plain.clone();
        Anonymiser::new(Pseudonyms::Numbered).anonymise(&mut hidden);
        let key = |a: &engine::kernel::Analysis| {
            let of = |r: &engine::kernel::Report| (r.title.clone(), r.signature.strict.clone());
            a.reports.iter().map(of).collect::<Vec<_>>()
        };
        assert_eq!(key(&hidden), key(&plain), "{name}");
        let text = shown(&hidden).to_string();
        let mut values = Vec::new();
        collect(&truth["secrets"], &mut values);
        for value in values {
            secrets += 1;
            assert!(!text.contains(&value), "{name}: {value}");
        }
    }
    println!("secrets looked for: {secrets}");
}

/// Category of a labelled line → families of reports that say the same.
fn categories() -> BTreeMap<&'static str, Vec<&'static str>> {
    let rows = include_str!("categories.tsv").lines().filter(|row| !row.starts_with('#'));
    let cells = rows.map(|row| row.split_once('\t').unwrap());
    cells.map(|(category, families)| (category, families.split(' ').collect())).collect()
}

#[test]
fn labelled_lines_are_reports_of_their_family_and_harmless_ones_are_none() {
    let Some(file) = folder("kernel-samples/lines-labelled.jsonl") else { return };
    let (categories, mut right, mut all) = (categories(), 0, 0);
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let truth: Value = serde_json::from_str(line).unwrap();
        let text = truth["text"].as_str().unwrap();
        let found = analyse(format!("{text}\n").as_bytes()).reports;
        let category = truth["category"].as_str().unwrap();
        if category == "none" {
            let bad = found.iter().find(|r| r.severity >= Severity::High);
            assert!(bad.is_none(), "{text}: {}", bad.unwrap().title);
            continue;
        }
        all += 1;
        let is_its = found.iter().any(|r| categories[category].contains(&r.family.name()));
        right += u32::from(is_its);
        if !is_its {
            let told: Vec<_> = found.iter().map(|r| (r.family.name(), &r.title)).collect();
            println!("{category}: {text}: {told:?}");
        }
    }
    println!("labelled lines: {right} of {all}");
    assert!(f64::from(right) >= 0.98 * f64::from(all));
}

/// The values that a list of secrets names.
fn collect(secrets: &Value, into: &mut Vec<String>) {
    for secret in secrets.as_array().into_iter().flatten() {
        into.extend(secret["value"].as_str().map(str::to_owned));
    }
}
