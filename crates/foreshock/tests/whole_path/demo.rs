//! The demonstration is no picture of the program: the log that it saves gives the same item to a
//! scan.

use crate::program::{candidates, run};
use std::fs;

#[test]
fn a_saved_log_gives_the_same_item() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let shown = run(folder, &["demo", "--save", "demo.log", "--format", "json"]).ok().json();
    let scanned = run(folder, &["scan", "demo.log", "--format", "json"]).ok().json();
    let ids = candidates(&shown["digest"]);
    assert_eq!(ids.len(), 1);
    assert_eq!(ids, candidates(&scanned));
    let (mine, files) = (&shown["digest"]["items"][0], &scanned["items"][0]);
    for field in ["title", "type", "what", "score_total", "evidence_total", "contributions"] {
        assert_eq!(mine[field], files[field], "{field}");
    }
    assert_eq!(shown["digest"]["counts"]["lines"], scanned["counts"]["lines"]);
    assert_eq!(shown["explanations"][0]["item"]["candidate_id"], ids[0].as_str());
    let alerts = shown["usual_alerts"].as_array().unwrap();
    assert!(!alerts.is_empty() && alerts.iter().all(|alert| alert["fires"] == false));
}

#[test]
fn it_is_the_same_every_time_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["text", "json", "md"] {
        let args = ["demo", "--format", format];
        let first = run(folder.path(), &args).ok().out;
        assert_eq!(first, run(folder.path(), &args).ok().out);
        assert!(first.contains("fails and heals, 14 times"), "{first}");
    }
}

#[test]
fn a_file_that_exists_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.log");
    fs::write(&path, "precious").unwrap();
    let ran = run(folder.path(), &["demo", "--save", "mine.log"]);
    assert_eq!((ran.code, ran.out.as_str()), (10, ""));
    assert!(ran.err.contains("mine.log"), "{}", ran.err);
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}
