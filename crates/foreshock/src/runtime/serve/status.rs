//! How the service is, in numbers: for `foreshock status`, `/status` and whoever reads `status.json`.

use super::backlog::Backlog;
use super::follow::Unread;
use super::house::Round;
use super::letters::Letters;
use super::live::LiveTokens;
use super::quarantine::Quarantine;
use super::rows::{self, SourceNow};
use super::shared::Shared;
use super::views::Views;
use model::{Seq, TenantId, Timestamp};
use outputs::rest::{Meter, Tally};
use serde::{Deserialize, Serialize};
use sources::inlet::{Counters, Health};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use store::events::Events;
use store::spool::{self, Spool};

/// The file in the state folder.
const FILE: &str = "status.json";

/// How the service is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    /// `ok`, `degraded`, `failing` where nothing is taken in, `stopping` or `stopped`.
    pub(crate) state: String,
    /// Why it is not ok, each with a remedy.
    pub(crate) reasons: Vec<String>,
    pub(crate) version: String,
    pub(crate) pid: u32,
    pub(crate) started_at: String,
    pub(crate) at: String,
    pub(crate) intake: Intake,
    pub(crate) spool: SpoolNow,
    pub(crate) follower: FollowerNow,
    pub(crate) events: EventsNow,
    pub(crate) house: Round,
    /// How much of what is usually heard was heard in the last day, in per cent; absent while that is being learnt.
    pub(crate) coverage_percent: Option<f64>,
    /// The same of each client, with what was missed.
    pub(crate) coverage: BTreeMap<String, CoverageNow>,
    pub(crate) sources: Vec<SourceNow>,
    /// Sources that are known, well, and not listed.
    pub(crate) sources_more: u64,
    /// The same of each client.
    pub(crate) sources_more_of: BTreeMap<String, u64>,
    /// Events with each defect, ever.
    pub(crate) defects: BTreeMap<String, u64>,
    /// Records of hosts that are too many to be watched one by one.
    pub(crate) beyond_records: u64,
    /// What could not be taken and is kept; and what was too much to be kept, since the start.
    pub(crate) dead_letters: u64,
    pub(crate) dead_letters_not_kept: u64,
    /// Where the API listens.
    pub(crate) http: Option<SocketAddr>,
}

/// The coverage of one client.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CoverageNow {
    /// Of the last day.
    pub(crate) percent: Option<f64>,
    pub(crate) last_hour_percent: Option<f64>,
    /// Sources that are known; and those of which it is not known yet what they usually say.
    pub(crate) sources: u64,
    pub(crate) learning: u64,
    /// What was missed, in words.
    pub(crate) missed: Vec<String>,
}

