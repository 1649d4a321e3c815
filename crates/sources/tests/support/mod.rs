//! An intake that keeps what it gets, and can be made to refuse, to hesitate and to fail.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

use model::intake::{Batch, Intake, Kind, OnAnswer, Receipt, Returned, Why};
use model::{Cursor, Envelope, EnvelopeId, Origin, Seq, TenantId};
use sources::inlet::{Tenancy, system_clock};
use sources::{Counters, Health, Inlet, Stop};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Nothing takes longer, unless it is broken.
pub const LONG: Duration = Duration::from_secs(20);

/// A record that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub payload: Vec<u8>,
    pub peer: String,
    pub origin: Origin,
    pub kind: Kind,
    pub truncated: bool,
    pub old: bool,
    pub cursor: Cursor,
    pub id: EnvelopeId,
}

#[derive(Default)]
struct Inside {
    kept: Vec<Kept>,
    /// Records that were kept, also those that are not remembered.
    count: u64,
    is_full: bool,
    /// So many further batches are taken and then fail.
    failures: u64,
    /// Batches that were refused or failed.
    returned: u64,
    forgets: bool,
    /// Batches whose answer is held back.
    holds: Option<Vec<(Batch, OnAnswer)>>,
}

/// The intake.
#[derive(Default)]
pub struct Fake {
    inside: Mutex<Inside>,
    changed: Condvar,
}

impl Fake {
    pub fn new() -> Arc<Fake> {
        Arc::default()
    }

    /// One that only counts.
    pub fn counting() -> Arc<Fake> {
        let fake = Fake::new();
        fake.inside.lock().unwrap().forgets = true;
        fake
    }

    pub fn set_full(&self, is_full: bool) {
        self.inside.lock().unwrap().is_full = is_full;
        self.changed.notify_all();
    }

    pub fn fail(&self, batches: u64) {
        self.inside.lock().unwrap().failures = batches;
    }

    /// Batches are taken and not answered until [`Fake::answer`], or never.
    pub fn hold(&self) {
        self.inside.lock().unwrap().holds = Some(Vec::new());
    }

    pub fn held(&self) -> usize {
        self.inside.lock().unwrap().holds.as_ref().map_or(0, Vec::len)
    }

    pub fn answer(&self) {
        let held = self.inside.lock().unwrap().holds.take().unwrap_or_default();
        for (batch, done) in held {
            self.keep(batch, done);
        }
    }

    /// What was answered with a failure for good: as if the program had died before.
    pub fn drop_held(&self) {
        let held = self.inside.lock().unwrap().holds.take().unwrap_or_default();
        for (batch, done) in held {
            done(Err(Box::new(Returned { batch, why: Why::Stopped })));
        }
    }

    pub fn returned(&self) -> u64 {
        self.inside.lock().unwrap().returned
    }

    pub fn kept(&self) -> Vec<Kept> {
        self.inside.lock().unwrap().kept.clone()
    }

    /// Payloads of what came from outside.
    pub fn texts(&self) -> Vec<String> {
        let kept = self.kept();
        let raw = kept.iter().filter(|record| record.kind == Kind::Raw);
        raw.map(|record| String::from_utf8_lossy(&record.payload).into_owned()).collect()
    }

    pub fn gaps(&self) -> Vec<serde_json::Value> {
        let kept = self.kept();
        let gaps = kept.iter().filter(|record| record.kind == Kind::Gap);
        gaps.map(|record| serde_json::from_slice(&record.payload).unwrap()).collect()
    }

    pub fn count(&self) -> u64 {
        self.inside.lock().unwrap().count
    }

    /// Waits until so many records are kept.
    pub fn wait_for(&self, records: u64) {
        let guard = self.inside.lock().unwrap();
        let (guard, timeout) =
            self.changed.wait_timeout_while(guard, LONG, |inside| inside.count < records).unwrap();
        assert!(!timeout.timed_out(), "{} of {records} records", guard.count);
    }

    fn keep(&self, batch: Batch, done: OnAnswer) {
        let mut inside = self.inside.lock().unwrap();
        if inside.failures > 0 {
            inside.failures -= 1;
            inside.returned += 1;
            drop(inside);
            let why = Why::Failed("as asked".into());
            return done(Err(Box::new(Returned { batch, why })));
        }
        let first = Seq(inside.count);
        for (origin, peer, facts, payload) in batch.records() {
            let seq = Seq(inside.count);
            inside.count += 1;
            if inside.forgets {
                continue;
            }
            let cursor = match facts.cursor {
                Cursor::Received { .. } => Cursor::Received { seq },
                cursor => cursor,
            };
            let envelope = Envelope {
                seq,
                origin,
                cursor,
                received_at: Some(facts.received_at),
                payload,
                truncated: facts.truncated,
            };
            inside.kept.push(Kept {
                payload: payload.to_vec(),
                peer: peer.to_owned(),
                origin: (**origin).clone(),
                kind: facts.kind,
                truncated: facts.truncated,
                old: facts.old,
                cursor,
                id: envelope.id(),
            });
        }
        let last = Seq(inside.count - 1);
        drop(inside);
        self.changed.notify_all();
        done(Ok(Receipt { first, last }));
    }
}

impl Intake for Fake {
    fn append_then(&self, batch: Batch, done: OnAnswer) -> Result<(), Box<Returned>> {
        let mut inside = self.inside.lock().unwrap();
        if inside.is_full {
            inside.returned += 1;
            return Err(Box::new(Returned { batch, why: Why::Full("as asked".into()) }));
        }
        if let Some(held) = &mut inside.holds {
            held.push((batch, done));
            return Ok(());
        }
        drop(inside);
        self.keep(batch, done);
        Ok(())
    }

    fn try_append_then(&self, batch: Batch, done: OnAnswer) -> Result<(), Box<Returned>> {
        self.append_then(batch, done)
    }

    fn wait_writable(&self, limit: Duration) -> bool {
        let guard = self.inside.lock().unwrap();
        let waited = self.changed.wait_timeout_while(guard, limit, |inside| inside.is_full);
        !waited.unwrap().1.timed_out()
    }
}

/// An inlet into an intake, with counters of its own.
pub fn inlet(fake: &Arc<Fake>, kind: &'static str) -> Inlet {
    let counters = Arc::new(Counters::new("test", kind));
    Inlet::new(Arc::clone(fake) as Arc<dyn Intake>, counters, Stop::new(), system_clock())
}

pub fn tenancy() -> Tenancy {
    Tenancy::of(TenantId::new("acme"))
}

/// Waits until the health is as wanted; the counts add up in every one that is seen.
pub fn wait_until(inlet: &Inlet, is_so: impl Fn(&Health) -> bool) -> Health {
    let began = Instant::now();
    loop {
        let health = inlet.counters().health();
        assert!(health.adds_up(), "{health:?}");
        if is_so(&health) {
            return health;
        }
        assert!(began.elapsed() < LONG, "{health:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
