//! Settings files: what `config` says of them, and what they change.

use crate::program::{Ran, candidates, command, run, scan_case};
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

#[test]
fn what_serve_would_refuse_is_told_by_a_check() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("junk.pem"), "junk").unwrap();
    let pair = |certificate: &str| {
        let (key, path) = (folder.join("junk.pem"), folder.join(certificate));
        format!(
            "[listen]\nsyslog_tls = [\"127.0.0.1:0\"]\ntls_certificate = \"{}\"\ntls_key = \"{}\"\n",
            path.display(),
            key.display()
        )
    };
    for (text, words) in [
        ("[listen]\nhttp = \"0.0.0.0:5000\"\n".to_owned(), "foreshock token new"),
        (
            "[listen]\n\ntokens = \"/nonexistent/tokens\"\n".to_owned(),
            "a.toml:3: cannot read the tokens in /nonexistent/tokens",
        ),
        ("[listen]\ntokens = \"/nonexistent/tokens\"\n".to_owned(), "foreshock token new"),
        (pair("missing.pem"), "missing.pem"),
        (pair("junk.pem"), "-----BEGIN CERTIFICATE-----"),
        ("[listen]\nfiles = [\"/var/log/x\", \"[a\"]\n".to_owned(), "a.toml:2: cannot follow [a: "),
        (
            "[service]\ntenant = \"a b\"\n[listen]\nhttp = \"127.0.0.1:5514\"\n".to_owned(),
            "has it already",
        ),
    ] {
        fs::write(folder.join("a.toml"), &text).unwrap();
        let told = run(folder, &["config", "check", "a.toml"]);
        assert_eq!((told.code, told.out.as_str()), (3, ""), "{text}: {}", told.err);
        assert!(told.err.contains(words), "{text}: {}", told.err);
    }
    // Each mistake, and not the first alone.
    let told = run(folder, &["config", "check", "a.toml"]);
    assert_eq!(told.err.lines().count(), 2, "{}", told.err);
    fs::write(folder.join("a.toml"), "").unwrap();
    for (name, value) in [
        ("FORESHOCK__LISTEN__JORNAL", "true"),
        ("FORESHOCK_LISTEN_JOURNAL", "true"),
        ("FORESHOCK__LISTEN__HTTP", "5000"),
    ] {
        let mut check = command(folder, &["config", "check", "a.toml"]);
        let told = Ran::of(check.env(name, value).output().unwrap());
        assert!(told.code == 3 && told.err.contains(name), "{}", told.err);
    }
}

/// The settings of this machine's service are for the commands that are about it.
#[test]
fn the_file_of_the_service_is_found_where_it_stands() {
    let folder = scan_case("vpn_self_heal");
    let folder = folder.path();
    let own = folder.join("etc");
    fs::create_dir(&own).unwrap();
    let told = own.join("foreshock.toml").display().to_string();
    let text = format!(
        "[listen]\ntokens = \"{}\"\n[[client]]\nname = \"acme\"\n",
        own.join("tokens").display()
    );
    fs::write(own.join("foreshock.toml"), text).unwrap();
    let there = |args: &[&str]| {
        let mut command = command(folder, args);
        Ran::of(command.env("CONFIGURATION_DIRECTORY", &own).output().unwrap())
    };
    assert!(there(&["config", "show"]).ok().out.contains("name = \"acme\""));
    let missing = there(&["config", "check"]);
    assert!(missing.code == 3 && missing.err.contains("foreshock token new"), "{}", missing.err);
    let new = ["token", "new", "a", "--scopes", "read", "--clients"];
    let slip = there(&[&new[..], &["acmee"]].concat()).ok();
    assert!(slip.err.contains("no client `acmee`; did you mean `acme`?"), "{}", slip.err);
    assert_eq!(there(&["config", "check"]).ok().out, format!("{told}: nothing is wrong\n"));
    let doctor = there(&["doctor", "--json", "--state", "state"]).json();
    let of =
        |check: &str| doctor.as_array().unwrap().iter().find(|one| one["check"] == check).unwrap();
    assert!(of("settings")["seen"].as_str().unwrap().contains(&told), "{doctor}");
    assert!(of("tokens")["seen"].as_str().unwrap().starts_with("1 in "), "{doctor}");

    // One that is named comes first; and what looks at something by the way reads neither.
    fs::write(folder.join("other.toml"), "[[client]]\nname = \"beta\"\n").unwrap();
    let named = there(&["config", "show", "--config", "other.toml"]).ok().out;
    assert!(named.contains("\"beta\"") && !named.contains("name = \"acme\"\nlisteners"), "{named}");
    fs::write(own.join("foreshock.toml"), "nonsense").unwrap();
    there(&["scan", "input.log"]).ok();
    assert_eq!(there(&["config", "show"]).code, 3);
    let none = run(folder, &["config", "check"]);
    assert!(none.code == 2 && none.err.contains("name a file"), "{}", none.err);
}

#[test]
fn doctor_tells_what_each_pattern_of_files_leads_to() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("logs")).unwrap();
    fs::write(folder.join("logs/a.log"), "x\n").unwrap();
    let doctor = |pattern: &str| {
        let pattern = folder.join(pattern).display().to_string();
        fs::write(folder.join("a.toml"), format!("[listen]\nfiles = [\"{pattern}\"]\n")).unwrap();
        let doctor =
            run(folder, &["doctor", "--json", "--state", "state", "--config", "a.toml"]).json();
        doctor.as_array().unwrap().iter().find(|one| one["check"] == "files").unwrap().clone()
    };
    let (some, none, of_folder) = (doctor("logs/*.log"), doctor("*.log"), doctor("logs"));
    assert!(some["ok"] == true && some["seen"].as_str().unwrap().ends_with(": 1 files"), "{some}");
    assert!(none["ok"] == true && none["remedy"].is_string(), "{none}");
    assert!(of_folder["ok"] == false, "{of_folder}");
    assert!(of_folder["remedy"].as_str().unwrap().contains("logs/**/*.log"), "{of_folder}");
}