/// `received = stored + open + all of shed`, of all receivers together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Intake {
    pub(crate) received: u64,
    pub(crate) stored: u64,
    pub(crate) open: u64,
    pub(crate) shed: BTreeMap<String, u64>,
    /// Records that never reached us, as far as they could be counted.
    pub(crate) lost: BTreeMap<String, u64>,
    /// Messages of nothing but line ends, and records of which only the head was kept.
    pub(crate) empty: u64,
    pub(crate) truncated: u64,
    /// Connections that were not let in, and files that are not followed.
    pub(crate) refused: u64,
    /// Connections that did not end in order, by reason.
    pub(crate) closed: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SpoolNow {
    pub(crate) state: String,
    pub(crate) next: u64,
    pub(crate) bytes: u64,
    pub(crate) segments: u64,
    pub(crate) free_bytes: Option<u64>,
    pub(crate) queued_records: u64,
    pub(crate) queued_secs: f64,
    pub(crate) sync_p50_ms: f64,
    pub(crate) sync_p99_ms: f64,
    pub(crate) expired_records: u64,
    pub(crate) damaged_blocks: u64,
    /// Raw records that were acknowledged and cannot be read any more: damaged, or gone with a file. Found since the start,
    /// at most.
    pub(crate) damaged_records: u64,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FollowerNow {
    /// All records before this number are in what is known.
    pub(crate) position: u64,
    pub(crate) lag_records: u64,
    /// Age of the oldest of them.
    pub(crate) lag_secs: f64,
    /// Numbers that could not be read, since the start.
    pub(crate) unread_expired: u64,
    pub(crate) unread_damaged: u64,
    /// Records that made the program fail and were set apart, since the start.
    pub(crate) set_apart: u64,
    pub(crate) tenants: u64,
    pub(crate) signatures: u64,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct EventsNow {
    pub(crate) stored: u64,
    pub(crate) waiting: u64,
    pub(crate) bytes: u64,
    pub(crate) expired: u64,
    /// Blocks that were found damaged since the start: what is searched lacks their events.
    pub(crate) damaged_blocks: u64,
}

/// What a service says that reads nothing more: it lags by so long.
const LAG_SECS_MAX: f64 = 60.0;

/// What a status is made of; can be asked at any time, from any thread.
pub(super) struct Facts {
    pub(super) spool: Arc<Spool>,
    pub(super) events: Arc<Events>,
    pub(super) receivers: Vec<Arc<Counters>>,
    /// What came by HTTP.
    pub(super) meter: Arc<Meter>,
    pub(super) tokens: Arc<LiveTokens>,
    pub(super) shared: Arc<Shared>,
    pub(super) unread: Arc<Unread>,
    pub(super) backlog: Backlog,
    pub(super) letters: Arc<Letters>,
    /// Where the API listens.
    pub(super) http: OnceLock<SocketAddr>,
    pub(super) quarantine: Arc<Quarantine>,
    /// Clients that were known at the start.
    pub(super) tenants: Vec<TenantId>,
    pub(super) started_at: Timestamp,
}

impl Facts {
    /// How things are.
    pub(super) fn status(&self, now: Timestamp) -> Status {
        let Facts { shared, started_at, .. } = self;
        let tallies = self.meter.read();
        let receivers: Vec<Health> = self.receivers.iter().map(|one| one.health()).collect();
        let (position, spool, views) = (shared.position(), self.spool.status(), shared.views());
        let follower = self.follower(position, &spool, now);
        let events = self.events.status();
        let (letters, dead_letters_not_kept) = self.letters.counts();
        let (house, unkept) = shared.house();
        let mut reasons: Vec<String> = shared.trouble().into_iter().collect();
        reasons.extend(
            unkept.map(|why| {
                format!("house is not kept: {why}; it is tried again every half minute")
            }),
        );
        match &spool.state {
            spool::State::Writing => {}
            spool::State::Full { reason } => reasons.push(format!(
                "nothing is taken in: the disk of the spool has no room ({reason}); free some space, it resumes by itself"
            )),
            spool::State::Failing { reason } => {
                reasons.push(format!("the spool's last write failed ({reason}); it is tried again with each batch"));
            }
            spool::State::Stopped => reasons.push("the spool is closed".to_owned()),
        }
        let damaged = spool.counts.bad_records + spool.counts.lost_records;
        if damaged > 0 {
            reasons.push(format!(
                "up to {damaged} raw records in the spool are damaged or gone; what was made of them before is kept: look at the disk's health, and put segments back from a backup while the service is stopped, if there is one"
            ));
        }
        if events.damaged_blocks > 0 {
            reasons.push(format!(
                "{} blocks of stored events are damaged: a search does not find what is in them, the raw records are in the spool as long as they are kept. Look at the disk's health; to have all events made again from what the spool has, stop the service and move the folder `events` away",
                events.damaged_blocks
            ));
        }
        let set_apart = self.quarantine.new_ones();
        if set_apart > 0 {
            reasons.push(format!(
                "{set_apart} records made the program fail and were set apart (quarantine.ndjson in the state folder): this is a defect, please report it with that file's reasons"
            ));
        }
        if follower.lag_secs > LAG_SECS_MAX {
            reasons.push(format!(
                "what is known lags {} records ({:.0} s) behind what was received: the sources say more than this machine can take in, or a store is slow",
                follower.lag_records, follower.lag_secs
            ));
        }
        for health in
            receivers.iter().filter(|health| health.state == sources::inlet::State::Failing)
        {
            let why = health.last_error.as_ref().map_or("", |(_, why)| why);
            reasons.push(format!("the source {} fails: {why}", health.name));
        }
        let state = match (&spool.state, reasons.is_empty()) {
            (spool::State::Writing, true) => "ok",
            (spool::State::Writing, false) => "degraded",
            (spool::State::Stopped, _) => "stopping",
            (spool::State::Full { .. } | spool::State::Failing { .. }, _) => "failing",
        };
        let of = rows::Heard {
            receivers: &receivers,
            callers: &tallies,
            owner: &|token| self.tokens.owner(token),
            dead_letters: &letters,
            views: &views,
        };
        Status {
            state: state.to_owned(),
            reasons,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started_at: started_at.to_string(),
            at: now.to_string(),
            intake: intake(&receivers, &tallies),
            follower: FollowerNow {
                set_apart,
                tenants: views.tenants.len() as u64,
                signatures: views.tenants.values().map(|view| view.signatures).sum(),
                ..follower
            },
            spool: spool_now(&spool),
            events: EventsNow {
                stored: events.stored,
                waiting: events.waiting,
                bytes: events.bytes,
                expired: events.expired,
                damaged_blocks: events.damaged_blocks,
            },
            house,
            coverage_percent: views.coverage_percent,
            coverage: coverage(&views),
            sources: rows::rows(&of, now),
            sources_more: views.sources_more.values().sum(),
            sources_more_of: views
                .sources_more
                .iter()
                .map(|(tenant, more)| (tenant.to_string(), *more))
                .collect(),
            defects: views.defects.clone(),
            beyond_records: views.beyond_records,
            dead_letters: letters.values().sum(),
            dead_letters_not_kept,
            http: self.http.get().copied(),
        }
    }

    fn follower(&self, position: Seq, spool: &spool::Status, now: Timestamp) -> FollowerNow {
        let Facts { shared, unread, backlog, .. } = self;
        // Numbers that no record has, or whose records are gone, are no lag.
        let lag_records = self.spool.records_from(position);
        // What was there before the start is younger than the latest that is known.
        let since = shared.latest().filter(|_| lag_records > 0).map(|latest| now - latest);
        let lag = backlog.age(spool.next, position, now).or(since);
        let lag = lag.filter(|_| lag_records > 0);
        FollowerNow {
            position: position.0,
            lag_records,
            lag_secs: lag.map_or(0.0, |lag| lag.as_secs_f64().max(0.0)),
            unread_expired: unread.expired.load(Ordering::Relaxed),
            unread_damaged: unread.damaged.load(Ordering::Relaxed),
            ..FollowerNow::default()
        }
    }
}

fn coverage(views: &Views) -> BTreeMap<String, CoverageNow> {
    let of = views
        .tenants
        .iter()
        .filter_map(|(id, view)| Some((id, view.digest.quiet.coverage.as_ref()?)));
    let now = |coverage: &model::Coverage| CoverageNow {
        percent: coverage.percent,
        last_hour_percent: coverage.last_hour_percent,
        sources: coverage.sources,
        learning: coverage.learning,
        missed: outputs::coverage::missed(coverage),
    };
    of.map(|(id, coverage)| (id.to_string(), now(coverage))).collect()
}

impl Status {
    /// Writes it into the state folder.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        // Not synced: after a power cut it is old news anyway.
        let part = folder.join("status.part");
        std::fs::write(&part, &text)?;
        std::fs::rename(&part, folder.join(FILE))
    }

    /// The same once nothing runs any more: what was well, or under way, has stopped.
    pub(crate) fn at_rest(mut self) -> Status {
        let words = self.sources.iter_mut().map(|source| &mut source.state);
        for word in words.chain([&mut self.spool.state]) {
            if ["ok", "waiting", "starting", "writing"].contains(&word.as_str()) {
                "stopped".clone_into(word);
            }
        }
        self
    }

    /// Whether a service has the folder now; writes nothing.
    ///
    /// # Errors
    /// If that cannot be known: who asks may not read the lock.
    pub(crate) fn runs(folder: &Path) -> io::Result<bool> {
        store::is_locked(folder)
    }

    /// What a service wrote last.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub(crate) fn read(folder: &Path) -> io::Result<Status> {
        let text = std::fs::read(folder.join(FILE))?;
        serde_json::from_slice(&text).map_err(io::Error::other)
    }
}

