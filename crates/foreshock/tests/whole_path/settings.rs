//! Settings files: what `config` says of them, and what they change.

use crate::program::{candidates, run, scan_case};
use std::fs;
use std::path::Path;

fn score(folder: &Path, more: &[&str]) -> f64 {
    let digest = run(folder, &[&["scan", "input.log", "--format", "json"], more].concat()).ok();
    digest.json()["items"][0]["score_total"].as_f64().unwrap()
}

#[test]
fn what_is_shown_is_a_file_that_changes_nothing() {
    let folder = scan_case("vpn_self_heal");
    let folder = folder.path();
    let shown = run(folder, &["config", "show"]).ok().out;
    fs::write(folder.join("all.toml"), &shown).unwrap();
    let checked = run(folder, &["config", "check", "all.toml"]).ok();
    assert_eq!(checked.out, "all.toml: nothing is wrong\n");
    assert_eq!(run(folder, &["config", "show", "--config", "all.toml"]).ok().out, shown);
    let scan = |more: &[&str]| run(folder, &[&["scan", "input.log"], more].concat()).ok().out;
    assert_eq!(scan(&["--config", "all.toml"]), scan(&[]));
}

#[test]
fn a_mistake_is_told_with_its_place_and_ends_with_3() {
    let folder = scan_case("vpn_self_heal");
    let folder = folder.path();
    let wrong = "# mine\n[attention]\nocasion_gap = \"20m\"\n\n[discover]\nheal_pairs_min = 0\n";
    fs::write(folder.join("wrong.toml"), wrong).unwrap();
    for args in [
        &["config", "check", "wrong.toml"][..],
        &["config", "show", "--config", "wrong.toml"],
        &["scan", "--config", "wrong.toml", "input.log"],
        &["explain", "cand_0000", "--config", "wrong.toml", "input.log"],
        &["replay", "--config", "wrong.toml", "input.log"],
    ] {
        let ran = run(folder, args);
        assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{args:?}");
        let first = "foreshock: wrong.toml:3:1: [attention] has no setting `ocasion_gap`; did you mean `occasion_gap`?\n";
        let second = "wrong.toml:6:18: `heal_pairs_min` is 0: write a value from 3 to 16\n";
        assert_eq!(ran.err, format!("{first}{second}"), "{args:?}");
    }
    let missing = run(folder, &["scan", "--config", "none.toml", "input.log"]);
    assert_eq!(missing.code, 3);
    assert!(missing.err.starts_with("foreshock: none.toml: cannot be read: "), "{}", missing.err);
}

#[test]
fn settings_and_criticality_reach_the_engine() {
    let folder = scan_case("vpn_self_heal");
    let folder = folder.path();
    let all = "[[criticality]]\nsource = \"*input.log\"\nlevel = \"critical\"\n";
    fs::write(folder.join("critical.toml"), all).unwrap();
    let more = score(folder, &["--config", "critical.toml"]) - score(folder, &[]);
    assert!((more - 0.15).abs() < 1e-9, "{more}");
    fs::write(folder.join("deaf.toml"), "[attention]\nlearning_span = \"60d\"\n").unwrap();
    let deaf = ["scan", "input.log", "--format", "json", "--config", "deaf.toml"];
    let digest = run(folder, &deaf).ok().json();
    assert!(candidates(&digest).len() <= 1);
    assert!(digest["quiet"]["learning_until"].is_string(), "{digest}");
}

#[test]
fn sites_are_read_shown_and_checked() {
    let folder = scan_case("vpn_self_heal");
    let folder = folder.path();
    let sites = "[sites]\nzurich = [\"zrh-*\"]\nberlin = [\"ber-*\", \"acme/gw1\"]\n";
    fs::write(folder.join("sites.toml"), sites).unwrap();
    let shown = run(folder, &["config", "show", "--config", "sites.toml"]).ok().out;
    let wanted = "[sites]\n\"zurich\" = [\"zrh-*\"]\n\"berlin\" = [\"ber-*\", \"acme/gw1\"]\n";
    assert!(shown.ends_with(wanted), "{shown}");
    fs::write(folder.join("wrong.toml"), "[sites]\noslo = \"osl-*\"\n").unwrap();
    let wrong = run(folder, &["config", "check", "wrong.toml"]);
    assert_eq!(wrong.code, 3);
    let told = "wrong.toml:2:8: `oslo` wants a list of host names, * for anything: ";
    assert!(wrong.err.contains(told), "{}", wrong.err);
}
