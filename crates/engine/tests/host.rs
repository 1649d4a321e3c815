//! `engine::host` over `fixtures/host/<case>/`: series, forecasts and starts of processes, each through
//! one door; and what must hold for any samples. `UPDATE_FIXTURES=1` writes the expected files anew.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

use engine::host::anomaly::alert::AnomalyAlert;
use engine::host::anomaly::fusion::Fusion;
use engine::host::anomaly::outlier::{ModelError, OutlierModel, Scaled, Table};
use engine::host::anomaly::process::ProcessStart;
use engine::host::anomaly::rules::{LINUX, RuleSet, WINDOWS};
use engine::host::anomaly::watch::Watch;
use engine::host::forecast::Forecaster;
use engine::host::series::{Judgement, Series};
use model::Timestamp;
use proptest::prelude::*;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/host")
}

fn agree(path: &Path, found: &str) {
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(path, found).unwrap();
    }
    let expected = fs::read_to_string(path)
        .unwrap_or_else(|e| panic!("{}: {e}; UPDATE_FIXTURES=1 writes it", path.display()));
    assert!(expected == found, "{} differs. Found:\n{found}", path.display());
}

/// The samples of a case: seconds and values, NaN where there is none.
fn samples(folder: &Path) -> Vec<(f64, f64)> {
    let text = fs::read_to_string(folder.join("input.csv")).unwrap();
    let row = |line: &str| {
        let (at, value) = line.split_once(',').unwrap();
        let secs = at
            .parse()
            .unwrap_or_else(|_| Timestamp::parse_absolute(at, 0).unwrap().as_micros() as f64 / 1e6);
        (secs, value.parse().unwrap_or(f64::NAN))
    };
    text.lines().skip(1).map(row).collect()
}

fn judged(samples: &[(f64, f64)]) -> Vec<Judgement> {
    let mut series = Series::new();
    samples.iter().map(|(secs, value)| series.observe(*secs, *value)).collect()
}

fn rules(name: &str) -> RuleSet {
    let rules = RuleSet::parse(if name == "linux" { LINUX } else { WINDOWS }).unwrap();
    assert_eq!(rules.fault(), None, "{name}");
    rules
}

fn alerts(folder: &Path, fusion: Fusion) -> Vec<AnomalyAlert> {
    let system = fs::read_to_string(folder.join("rules")).unwrap();
    let mut watch = Watch::new(rules(system.trim()), None, fusion, 2_000.0);
    let text = fs::read_to_string(folder.join("input.jsonl")).unwrap();
    text.lines().map(|line| watch.judge(&ProcessStart::from_json(line).unwrap()).alert).collect()
}

/// What a case comes to, as its expected file holds it.
fn check(case: &str) -> String {
    let folder = root().join(case);
    let mut told = String::new();
    match case.split('_').next().unwrap() {
        "series" => {
            for (at, judged) in judged(&samples(&folder)).iter().enumerate() {
                if judged.is_onset {
                    let lane = judged.lane.phrase();
                    writeln!(told, "row {at}: alert, {:.1} decades: {lane}", judged.surprise)
                        .unwrap();
                }
                if let Some(change) = judged.new_normal {
                    let (before, after) = (change.before, change.after);
                    writeln!(told, "row {at}: new normal {before:.1} -> {after:.1}").unwrap();
                }
            }
        }
        "forecast" => {
            let mut forecaster = Forecaster::new(0.9);
            for (at, (secs, value)) in samples(&folder).iter().enumerate() {
                match forecaster.observe(*secs, *value) {
                    Ok(claim) if at % 10 == 0 => writeln!(
                        told,
                        "row {at}: {:.0} to {:.0} min, {:.0} in the middle",
                        claim.lo / 60.0,
                        claim.hi / 60.0,
                        claim.mid / 60.0
                    )
                    .unwrap(),
                    Err(silence) if at % 60 == 0 => {
                        writeln!(told, "row {at}: {silence:?}").unwrap()
                    }
                    _ => {}
                }
            }
            writeln!(told, "{:?}", forecaster.record()).unwrap();
        }
        _ => {
            for alert in alerts(&folder, Fusion::Calibrated) {
                writeln!(told, "{}", serde_json::to_string_pretty(&alert).unwrap()).unwrap();
            }
        }
    }
    agree(&folder.join("expected.txt"), &told);
    told
}

