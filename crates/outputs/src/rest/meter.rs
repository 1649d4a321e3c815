//! What came by HTTP, counted for each source: a source is a token by its name, so there are as many as the settings name.
//! Whoever tells the service's health takes these into it, beside the other receivers'.

use super::status::SourceStatus;
use model::{Timestamp, Transport};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// What became of the events of one source. `received = stored + open + returned` at every moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Events that were well formed and handed to the intake.
    pub received: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Those that are durable.
    pub stored: u64,
    /// Those that are not answered yet.
    pub open: u64,
    /// Those that were not stored; their sender was told so, and still has them.
    pub returned: u64,
    /// Events that were no events, or of a wrong tenant; their sender was told so.
    pub refused: u64,
    /// When the latest came.
    pub last_at: Option<Timestamp>,
}

/// The tallies of all sources.
#[derive(Debug, Default)]
pub struct Meter {
    tallies: Mutex<BTreeMap<String, Tally>>,
}

impl Meter {
    fn tallies(&self) -> MutexGuard<'_, BTreeMap<String, Tally>> {
        self.tallies.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn with(&self, source: &str, change: impl FnOnce(&mut Tally)) {
        let mut tallies = self.tallies();
        match tallies.get_mut(source) {
            Some(tally) => change(tally),
            None => change(tallies.entry(source.to_owned()).or_default()),
        }
    }

    /// Every source with what is counted of it, all of one moment.
    pub fn read(&self) -> Vec<(String, Tally)> {
        self.tallies().iter().map(|(source, tally)| (source.clone(), *tally)).collect()
    }

    /// The same as `/status` shows it; rates and what is usual are for others to fill in.
    pub fn sources(&self) -> Vec<SourceStatus> {
        let source = |(source_id, tally): (String, Tally)| SourceStatus {
            source_name: source_id.clone(),
            source_id,
            source_type: "http".into(),
            transport: Transport::Http.word().into(),
            last_event_at: tally.last_at,
            received: tally.received,
            bytes: tally.bytes,
            dropped: BTreeMap::from([("returned_to_sender".to_owned(), tally.returned)]),
            malformed: tally.refused,
            ..SourceStatus::default()
        };
        self.read().into_iter().map(source).collect()
    }

    /// Counts events that are refused.
    pub(super) fn refuse(&self, source: &str, events: u64) {
        if events > 0 {
            self.with(source, |tally| tally.refused += events);
        }
    }
}

/// Events on their way into the intake: counted as open until they are stored, or nobody holds this any more.
#[derive(Debug)]
pub(super) struct Entry {
    meter: Arc<Meter>,
    source: String,
    events: u64,
    stored: AtomicBool,
}

impl Entry {
    pub(super) fn new(
        meter: &Arc<Meter>,
        source: &str,
        events: u64,
        bytes: u64,
        at: Timestamp,
    ) -> Arc<Entry> {
        meter.with(source, |tally| {
            tally.received += events;
            tally.bytes += bytes;
            tally.open += events;
            tally.last_at = tally.last_at.max(Some(at));
        });
        let (meter, source) = (Arc::clone(meter), source.to_owned());
        Arc::new(Entry { meter, source, events, stored: AtomicBool::new(false) })
    }

    pub(super) fn stored(&self) {
        self.stored.store(true, Ordering::Relaxed);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let (events, stored) = (self.events, self.stored.load(Ordering::Relaxed));
        self.meter.with(&self.source, |tally| {
            tally.open -= events;
            match stored {
                true => tally.stored += events,
                false => tally.returned += events,
            }
        });
    }
}
