//! What ARCHITECTURE.md and README.md say of the house itself, held to the files.

use crate::program::run;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Whether a file holds tests only: those may read fixtures.
fn is_test(path: &Path) -> bool {
    let mut parts = path.components().map(|c| c.as_os_str().to_string_lossy());
    parts.any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
}

#[test]
fn the_pure_crates_touch_no_clock_file_or_environment() {
    const OUTSIDE: [&str; 10] = [
        "std::fs",
        "std::io",
        "std::env",
        "std::process",
        "std::thread",
        "std::time",
        "TcpStream",
        "SystemTime",
        "Instant::now",
        "RandomState",
    ];
    let mut looked_at = 0;
    for name in ["engine", "model", "outputs"] {
        let files = sources(&root().join("crates").join(name).join("src"));
        // The HTTP API is an edge within a pure crate.
        let edge = root().join("crates/outputs/src/rest");
        let is_edge = |path: &Path| path.starts_with(&edge);
        for path in files.iter().filter(|path| !is_test(path) && !is_edge(path)) {
            looked_at += 1;
            // A length of time is no clock.
            let text = fs::read_to_string(path).unwrap().replace("std::time::Duration", "");
            let found = OUTSIDE.iter().find(|word| text.contains(*word));
            assert_eq!(found, None, "{}", path.display());
        }
    }
    assert!(looked_at > 80, "{looked_at} files");
}

#[test]
fn only_the_program_imports_other_crates_than_the_model() {
    for name in ["model", "engine", "sources", "outputs", "store", "bench"] {
        let manifest = root().join("crates").join(name).join("Cargo.toml");
        let manifest = fs::read_to_string(manifest).unwrap();
        for other in ["engine", "sources", "outputs", "store", "foreshock"] {
            // It measures what the parser alone takes, and ships with nothing.
            if (name, other) == ("bench", "engine") {
                continue;
            }
            let imports = |line: &str| line.starts_with(&format!("{other}.workspace"));
            assert!(!manifest.lines().any(imports), "{name} imports {other}");
        }
    }
}

#[test]
fn every_file_says_first_what_it_is() {
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        for path in sources(&entry.unwrap().path().join("src")) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//! "), "{}", path.display());
        }
    }
}

/// ARCHITECTURE.md names the tests that show what it claims.
#[test]
fn every_test_that_the_architecture_names_is_there() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let names = page.split('`').filter(|word| {
        let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        word.bytes().all(is_name) && word.matches('_').count() >= 2
    });
    let names: Vec<&str> = names.collect();
    assert!(names.len() > 15, "{names:?}");
    let code: String = sources(&root().join("crates"))
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    for name in names {
        assert!(code.contains(&format!("fn {name}(")), "no test is called {name}");
    }
}

/// The picture in the README is what the program prints. UPDATE_FIXTURES=1 draws it anew.
#[test]
fn the_readme_shows_a_real_run() {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once("```text\n").unwrap();
    let (shown, after) = rest.split_once("\n```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let printed = run(folder.path(), &["demo"]).ok().out;
    let (digest, _) = printed.split_once("\n\nHOW IT WAS FOUND").unwrap();
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(&path, format!("{before}```text\n{digest}\n```{after}")).unwrap();
        return;
    }
    assert!(
        shown == digest,
        "README.md does not show what `foreshock demo` prints; UPDATE_FIXTURES=1 draws it anew:\n{digest}"
    );
}

/// Ids in examples are those of the demonstration, so that the examples work.
#[test]
fn examples_name_ids_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    run(folder, &["demo", "--save", "demo.log"]).ok();
    let help = run(folder, &["explain", "--help"]).ok().out;
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let service = fs::read_to_string(root().join("docs/service.md")).unwrap();
    run(folder, &["scan", "--state", "state", "demo.log"]).ok();
    for page in [help, readme, service] {
        let mut tried = 0;
        for line in page.lines() {
            let mut words = line.split_whitespace().skip_while(|word| *word != "explain").skip(1);
            let Some(id) = words.next().filter(|word| word.is_ascii()) else { continue };
            if id.starts_with("cand_") || id.starts_with("sig_") {
                let of: &[&str] = match words.next() {
                    Some("--state") => &["--state", "state"],
                    _ => &["demo.log"],
                };
                run(folder, &[&["explain", id], of].concat()).ok();
                tried += 1;
            }
        }
        assert!(tried > 0, "{page}");
    }
}
