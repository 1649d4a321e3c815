//! The small language that the cases of `fixtures/discover/` are written in → streams of messages.
//!
//! ```text
//! # a comment
//! 2026-03-02 09:15:00 web1 app warning lookup took 5.1 s          one message
//! every 30m from 2026-03-01 to 2026-03-09 web1 agent info beat    a timer; 3 s of jitter
//! about 4/day from 2026-03-01 to 2026-03-09 db1 pg info vacuum    chance, so many a day
//! ```
//!
//! `{n}` in a message is replaced by a counter, `{ip}` by an address that changes each time,
//! `{value:0.2-0.4}` by a number between the two.
//! A host `bolt/web1` is one of the client `bolt`; without one it is of `acme`. A case may have a `sites.txt`
//! with lines such as `berlin: ber-* gw1`.
//! Chance comes from a generator with a fixed seed: the same file gives the same stream.

#![allow(clippy::unwrap_used, unreachable_pub, dead_code, reason = "a test says by panicking")]

use engine::criticality::Pattern;
use engine::entities::Entities;
use engine::signature::{Skeleton, fingerprint};
use engine::sites::Site;
use engine::values::Values;
use engine::{Config, EventBatch, Sighting};
use model::{Seq, Severity, Span, Timestamp};
use std::fs;
use std::path::{Path, PathBuf};

/// One message of a stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Message {
    pub at: Timestamp,
    pub tenant: String,
    pub host: String,
    pub service: String,
    pub severity: String,
    pub body: String,
}

/// Knuth's MMIX generator: enough for streams that only have to look unordered.
struct Chance(u64);

impl Chance {
    fn share(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A gap of a Poisson process with this mean.
    fn gap(&mut self, mean: Span) -> Span {
        mean.scaled(-(1.0 - self.share()).ln())
    }
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text, Timestamp::default()).unwrap_or_else(|e| panic!("{e}"))
}

/// The stream that a case's text describes, in order of time.
pub fn stream(text: &str) -> Vec<Message> {
    let mut chance = Chance(1);
    let mut messages = Vec::new();
    for line in text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')) {
        let mut words = line.splitn(2, ' ');
        let (first, rest) = (words.next().unwrap(), words.next().unwrap());
        let is_timer = first == "every";
        let times: Vec<Timestamp>;
        let message: &str;
        if is_timer || first == "about" {
            let parts: Vec<&str> = rest.splitn(6, ' ').collect();
            let [rate, "from", from, "to", to, tail] = parts[..] else { panic!("{line}") };
            let mean = match rate.strip_suffix("/day") {
                Some(per_day) => Span::DAY.scaled(1.0 / per_day.parse::<f64>().unwrap()),
                None => Span::parse(rate).unwrap(),
            };
            let (mut at, to) = (time(from), time(to));
            let mut found = Vec::new();
            while at < to {
                at = at + if is_timer { mean } else { chance.gap(mean) };
                let jitter = Span::from_secs(3).scaled(chance.share());
                found.push(if is_timer { at + jitter } else { at });
            }
            found.retain(|at| *at < to);
            (times, message) = (found, tail);
        } else {
            let (clock, tail) = rest.split_once(' ').unwrap();
            (times, message) = (vec![time(&format!("{first} {clock}"))], tail);
        }
        let fields: Vec<&str> = message.splitn(4, ' ').collect();
        let [host, service, severity, body] = fields[..] else { panic!("{line}") };
        for (n, at) in times.into_iter().enumerate() {
            let ip = format!("192.0.2.{}", (chance.share() * 250.0) as u32 + 1);
            let body = body.replace("{n}", &n.to_string()).replace("{ip}", &ip);
            let body = with_values(body, &mut chance);
            let (tenant, host) = host.split_once('/').unwrap_or(("acme", host));
            let (tenant, host) = (tenant.into(), host.into());
            let (service, severity) = (service.into(), severity.into());
            messages.push(Message { at, tenant, host, service, severity, body });
        }
    }
    messages.sort();
    messages
}

pub fn batch(messages: &[Message], from: usize) -> EventBatch {
    let (mut batch, mut skeleton) = (EventBatch::default(), Skeleton::default());
    for (index, message) in messages.iter().enumerate() {
        fingerprint(&message.service, &message.body, &mut skeleton);
        batch.push(&Sighting {
            seq: Seq((from + index) as u64),
            at: message.at,
            host: &message.host,
            source: "stream.log",
            service: &message.service,
            severity: Severity::from_word(message.severity.as_bytes()),
            process: engine::sighting::Process::default(),
            body: &message.body,
            key: skeleton.key(),
            entities: Entities::of(&message.body, skeleton.holes()),
            values: Values::of(&message.body, skeleton.holes()),
            occurrences: 1,
            kernel: None,
            sample: None,
            is_start: false,
        });
    }
    batch
}

/// The configuration of a case: the defaults, and its sites if it has some.
pub fn config(case: &Path) -> Config {
    let text = fs::read_to_string(case.join("sites.txt")).unwrap_or_default();
    let site = |line: &str| {
        let (name, hosts) = line.split_once(": ").unwrap();
        let hosts = hosts.split_whitespace().map(Pattern::new).collect();
        Site { name: name.to_owned(), hosts }
    };
    Config { sites: text.lines().map(site).collect(), ..Config::default() }
}

pub fn cases() -> Vec<PathBuf> {
    cases_of("discover")
}

/// The cases of a stage, in the order of their names.
pub fn cases_of(stage: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(stage);
    let mut cases: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}
/// Replaces each `{value:LOW-HIGH}` by a number between the two, with as many digits after the point.
fn with_values(mut body: String, chance: &mut Chance) -> String {
    while let Some((head, rest)) = body.split_once("{value:") {
        let (range, tail) = rest.split_once('}').unwrap();
        let (low, high) = range.split_once('-').unwrap();
        let digits = low.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let (low, high): (f64, f64) = (low.parse().unwrap(), high.parse().unwrap());
        let value = low + (high - low) * chance.share();
        body = format!("{head}{value:.digits$}{tail}");
    }
    body
}