fn spool_now(spool: &spool::Status) -> SpoolNow {
    let state = match spool.state {
        spool::State::Writing => "writing",
        spool::State::Full { .. } => "full",
        spool::State::Failing { .. } => "failing",
        spool::State::Stopped => "stopped",
    };
    SpoolNow {
        state: state.to_owned(),
        next: spool.next.0,
        bytes: spool.bytes,
        segments: spool.segments,
        free_bytes: spool.free,
        queued_records: spool.queued_records,
        queued_secs: spool.queued_for.as_secs_f64(),
        sync_p50_ms: spool.sync_p50.as_secs_f64() * 1e3,
        sync_p99_ms: spool.sync_p99.as_secs_f64() * 1e3,
        expired_records: spool.counts.expired_records,
        damaged_blocks: spool.counts.bad_blocks,
        damaged_records: spool.counts.bad_records + spool.counts.lost_records,
    }
}

fn intake(receivers: &[Health], callers: &[(String, Tally)]) -> Intake {
    let mut intake = Intake::default();
    for (_, tally) in callers {
        intake.received += tally.received;
        intake.stored += tally.stored;
        intake.open += tally.open;
        if tally.returned > 0 {
            *intake.shed.entry("returned_to_sender".to_owned()).or_default() += tally.returned;
        }
    }
    for health in receivers {
        intake.empty += health.empty;
        intake.truncated += health.truncated;
        intake.refused += health.refused;
        for (reason, n) in &health.closed {
            *intake.closed.entry((*reason).to_owned()).or_default() += n;
        }
        intake.received += health.received;
        intake.stored += health.stored;
        intake.open += health.open;
        for (reason, n) in &health.shed {
            *intake.shed.entry((*reason).to_owned()).or_default() += n;
        }
        for (reason, n) in &health.lost {
            *intake.lost.entry((*reason).to_owned()).or_default() += n;
        }
    }
    intake
}
