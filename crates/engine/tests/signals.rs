//! Samples in a stream of events, from raw lines to a digest: what is judged of them is said as an event,
//! told where it stands at a limit, and the same however the stream is cut or the state taken up again.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

use engine::normalize::{AssemblerConfig, Reference};
use engine::{Config, Engine, EventBatch, Lane};
use model::{
    CandidateType, Change, Counts, Cursor, Digest, Envelope, Origin, Seq, SourceId, Span, TenantId,
    Timestamp, Transport,
};

const START: i64 = 1_795_046_400;

/// A line a minute: a sample of a host, and now and then a message of it.
fn lines(values: impl Iterator<Item = f64>) -> Vec<String> {
    let mut lines = Vec::new();
    for (minute, value) in values.enumerate() {
        let time = Timestamp::from_secs(START + 60 * minute as i64);
        lines.push(format!(
            r#"{{"time":"{time}","host":"oak","metric":"memory.used_ratio","value":{value:.4}}}"#
        ));
        if minute % 10 == 0 {
            lines.push(format!(
                r#"{{"time":"{time}","host":"oak","service":"app","msg":"a job ran"}}"#
            ));
        }
    }
    lines
}

/// About half of the memory in use for five hours, then a leak of a third of a percent a minute up to its end.
fn leak() -> Vec<String> {
    let noise = |n: usize| 0.004 * ((n as f64 * 0.618).fract() - 0.5);
    let value = |n: usize| (0.50 + 0.0033 * n.saturating_sub(300) as f64).min(0.985) + noise(n);
    lines((0..520).map(value))
}

struct Run {
    engine: Engine,
    changes: Vec<Change>,
}

impl Run {
    fn over(lines: &[String], config: Config, snapshot_every: usize) -> Run {
        let tenant = TenantId::new("oaks");
        let origin = Origin {
            source_id: SourceId::new("src"),
            tenant_id: tenant.clone(),
            source_type: "file".into(),
            source_name: "metrics".into(),
            transport: Transport::File,
        };
        let now = Timestamp::from_secs(START + 86_400);
        let reference = Reference { now, zone_offset_secs: 0 };
        let mut lane = Lane::new(AssemblerConfig::default(), reference, None);
        let (mut counts, mut batch) = (Counts::default(), EventBatch::default());
        for (place, line) in lines.iter().enumerate() {
            let envelope = Envelope {
                seq: Seq(place as u64),
                origin: &origin,
                cursor: Cursor::Stream { offset: 0, line: place as u64 + 1 },
                received_at: None,
                payload: line.as_bytes(),
                truncated: false,
            };
            lane.push(&envelope, &mut counts, &mut batch);
        }
        lane.flush(&mut counts, &mut batch);
        let mut run = Run { engine: Engine::new(config.clone()), changes: Vec::new() };
        for (place, sighting) in batch.iter().enumerate() {
            run.engine.observe(&tenant, &sighting, &mut run.changes);
            if place % snapshot_every == snapshot_every - 1 {
                let bytes = run.engine.snapshot();
                run.engine = Engine::restore(&bytes, config.clone()).unwrap();
            }
        }
        run
    }

    fn said(&self) -> Vec<&str> {
        let mut said = Vec::new();
        for change in &self.changes {
            if let Change::SignalJudged { message, .. } = change {
                said.push(message.as_str());
            }
        }
        said
    }

    fn digest(&self) -> Digest {
        let tenant = TenantId::new("oaks");
        let as_of = Timestamp::from_secs(START + 60 * 520);
        self.engine.digest(&tenant, as_of, as_of - Span::DAY).unwrap()
    }
}

#[test]
fn a_leak_is_foreseen_told_and_said_to_have_come() {
    let run = Run::over(&leak(), Config::default(), usize::MAX);
    let said = run.said();
    let place = |part: &str| said.iter().position(|message| message.contains(part));
    let forecast = place("meets 0.95 in").unwrap_or_else(|| panic!("no forecast: {said:#?}"));
    let condition = place("memory_pressure:").unwrap_or_else(|| panic!("no condition: {said:#?}"));
    let verdict = place("forecast of memory").unwrap_or_else(|| panic!("no verdict: {said:#?}"));
    assert!(forecast < condition && forecast < verdict, "{said:#?}");
    let digest = run.digest();
    let item = digest.items.iter().find(|i| i.candidate_type == CandidateType::Pressure).unwrap();
    assert!(item.title.starts_with("oak: "), "{}", item.title);
    assert!(item.what.contains("memory.used_ratio"), "evidence names the series: {}", item.what);
    assert!(!item.evidence.is_empty(), "and the record of the sample");
}

#[test]
fn a_steady_host_is_told_of_by_nothing() {
    let noise = |n: usize| 0.50 + 0.01 * ((n as f64 * 0.618).fract() - 0.5);
    let run = Run::over(&lines((0..520).map(noise)), Config::default(), usize::MAX);
    assert_eq!(run.said(), Vec::<&str>::new());
    assert!(run.digest().items.is_empty());
}

#[test]
fn signals_do_not_depend_on_snapshots() {
    let whole = Run::over(&leak(), Config::default(), usize::MAX);
    let cut = Run::over(&leak(), Config::default(), 37);
    assert_eq!(whole.changes, cut.changes);
    assert_eq!(whole.engine.snapshot(), cut.engine.snapshot());
}

#[test]
fn series_beyond_the_limit_are_not_judged_and_that_is_said() {
    let mut config = Config::default();
    config.limits.series_max = 0;
    let run = Run::over(&leak(), config, usize::MAX);
    assert_eq!(run.said(), Vec::<&str>::new());
    let is_said = |change: &Change| matches!(change, Change::LimitReached { limit, .. } if *limit == "limits.series_max");
    assert!(run.changes.iter().any(is_said));
}
