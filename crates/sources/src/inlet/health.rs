//! What is known of a source at one moment.

use model::Timestamp;
use model::intake::Why;
use std::collections::BTreeMap;

/// Counts by reason.
pub type Counts = BTreeMap<&'static str, u64>;

/// How a source fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It has not begun.
    #[default]
    Starting,
    /// It receives, or would.
    Receiving,
    /// It is held up: the spool takes nothing at present.
    Waiting,
    /// It cannot receive; the last error says why. It tries again by itself.
    Failing,
    /// It has ended.
    Stopped,
}

/// A source's health. `received = stored + open + sum of shed` holds in every snapshot.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Health {
    /// The source's name.
    pub name: String,
    /// `syslog_udp`, `file`, ….
    pub kind: &'static str,
    /// How it fares.
    pub state: State,
    /// Receipt of the latest record.
    pub last_record_at: Option<Timestamp>,
    /// Records that were read from the source.
    pub received: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Records that are durable.
    pub stored: u64,
    /// Records that were read and are not answered.
    pub open: u64,
    /// Records that were read and given up, by reason.
    pub shed: Counts,
    /// Records that never reached us, by reason, as far as they could be counted.
    pub lost: Counts,
    /// Losses that were told to the spool as gap records.
    pub gaps: u64,
    /// What broke the rules of framing, by kind; the bytes are stored all the same.
    pub malformed: Counts,
    /// Messages of nothing but line ends: not stored.
    pub empty: u64,
    /// Records of which only the head was kept.
    pub truncated: u64,
    /// Open connections, or followed files.
    pub connections: u64,
    /// Connections that were not let in, or files that were not followed: the limit was reached.
    pub refused: u64,
    /// Connections that ended otherwise than by the sender's orderly close, by reason.
    pub closed: Counts,
    /// Bytes that the source holds and that were not read yet, where that can be known.
    pub lag_bytes: Option<u64>,
    /// Bytes of the socket's buffer, as the system granted it.
    pub buffer_bytes: Option<u64>,
    /// What went wrong last, and when.
    pub last_error: Option<(Timestamp, String)>,
    /// What is wrong and has been since it was found: files that cannot be followed.
    pub holds: Option<String>,
    /// Why the spool takes nothing, while it does not.
    pub waits_for: Option<String>,
}

impl Health {
    pub(crate) fn new(name: String, kind: &'static str) -> Health {
        Health {
            name,
            kind,
            state: State::Starting,
            last_record_at: None,
            received: 0,
            bytes: 0,
            stored: 0,
            open: 0,
            shed: Counts::new(),
            lost: Counts::new(),
            gaps: 0,
            malformed: Counts::new(),
            empty: 0,
            truncated: 0,
            connections: 0,
            refused: 0,
            closed: Counts::new(),
            lag_bytes: None,
            buffer_bytes: None,
            last_error: None,
            holds: None,
            waits_for: None,
        }
    }

    /// Whether nothing is missing in the counts.
    pub fn adds_up(&self) -> bool {
        self.received == self.stored + self.open + self.shed.values().sum::<u64>()
    }

    pub(crate) fn was_stored(&mut self, records: u64) {
        self.open -= records;
        self.stored += records;
        self.gaps += u64::from(records == 0);
        self.waits_for = None;
        if self.state == State::Waiting {
            self.state = State::Receiving;
        }
    }

    pub(crate) fn was_shed(&mut self, records: u64, reason: &'static str) {
        self.open -= records;
        *self.shed.entry(reason).or_default() += records;
    }

    pub(crate) fn was_lost(&mut self, records: u64, reason: &'static str) {
        *self.lost.entry(reason).or_default() += records;
    }

    pub(crate) fn waits(&mut self, why: &Why) {
        self.state = State::Waiting;
        self.waits_for = Some(why.to_string());
    }

    /// Counts something, unless there is nothing to count.
    pub(crate) fn count(counts: &mut Counts, reason: &'static str, by: u64) {
        if by > 0 {
            *counts.entry(reason).or_default() += by;
        }
    }

    pub(crate) fn recovers(&mut self) {
        if self.state == State::Failing {
            self.state = State::Receiving;
        }
    }

    pub(crate) fn fails(&mut self, at: Timestamp, error: String) {
        self.state = State::Failing;
        self.last_error = Some((at, error));
    }
}