#[test]
fn every_case_comes_out_as_expected() {
    let mut cases: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    cases.sort();
    assert!(cases.len() >= 13, "{cases:?}");
    cases.iter().for_each(|case| {
        check(case);
    });
}

#[test]
fn spikes_are_alerts_and_quiet_series_are_not() {
    assert!(check("series_spike").starts_with("row 70"));
    assert_eq!(check("series_quiet"), "");
    let shift = check("series_level_shift");
    assert_eq!(shift.matches("new normal").count(), 1, "said once: {shift}");
}

#[test]
fn claims_are_made_for_leaks_and_not_for_what_only_warms_up() {
    assert!(check("forecast_leak").contains("min"));
    for case in ["forecast_warm_up", "forecast_restarts", "forecast_full"] {
        assert!(!check(case).contains("min,"), "{case}");
    }
}

/// The test of the document: root's bash, started by cron, scores above a half.
#[test]
fn a_root_shell_from_cron_is_geometric_above_a_half() {
    let folder = root().join("process_root_shell_from_cron");
    let scores: Vec<f64> =
        alerts(&folder, Fusion::SpecV1).iter().map(|alert| alert.layer_scores.geometric).collect();
    assert_eq!(scores, [0.0, 1.0, 0.0]);
    let near = alerts(&root().join("process_near_miss"), Fusion::SpecV1);
    assert!(near.iter().all(|alert| alert.layer_scores.geometric == 0.0), "{near:?}");
}

fn judged_start(line: &str, fusion: Fusion) -> AnomalyAlert {
    let mut watch = Watch::new(rules("linux"), None, fusion, 2_000.0);
    watch.judge(&ProcessStart::from_json(line).unwrap()).alert
}

/// Snapshots of the document have a `uid` and no `user`; other agents write the name alone.
#[test]
fn users_are_known_by_number_and_by_name() {
    for (line, reason) in [
        (
            r#"{"process_name":"mysqld","parent_name":"systemd","uid":0}"#,
            "user `root` is not an expected user of `mysqld`",
        ),
        (
            r#"{"user":"root","process_name":"bash","parent_name":"cron"}"#,
            "`bash` runs as root, started by `cron`",
        ),
    ] {
        let alert = judged_start(line, Fusion::SpecV1);
        assert_eq!(alert.layer_scores.geometric, 1.0, "{line}");
        assert!(alert.layer_reasons.iter().any(|said| said.contains(reason)), "{alert:#?}");
    }
    for near in [
        r#"{"process_name":"mysqld","parent_name":"systemd","uid":112}"#,
        r#"{"process_name":"mysqld","parent_name":"systemd","uid":112,"user":"mysql"}"#,
        r#"{"user":"ann","process_name":"bash","parent_name":"sshd"}"#,
    ] {
        assert_eq!(judged_start(near, Fusion::SpecV1).layer_scores.geometric, 0.0, "{near}");
    }
}

#[test]
fn odd_folders_are_seen_in_names_and_command_lines() {
    for line in [
        r#"{"process_name":"/tmp/.x/evil","parent_name":"nginx","uid":33}"#,
        r#"{"process_name":"evil","parent_name":"nginx","command_line":"/tmp/.x/evil -d","uid":33}"#,
    ] {
        let alert = judged_start(line, Fusion::Calibrated);
        assert_eq!(alert.severity, "MED", "{alert:#?}");
        assert!(alert.reason_text.contains("(`/tmp/.x/evil`)"), "{alert:#?}");
    }
}

