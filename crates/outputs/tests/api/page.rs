//! `/metrics` as Prometheus reads it.

use crate::client::{EVENT, Under};

#[test]
fn every_line_of_the_metrics_is_one() {
    let under = Under::test();
    under.post("/events/ingest", EVENT);
    under.post("/events/ingest", "{}");
    let answer = under.get("/metrics");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let (mut typed, mut seen) = (Vec::new(), Vec::new());
    for line in answer.body.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(!typed.contains(&name), "{name} twice");
            typed.push(name);
            continue;
        }
        if line.starts_with("# HELP foreshock_") {
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let name = series.split('{').next().unwrap();
        let family =
            name.trim_end_matches("_bucket").trim_end_matches("_sum").trim_end_matches("_count");
        assert!(typed.contains(&name) || typed.contains(&family), "{line} has no type");
        assert!(!series.chars().any(char::is_control), "{line}");
        assert!(!seen.contains(&series.to_owned()), "{line} twice");
        seen.push(series.to_owned());
    }
    for (series, value) in [
        ("foreshock_intake_received_total", "1000205"),
        ("foreshock_intake_dropped_total{reason=\"receive_buffer\"}", "200"),
        ("foreshock_http_events_taken_total", "1"),
        ("foreshock_http_events_refused_total", "1"),
        ("foreshock_http_ack_seconds_count", "1"),
        ("foreshock_state{state=\"degraded\"}", "1"),
    ] {
        let line = format!("{series} {value}");
        assert!(answer.body.lines().any(|l| l == line), "{line} in\n{}", answer.body);
    }
}
