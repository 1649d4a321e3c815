//! What people read, as files: `fixtures/outputs/<case>/expected.*`. `UPDATE_FIXTURES=1` writes
//! them anew; the change is then read like any other.

use crate::cases::{Case, case};
use outputs::{Style, digest, explain};
use std::path::PathBuf;

fn check(name: &str) {
    let Case { digest, counts, explanation } = case(name);
    let counts = Some(&counts);
    let terminal = Style { color: false, width: 100 };
    let mail = Style { color: false, width: 72 };
    agree(name, "expected.txt", &digest::text(&digest, counts, &terminal));
    agree(name, "expected.mail.txt", &digest::brief(&digest, counts, &mail));
    agree(name, "expected.md", &digest::markdown(&digest, counts));
    agree(name, "expected.json", &digest::json(&digest, counts));
    if let Some(explanation) = &explanation {
        agree(name, "expected.explain.txt", &explain::text(explanation, &terminal));
        agree(name, "expected.explain.md", &explain::markdown(explanation));
        agree(name, "expected.explain.json", &explain::json(explanation));
    }
}

fn agree(case: &str, file: &str, found: &str) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/outputs");
    let path = root.join(case).join(file);
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::create_dir_all(root.join(case)).unwrap();
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}; UPDATE_FIXTURES=1 writes it", path.display()));
    assert!(
        expected == found,
        "{} differs; UPDATE_FIXTURES=1 writes it anew. Found:\n{found}",
        path.display()
    );
}

#[test]
fn quiet_day() {
    check("quiet_day");
}

#[test]
fn still_learning() {
    check("still_learning");
}

#[test]
fn nothing_read() {
    check("nothing_read");
}

#[test]
fn vpn_self_heal() {
    check("vpn_self_heal");
}

#[test]
fn ended_badly() {
    check("ended_badly");
}

#[test]
fn storm_day() {
    check("storm_day");
}

#[test]
fn hostile_text() {
    check("hostile_text");
}

/// The page that explains the contract shows what is really printed.
#[test]
fn the_contract_shows_the_fixture() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let page = read("fixtures/outputs/vpn_self_heal/expected.txt");
    let (items, _) = page.split_once("\n\nTHE REST").unwrap();
    assert!(
        read("docs/output-contract.md").contains(items),
        "docs/output-contract.md: its example is not that of the fixture"
    );
}
