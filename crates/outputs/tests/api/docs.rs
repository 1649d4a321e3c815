//! `docs/api.md`: its examples work, and it names what there is.

use crate::client::Under;
use std::path::PathBuf;
use std::process::Command;

fn page() -> String {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/api.md");
    std::fs::read_to_string(page).unwrap()
}

/// Runs every example; where its answer stands beneath, it is that.
#[test]
fn the_examples_of_the_page_work() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: there is no curl");
        return;
    }
    let page = page();
    let mut blocks = page.split("```").skip(1).step_by(2).peekable();
    let mut run = 0;
    while let Some(block) = blocks.next() {
        let Some(script) = block.strip_prefix("sh\n") else {
            continue;
        };
        let under = Under::test();
        let script = script.replace("127.0.0.1:5000", &under.at().to_string());
        let script = format!("set -e\nunset http_proxy\n{script}");
        let output = Command::new("sh").arg("-c").arg(&script).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
        run += 1;
        if let Some(expected) = blocks.peek().and_then(|block| block.strip_prefix("json\n")) {
            let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!(read(&said), read(expected), "{script}");
        }
    }
    assert!(run >= 5, "{run} examples");
}

#[test]
fn the_page_names_every_route() {
    let page = page();
    let document = Under::test().get("/openapi.json").json();
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(page.contains(&format!("{path}`")), "{path} is not in docs/api.md");
    }
}
