//! `foreshock checks`, and checks of one's own in items.

use crate::program::{run, scan_case};
use std::fs;

const OWN: &str = r#"
family = "charon-of-ours"
title = "our gateways"
platform = "Our gateways"
shell = "cli"
follows = ["the branch calls"]
counter = ["the branch is closed"]
[[when]]
programs = ["ipsec", "ike"]
[holes.address]
is = "address"
[[check]]
text = "Ask the gateway."
command = "show tunnel {address}"
bad = "down"
source = "our handbook"
url = "https://wiki.example/gateways"
[[check]]
text = "Call the branch."
bad = "nobody answers"
source = "our handbook"
url = "https://wiki.example/gateways"
"#;

#[test]
fn the_catalogue_is_listed_and_sound() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let all = run(folder, &["checks", "list"]).ok().out;
    assert!(all.contains("\ncisco-asa ") && all.contains(" families, "), "{all}");
    let one = run(folder, &["checks", "list", "disk"]).ok().out;
    for part in [
        "What typically follows",
        "What would change the mind",
        "; sudo smartctl -x /dev/{device}",
        "source: ",
    ] {
        assert!(one.contains(part), "{part}: {one}");
    }
    let rows = run(folder, &["checks", "list", "disk", "--format", "ndjson"]).ok().out;
    for row in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        assert_eq!(row["family"], "disk");
    }
    let lint = run(folder, &["checks", "lint"]).ok().out;
    assert!(lint.ends_with(", 0 problems\n"), "{lint}");
    let none = run(folder, &["checks", "list", "dis"]);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("no family `dis`; there is disk"), "{}", none.err);
}

#[test]
fn lines_are_told_their_family() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let lines = "2026-11-20T08:00:00Z a sshd[1]: Failed password for root from 192.0.2.1 port 22 ssh2\n\
                 2026-11-20T08:00:01Z a \u{1b}[31mours[2]: all is well\n";
    fs::write(folder.join("a.log"), lines).unwrap();
    let table = run(folder, &["checks", "test", "--unknown", "a.log"]).ok().out;
    assert!(table.starts_with("1 of 2 lines have a family (50.0 %)"), "{table}");
    assert!(table.contains("\nsshd ") && !table.contains('\u{1b}'), "{table}");
    let rows = run(folder, &["checks", "test", "--format", "ndjson", "a.log"]).ok().out;
    let rows: Vec<serde_json::Value> =
        rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(
        (&rows[0]["family"], &rows[1]["family"]),
        (&"sshd".into(), &serde_json::Value::Null)
    );
    assert_eq!(run(folder, &["checks", "test", "missing.log"]).code, 10);
}

#[test]
fn checks_of_ones_own_stand_in_items() {
    let folder = scan_case("vpn_self_heal");
    let folder = folder.path();
    fs::create_dir(folder.join("own")).unwrap();
    fs::write(folder.join("own/ours.toml"), OWN).unwrap();
    run(folder, &["checks", "lint", "own"]).ok();
    let settings = format!("[checks]\nfolder = {:?}\n", folder.join("own"));
    fs::write(folder.join("settings.toml"), settings).unwrap();
    for option in [["--checks", "own"], ["--config", "settings.toml"]] {
        let args = [&["scan", "input.log", "--format", "json"][..], &option].concat();
        let item = run(folder, &args).ok().json()["items"][0].clone();
        assert_eq!(item["knowledge"]["family"], "charon-of-ours", "{item}");
        let first = &item["check_next"][0];
        assert_eq!(first["command"], "show tunnel 203.0.113.9", "{first}");
        assert_eq!(
            (&first["platform"], &first["expected_if_bad"]),
            (&"Our gateways".into(), &"down".into())
        );
    }
    let shown = run(folder, &["config", "show", "--config", "settings.toml"]).ok().out;
    assert!(shown.contains("[checks]\nfolder = \""), "{shown}");
}

#[test]
fn what_is_wrong_with_ones_own_is_said() {
    let folder = scan_case("vpn_self_heal");
    let folder = folder.path();
    fs::create_dir(folder.join("own")).unwrap();
    let lint = |text: &str| {
        fs::write(folder.join("own/ours.toml"), text).unwrap();
        run(folder, &["checks", "lint", "own"])
    };
    let misspelt = lint(&OWN.replace("counter =", "conter ="));
    assert_eq!(misspelt.code, 3);
    assert!(
        misspelt.err.contains("ours.toml") && misspelt.err.contains("conter"),
        "{}",
        misspelt.err
    );
    for (from, to, told) in [
        ("show tunnel", "reload tunnel", "`reload` changes a system"),
        ("{address}", "{adress}", "`{adress}` is no hole of the family"),
        ("bad = \"down\"", "bad = \"\"", "`bad` is empty"),
        ("https://wiki", "wiki", "`url` is no address"),
        ("programs = [\"ipsec\", \"ike\"]", "", "fits nothing"),
        ("is = \"address\"", "is = \"name\"", "needs the words `after` which it stands"),
    ] {
        let found = lint(&OWN.replace(from, to));
        assert_eq!(found.code, 3, "{to}");
        assert!(found.out.contains(told), "{told}: {}", found.out);
        assert!(found.out.contains("ours.toml:"), "its file and line: {}", found.out);
    }
    for (option, told) in [("nowhere", "cannot be read"), (".", "holds no *.toml file")] {
        let refused = run(folder, &["scan", "input.log", "--checks", option]);
        assert_eq!(refused.code, 3);
        assert!(refused.err.contains(told), "{}", refused.err);
    }
    fs::write(folder.join("settings.toml"), "[checks]\nfolder = \"own\"\n").unwrap();
    let relative = run(folder, &["config", "check", "settings.toml"]);
    assert_eq!(relative.code, 3);
    assert!(relative.err.contains("settings.toml:2:"), "{}", relative.err);
}

#[test]
fn the_example_of_the_page_is_sound() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/checks.md");
    let page = fs::read_to_string(page).unwrap();
    let example = page.split("```toml\n").find(|block| block.starts_with("family = \"acme-sync\""));
    let example = example.and_then(|block| block.split("```").next()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("own")).unwrap();
    fs::write(folder.path().join("own/acme-sync.toml"), example).unwrap();
    let lint = run(folder.path(), &["checks", "lint", "own"]).ok().out;
    assert!(lint.ends_with(", 0 problems\n"), "{lint}");
}
