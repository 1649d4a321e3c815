//! How the service is, in numbers that add up: what the runtime publishes, and what `/status` shows as it is.

use model::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The state of the service or of one of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// All is well.
    #[default]
    Ok,
    /// It has begun and does not serve yet.
    Starting,
    /// It serves, and something is wrong; `reasons` say what.
    Degraded,
    /// It is going down in order.
    Stopping,
    /// It cannot do what it is for: events are not taken.
    Failing,
}

impl State {
    /// Every state.
    pub const ALL: [State; 5] =
        [State::Ok, State::Starting, State::Degraded, State::Stopping, State::Failing];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Starting => "starting",
            State::Degraded => "degraded",
            State::Stopping => "stopping",
            State::Failing => "failing",
        }
    }
}

/// How the service is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Status {
    /// All in one word.
    pub state: State,
    /// Why it is not `ok`, each with a remedy.
    pub reasons: Vec<String>,
    /// The version of the program.
    pub version: String,
    /// Since when it runs.
    pub started_at: Timestamp,
    /// What came in.
    pub intake: IntakeStatus,
    /// Where it is kept.
    pub spool: SpoolStatus,
    /// What it has become.
    pub engine: EngineStatus,
    /// What is kept beside the events to be found again in a year.
    pub raised: RaisedStatus,
    /// How much of what is usually heard was heard in the last day, so that silence can be trusted; absent while what is
    /// usual is being learnt.
    pub coverage_percent: Option<f64>,
    /// What of this is one client's, by its name: all that a token of that client may know of it.
    pub of: BTreeMap<String, OfClient>,
    /// Each source, of each client the worst first and at most 256.
    pub sources: Vec<SourceStatus>,
    /// Sources that are known and not listed.
    pub sources_more: u64,
}

/// What of the status is one client's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OfClient {
    /// As [`Status::coverage_percent`].
    pub coverage_percent: Option<f64>,
    /// As [`Status::sources_more`].
    pub sources_more: u64,
}

/// What came in: `received = spooled + waiting + all of dropped` at every moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct IntakeStatus {
    /// Records are taken at present.
    pub taking: bool,
    /// Records that reached us.
    pub received: u64,
    /// Records that are durable.
    pub spooled: u64,
    /// Records that are on their way to the disk.
    pub waiting: u64,
    /// Records that were lost or shed, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Messages of nothing but line ends: not stored, and not received.
    pub empty: u64,
    /// Records of which only the head was kept.
    pub truncated: u64,
    /// Connections that were not let in, and files that are not followed.
    pub refused: u64,
    /// Connections that ended otherwise than by the sender's orderly close, by reason.
    pub closed: BTreeMap<String, u64>,
}

impl IntakeStatus {
    /// Whether every record is accounted for.
    pub fn balances(&self) -> bool {
        self.received == self.spooled + self.waiting + self.dropped.values().sum::<u64>()
    }
}

/// The spool.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct SpoolStatus {
    /// The number of the next record.
    pub next_seq: u64,
    /// Bytes on the disk.
    pub bytes: u64,
    /// Bytes that the disk has left.
    pub disk_free_bytes: Option<u64>,
    /// Files.
    pub segments: u64,
    /// Bytes that wait to be written.
    pub queued_bytes: u64,
    /// Seconds that the oldest of them has waited.
    pub queued_secs: f64,
    /// Middle time of a sync in milliseconds.
    pub sync_p50_ms: Option<f64>,
    /// Time of a sync in milliseconds that one in a hundred exceeds.
    pub sync_p99_ms: Option<f64>,
    /// Records that expired, by age or by size.
    pub expired: u64,
    /// Blocks that were damaged.
    pub damaged_blocks: u64,
}

/// The engine.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct EngineStatus {
    /// It is at work.
    pub running: bool,
    /// All records before this number are in what is published.
    pub position: u64,
    /// Records that it has not seen yet.
    pub lag_records: u64,
    /// Age of the oldest of them in seconds.
    pub lag_secs: f64,
    /// When it published last.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub published_at: Option<Timestamp>,
    /// Events that it made of records.
    pub events: u64,
    /// Events with each defect.
    pub defects: BTreeMap<String, u64>,
    /// Records of which no event could be made, kept with their reason.
    pub dead_letters: u64,
    /// … and those that were too many to be kept.
    pub dead_letters_not_kept: u64,
    /// Clients.
    pub tenants: u64,
    /// Kinds of message.
    pub signatures: u64,
    /// Open candidates.
    pub candidates: u64,
}

/// Events of raised bands, as they are kept with what is known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct RaisedStatus {
    /// Events, as they were counted last.
    pub kept: u64,
    /// Bytes that they take on the disk, with their indexes.
    pub bytes: u64,
    /// Events that went since the start, because they were too old.
    pub expired_by_age: u64,
    /// … and because there was no room for them.
    pub expired_by_size: u64,
}

/// How a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// It speaks as usual.
    #[default]
    Ok,
    /// It says nothing, and usually would have.
    Silent,
    /// Its clock is off.
    Skewed,
    /// It cannot be read.
    Failing,
}

impl SourceState {
    /// Every state.
    pub const ALL: [SourceState; 4] =
        [SourceState::Ok, SourceState::Silent, SourceState::Skewed, SourceState::Failing];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            SourceState::Ok => "ok",
            SourceState::Silent => "silent",
            SourceState::Skewed => "skewed",
            SourceState::Failing => "failing",
        }
    }
}

/// One source.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct SourceStatus {
    /// Its id.
    pub source_id: String,
    /// What it is.
    pub source_type: String,
    /// What people call it.
    pub source_name: String,
    /// The host that it is, of a listener that hears several.
    pub host: Option<String>,
    /// Whose it is; absent if it is several tenants'.
    pub tenant_id: Option<String>,
    /// How its bytes reach us.
    pub transport: String,
    /// In one word.
    pub state: SourceState,
    /// Why it is not `ok`; of one that is, what went wrong in the last hour, or still does: a file that cannot be followed.
    pub reason: Option<String>,
    /// When it was last heard.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_event_at: Option<Timestamp>,
    /// Records received.
    pub received: u64,
    /// Bytes received.
    pub bytes: u64,
    /// Records lost or shed, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Records that were not well formed; they are kept all the same.
    pub malformed: u64,
    /// Events that break the form that they claim to have; they are kept all the same.
    pub parse_failures: u64,
    /// What could not be taken, and is kept with its reason: see `/failures`.
    pub dead_letters: u64,
    /// Times that it is known to have lost records.
    pub gaps: u64,
    /// Messages of nothing but line ends: not stored.
    pub empty: u64,
    /// Records of which only the head was kept.
    pub truncated: u64,
    /// Open connections, or followed files.
    pub connections: u64,
    /// Connections that were not let in, or files that are not followed.
    pub refused: u64,
    /// Connections that ended otherwise than by the sender's orderly close, by reason.
    pub closed: BTreeMap<String, u64>,
    /// Records a second, of late.
    pub rate_per_sec: f64,
    /// Records a second, as a rule at this hour.
    pub usual_rate_per_sec: Option<f64>,
    /// Middle time in seconds from what it says to its receipt, less what its clock is off.
    pub lag_secs: Option<f64>,
    /// Seconds by which its clock is ahead of ours, negative if behind; absent where it is right as far as can be told.
    pub clock_skew_secs: Option<f64>,
}
