//! The status and the API's own counters → Prometheus' text format 0.0.4.

use super::count::{ACK_MS, get};
use super::meter::Tally;
use super::shared::Shared;
use super::status::{SourceState, SourceStatus, State, Status};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A page under construction.
#[derive(Default)]
struct Page {
    text: String,
}

/// A label: its name, its value.
type Label<'a> = (&'a str, &'a str);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ =
            writeln!(self.text, "# HELP foreshock_{name} {help}\n# TYPE foreshock_{name} {kind}");
    }

    fn value(&mut self, name: &str, labels: &[Label<'_>], value: f64) {
        let _ = write!(self.text, "foreshock_{name}");
        for (at, (label, text)) in labels.iter().enumerate() {
            let _ = write!(self.text, "{}{label}=\"", if at == 0 { "{" } else { "," });
            for c in text.chars() {
                match c {
                    '\\' => self.text.push_str("\\\\"),
                    '"' => self.text.push_str("\\\""),
                    '\n' => self.text.push_str("\\n"),
                    // Text from outside: nothing that could steer whoever looks at it.
                    c if crate::safe::is_unsafe(c) => self.text.push('\u{fffd}'),
                    c => self.text.push(c),
                }
            }
            self.text.push('"');
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        let _ = writeln!(self.text, " {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.head(name, kind, help);
        self.value(name, &[], value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.one(name, "counter", help, value as f64);
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Into<Option<f64>>) {
        if let Some(value) = value.into() {
            self.one(name, "gauge", help, value);
        }
    }

    fn by(&mut self, name: &str, help: &str, label: &str, values: &BTreeMap<String, u64>) {
        self.head(name, "counter", help);
        for (word, count) in values {
            self.value(name, &[(label, word)], *count as f64);
        }
    }
}

/// The page of `/metrics`.
pub(super) fn text(status: &Status, shared: &Shared) -> String {
    let mut page = Page::default();
    service(&mut page, status);
    intake(&mut page, status);
    engine(&mut page, status);
    sources(&mut page, status);
    http(&mut page, shared);
    page.text
}

fn service(page: &mut Page, status: &Status) {
    page.head("info", "gauge", "The version of the program.");
    page.value("info", &[("version", &status.version)], 1.0);
    page.gauge(
        "start_time_seconds",
        "When the program began, in seconds since 1970.",
        status.started_at.as_micros() as f64 / 1e6,
    );
    page.head("state", "gauge", "1 for the state that the service is in.");
    for state in State::ALL {
        let is = f64::from(u8::from(state == status.state));
        page.value("state", &[("state", state.word())], is);
    }
    page.gauge(
        "coverage_percent",
        "How much of what is usually heard was heard in the last day.",
        status.coverage_percent,
    );
}

fn intake(page: &mut Page, status: &Status) {
    let (intake, spool) = (&status.intake, &status.spool);
    page.gauge("intake_taking", "1 while records are taken.", f64::from(u8::from(intake.taking)));
    page.counter("intake_received_total", "Records that reached us.", intake.received);
    page.counter("intake_spooled_total", "Records that are durable.", intake.spooled);
    page.gauge("intake_waiting", "Records on their way to the disk.", intake.waiting as f64);
    page.by("intake_dropped_total", "Records that were lost or shed.", "reason", &intake.dropped);
    page.counter("intake_empty_total", "Messages of nothing but line ends.", intake.empty);
    page.counter(
        "intake_truncated_total",
        "Records of which only the head was kept.",
        intake.truncated,
    );
    page.counter(
        "intake_refused_total",
        "Connections not let in, files not followed.",
        intake.refused,
    );
    page.by(
        "intake_closed_total",
        "Connections that did not end in order.",
        "reason",
        &intake.closed,
    );
    page.counter("spool_next_seq", "The number of the next record.", spool.next_seq);
    page.gauge("spool_bytes", "Bytes of the spool on the disk.", spool.bytes as f64);
    page.gauge(
        "disk_free_bytes",
        "Bytes that the disk has left.",
        spool.disk_free_bytes.map(|bytes| bytes as f64),
    );
    page.gauge("spool_segments", "Files of the spool.", spool.segments as f64);
    page.gauge("spool_queued_bytes", "Bytes that wait to be written.", spool.queued_bytes as f64);
    page.gauge(
        "spool_queued_seconds",
        "How long the oldest of them has waited.",
        spool.queued_secs,
    );
    for (quantile, ms) in [("0.5", spool.sync_p50_ms), ("0.99", spool.sync_p99_ms)] {
        if let Some(ms) = ms {
            if quantile == "0.5" {
                page.head("spool_sync_seconds", "gauge", "Time of a sync.");
            }
            page.value("spool_sync_seconds", &[("quantile", quantile)], ms / 1e3);
        }
    }
    page.counter("spool_expired_total", "Records that expired, by age or size.", spool.expired);
    page.counter("spool_damaged_blocks_total", "Damaged blocks.", spool.damaged_blocks);
}

fn engine(page: &mut Page, status: &Status) {
    let engine = &status.engine;
    page.gauge("engine_running", "1 while the engine works.", f64::from(u8::from(engine.running)));
    page.counter("engine_position", "All records before this are published.", engine.position);
    page.gauge("engine_lag_records", "Records not yet seen.", engine.lag_records as f64);
    page.gauge("engine_lag_seconds", "Age of the oldest of them.", engine.lag_secs);
    page.counter("events_total", "Events made of records.", engine.events);
    page.by("event_defects_total", "Events with each defect.", "defect", &engine.defects);
    page.counter(
        "dead_letters_total",
        "What could not be taken, and is kept.",
        engine.dead_letters,
    );
    page.counter(
        "dead_letters_not_kept_total",
        "What could not be taken, and was too much to be kept.",
        engine.dead_letters_not_kept,
    );
    page.gauge("tenants", "Clients.", engine.tenants as f64);
    page.gauge("signatures", "Kinds of message.", engine.signatures as f64);
    page.gauge("candidates_open", "Open candidates.", engine.candidates as f64);
    let raised = &status.raised;
    page.gauge("raised_events", "Events of raised bands with what is known.", raised.kept as f64);
    page.gauge("raised_bytes", "Bytes that they take on the disk.", raised.bytes as f64);
    page.head("raised_expired_total", "counter", "Events of raised bands that went.");
    for (reason, count) in [("age", raised.expired_by_age), ("size", raised.expired_by_size)] {
        page.value("raised_expired_total", &[("reason", reason)], count as f64);
    }
}

/// A figure of a source: name, kind, help, and how to read it.
type Figure = (&'static str, &'static str, &'static str, fn(&SourceStatus) -> Option<f64>);

const FIGURES: [Figure; 15] = [
    ("source_received_total", "counter", "Records received.", |s| Some(s.received as f64)),
    ("source_bytes_total", "counter", "Bytes received.", |s| Some(s.bytes as f64)),
    ("source_malformed_total", "counter", "Records not well formed.", |s| Some(s.malformed as f64)),
    ("source_parse_failures_total", "counter", "Events with a broken form.", |s| {
        Some(s.parse_failures as f64)
    }),
    ("source_dead_letters_total", "counter", "What could not be taken, and is kept.", |s| {
        Some(s.dead_letters as f64)
    }),
    ("source_gaps_total", "counter", "Times that records were lost.", |s| Some(s.gaps as f64)),
    ("source_empty_total", "counter", "Messages of nothing but line ends.", |s| {
        Some(s.empty as f64)
    }),
    ("source_truncated_total", "counter", "Records of which only the head was kept.", |s| {
        Some(s.truncated as f64)
    }),
    ("source_refused_total", "counter", "Connections not let in, files not followed.", |s| {
        Some(s.refused as f64)
    }),
    ("source_connections", "gauge", "Open connections.", |s| Some(s.connections as f64)),
    ("source_rate", "gauge", "Records a second of late.", |s| Some(s.rate_per_sec)),
    ("source_usual_rate", "gauge", "Records a second as a rule.", |s| s.usual_rate_per_sec),
    ("source_lag_seconds", "gauge", "Between saying and reading.", |s| s.lag_secs),
    ("source_clock_skew_seconds", "gauge", "Its clock ahead of ours.", |s| s.clock_skew_secs),
    ("source_last_event_seconds", "gauge", "When it was last heard, since 1970.", |s| {
        s.last_event_at.map(|at| at.as_micros() as f64 / 1e6)
    }),
];

/// Counters of a source by reason: name, help, and how to read them.
type ByReason = (&'static str, &'static str, fn(&SourceStatus) -> &BTreeMap<String, u64>);

const BY_REASON: [ByReason; 2] = [
    ("source_dropped_total", "Records lost or shed.", |s| &s.dropped),
    ("source_closed_total", "Connections that did not end in order.", |s| &s.closed),
];

fn sources(page: &mut Page, status: &Status) {
    let sources = &status.sources;
    page.gauge("sources_not_listed", "Sources beyond those below.", status.sources_more as f64);
    for (name, kind, help, read) in FIGURES {
        page.head(name, kind, help);
        for source in sources {
            if let Some(value) = read(source) {
                page.value(name, &labels(source), value);
            }
        }
    }
    for (name, help, read) in BY_REASON {
        page.head(name, "counter", help);
        for source in sources {
            for (reason, count) in read(source) {
                let [id, tenant] = labels(source);
                page.value(name, &[id, tenant, ("reason", reason)], *count as f64);
            }
        }
    }
    page.head("source_state", "gauge", "1 for the state that the source is in.");
    for source in sources {
        for state in SourceState::ALL {
            let [id, tenant] = labels(source);
            let is = f64::from(u8::from(state == source.state));
            page.value("source_state", &[id, tenant, ("state", state.word())], is);
        }
    }
}

fn labels(source: &SourceStatus) -> [Label<'_>; 2] {
    [("source", &source.source_id), ("tenant", source.tenant_id.as_deref().unwrap_or_default())]
}

fn http(page: &mut Page, shared: &Shared) {
    let count = &shared.count;
    page.head("http_answers_total", "counter", "Answers by the class of their status.");
    for (class, answers) in count.answers() {
        page.value("http_answers_total", &[("class", &format!("{class}xx"))], answers as f64);
    }
    page.gauge("http_connections", "Open connections.", get(&count.connections) as f64);
    page.counter(
        "http_connections_refused_total",
        "Connections beyond the limit.",
        get(&count.connections_refused),
    );
    page.gauge("http_body_bytes", "Bytes of bodies held now.", shared.budget.held() as f64);
    let tallies = shared.api.meter.read();
    let sum = |of: fn(&Tally) -> u64| tallies.iter().map(|(_, tally)| of(tally)).sum();
    page.counter("http_events_taken_total", "Events acknowledged.", sum(|t| t.stored));
    page.counter("http_events_refused_total", "Events that were none.", sum(|t| t.refused));
    page.counter(
        "http_events_returned_total",
        "Events not stored, and told so.",
        sum(|t| t.returned),
    );
    let acks = count.acks();
    page.head("http_ack_seconds", "histogram", "Time to the acknowledgement of an ingest.");
    let mut sum = 0;
    for (place, count) in acks.counts.iter().enumerate() {
        sum += count;
        let end = ACK_MS.get(place).map_or("+Inf".to_owned(), |ms| (ms / 1e3).to_string());
        page.value("http_ack_seconds_bucket", &[("le", &end)], sum as f64);
    }
    page.value("http_ack_seconds_sum", &[], acks.secs);
    page.value("http_ack_seconds_count", &[], sum as f64);
}