#[test]
fn spec_v1_lists_the_rules_that_count_and_no_others() {
    let alert =
        judged_start(r#"{"process_name":"sh","parent_name":"nginx","uid":33}"#, Fusion::SpecV1);
    assert_eq!(alert.layer_scores.geometric, 1.0);
    assert!(alert.layer_reasons[0].contains("a server started an interpreter"), "{alert:#?}");
    // Beyond the document's three rules.
    let alert =
        judged_start(r#"{"process_name":"/tmp/whoami","parent_name":"sh"}"#, Fusion::SpecV1);
    assert_eq!(alert.layer_scores.geometric, 0.0);
    assert_eq!(alert.layer_reasons[0], "Geometric: no rule broken", "{alert:#?}");
}

#[test]
fn alerts_of_records_without_a_time_are_told_apart_by_their_place() {
    let id = |line: &str, place: &str| {
        let start =
            ProcessStart { place: place.to_owned(), ..ProcessStart::from_json(line).unwrap() };
        let mut watch = Watch::new(rules("linux"), None, Fusion::Calibrated, 2_000.0);
        watch.judge(&start).alert.alert_id
    };
    let timeless = r#"{"process_name":"sh","parent_name":"nginx","pid":7}"#;
    assert_ne!(id(timeless, "a.jsonl:1"), id(timeless, "a.jsonl:2"));
    assert_eq!(id(timeless, "a.jsonl:1"), id(timeless, "a.jsonl:1"));
    let timed =
        r#"{"process_name":"sh","parent_name":"nginx","pid":7,"timestamp":"2026-11-20T08:00:00Z"}"#;
    assert_eq!(id(timed, "a.jsonl:1"), id(timed, "b.jsonl:2"), "the same start, read twice");
}

#[test]
fn alerts_have_the_documented_keys() {
    let folder = root().join("process_root_shell_from_cron");
    let alert = serde_json::to_value(&alerts(&folder, Fusion::SpecV1)[1]).unwrap();
    for key in [
        "alert_id",
        "timestamp",
        "process_id",
        "process_name",
        "severity",
        "confidence",
        "reason_text",
        "layer_reasons",
    ] {
        assert!(!alert[key].is_null(), "{key}: {alert}");
    }
    for layer in ["geometric", "temporal", "hero"] {
        assert!(alert["layer_scores"][layer].is_number(), "{layer}");
    }
}

/// Sixty rows about a line, and one off it whose values are ordinary one by one.
fn rows_about_a_line() -> Vec<f64> {
    let mut values: Vec<f64> = (0..60)
        .flat_map(|n| {
            let x = f64::from(n) * 0.1;
            [x, x + 0.01 * f64::from(n % 3), 5.0 + 0.01 * f64::from(n % 7)]
        })
        .collect();
    values.extend([1.0, 5.0, 5.03]);
    values.extend([3.0, 3.0, 50.0]);
    values
}

fn names() -> Vec<String> {
    ["a", "b", "c"].map(str::to_owned).to_vec()
}

#[test]
fn forest_and_components_each_find_their_own() {
    let values = rows_about_a_line();
    let model = OutlierModel::train(&Table::new(&values, 3).unwrap(), &names(), 7).unwrap();
    let mut scaled = Scaled::default();
    let best = |by: &dyn Fn(&[f64]) -> f64| {
        let rows = values.chunks_exact(3).enumerate();
        rows.max_by(|a, b| by(a.1).total_cmp(&by(b.1))).unwrap().0
    };
    let forest = best(&|row| model.score(row, &mut Scaled::default()).forest);
    assert_eq!(forest, 61, "far out in one column");
    let among = values[..61 * 3].chunks_exact(3).enumerate();
    let pca = among
        .max_by(|a, b| {
            let score = |row: &[f64]| model.score(row, &mut Scaled::default()).pca;
            score(a.1).total_cmp(&score(b.1))
        })
        .unwrap()
        .0;
    assert_eq!(pca, 60, "impossible together");
    let causes = model.causes(&values[61 * 3..], &mut scaled);
    assert_eq!(causes[0].column, "c", "{causes:?}");
}

#[test]
fn rows_score_alike_alone_and_together() {
    let values = rows_about_a_line();
    let model = OutlierModel::train(&Table::new(&values, 3).unwrap(), &names(), 7).unwrap();
    let mut scaled = Scaled::default();
    let together = model.score_all(values.chunks_exact(3), &mut scaled);
    let alone: Vec<_> = values.chunks_exact(3).map(|row| model.score(row, &mut scaled)).collect();
    assert_eq!(together, alone);
    let forest: Vec<f64> = together.iter().map(|score| score.forest).collect();
    assert_eq!(model.forest_scores(values.chunks_exact(3), &mut scaled), forest);
    let wild = model.score(&[f64::NAN, f64::INFINITY], &mut scaled).forest;
    assert!(wild < 0.5, "what is no number, and what is missing, counts as usual: {wild}");
}

#[test]
fn the_same_rows_and_seed_give_the_same_model_and_bytes_come_back_whole() {
    let values = rows_about_a_line();
    let table = Table::new(&values, 3).unwrap();
    let model = OutlierModel::train(&table, &names(), 7).unwrap();
    let bytes = model.save();
    assert_eq!(bytes, OutlierModel::train(&table, &names(), 7).unwrap().save());
    assert_ne!(bytes, OutlierModel::train(&table, &names(), 8).unwrap().save());
    assert_eq!(OutlierModel::load(&bytes).unwrap(), model);
    assert_eq!(model.status().rows, 62);
    let mut damaged = bytes.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(OutlierModel::load(&damaged), Err(ModelError::Damaged));
    assert_eq!(OutlierModel::load(&bytes[..40]), Err(ModelError::Damaged));
    assert_eq!(OutlierModel::load(b"pickle"), Err(ModelError::NotAModel));
}

#[test]
fn a_series_costs_at_most_eight_kilobytes() {
    let mut series = Series::new();
    (0..5_000).for_each(|n| {
        series.observe(f64::from(n) * 300.0, (f64::from(n) * 0.618).fract());
    });
    assert!(series.memory_bytes() <= 8_192, "{}", series.memory_bytes());
}

/// Values as hosts have them: runs, jumps, zeros, holes.
fn values() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        4 => 0.0_f64..100.0,
        1 => Just(0.0),
        1 => Just(f64::NAN),
        1 => -1e9_f64..1e9,
        1 => Just(1e300),
    ];
    prop::collection::vec(value, 1..400)
}

fn at_steps(values: &[f64], step: f64) -> Vec<(f64, f64)> {
    values.iter().enumerate().map(|(n, x)| (n as f64 * step, *x)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_prefix_is_judged_alike(values in values(), step in 1.0_f64..4_000.0, share in 0.0_f64..1.0) {
        let samples = at_steps(&values, step);
        let cut = (samples.len() as f64 * share) as usize;
        let whole = judged(&samples);
        prop_assert_eq!(&judged(&samples[..cut])[..], &whole[..cut]);
        for judged in whole {
            prop_assert!((0.0..=20.0).contains(&judged.score) && judged.expected.is_finite());
        }
    }

    #[test]
    fn series_go_on_from_a_snapshot(values in values(), share in 0.0_f64..1.0) {
        let samples = at_steps(&values, 60.0);
        let cut = (samples.len() as f64 * share) as usize;
        let (mut series, mut gauge) = (Series::new(), Forecaster::new(90.0));
        for (secs, value) in &samples[..cut] {
            series.observe(*secs, *value);
            let _ = gauge.observe(*secs, *value);
        }
        let bytes = postcard::to_stdvec(&(&series, &gauge)).unwrap();
        let (mut again, mut gauge_again): (Series, Forecaster) = postcard::from_bytes(&bytes).unwrap();
        for (secs, value) in &samples[cut..] {
            prop_assert_eq!(series.observe(*secs, *value), again.observe(*secs, *value));
            prop_assert_eq!(gauge.observe(*secs, *value), gauge_again.observe(*secs, *value));
        }
    }

    #[test]
    fn claims_are_ordered_and_within_the_horizon(values in values(), limit in 1.0_f64..200.0) {
        let mut gauge = Forecaster::new(limit);
        for (secs, value) in at_steps(&values, 60.0) {
            if let Ok(claim) = gauge.observe(secs, value) {
                prop_assert!(0.0 < claim.lo && claim.lo <= claim.mid && claim.mid <= claim.hi);
                prop_assert!(claim.mid <= 3_600.0 && claim.slope > 0.0);
            }
        }
    }

    #[test]
    fn any_bytes_are_a_model_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(OutlierModel::load(&bytes).is_err());
    }

    #[test]
    fn any_line_is_a_start_or_an_error(line in ".{0,200}") {
        let _ = ProcessStart::from_json(&line);
        let wrapped = serde_json::json!({"process_name": line, "command_line": line, "pid": line}).to_string();
        if let Ok(start) = ProcessStart::from_json(&wrapped) {
            let mut watch = Watch::new(rules("linux"), None, Fusion::Calibrated, 2_000.0);
            let alert = watch.judge(&start).alert;
            prop_assert!((0.0..=1.0).contains(&alert.score) && alert.layer_reasons.len() >= 3);
        }
    }
}
