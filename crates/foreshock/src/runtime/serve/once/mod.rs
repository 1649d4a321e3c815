//! Files that are read once, into a state that stays: what a service does, without its receivers.
//!
//! ```text
//! files ─► lines that are new ─► in the order of their times ─► spool ─► follower ─► state, events, digest
//!              register                    stream, feed                     └─ the same as for `serve`
//! ```
//!
//! So a run knows what the runs before it learnt, a crash loses nothing and counts nothing twice, and `serve` on the
//! same folder goes on where a run ended.

mod feed;
mod stream;

use super::asked::Asked;
use super::digests::Latest;
use super::follow::End;
use super::house::{House, Retention};
use super::shared::Shared;
use super::stores::Rest;
use super::ticker::own_origin;
use super::{DigestTimes, Stores, Understanding, zone};
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::runtime::merge;
use anyhow::{Context, bail};
use engine::Config;
use feed::{Fed, Feed};
use model::intake::{Batch, Facts, Intake, Kind};
use model::{Counts, Digest, TenantId, Timestamp};
use sources::follow::{Register, Was};
use sources::inlet::system_clock;
use sources::{Input, ReadError};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A state is written down after so many records: so many the next run reads again at most.
const SNAPSHOT_RECORDS: u64 = 65_536;
/// Stores that fail for so long are not waited for: what was handed in is taken up by the next run.
const PATIENCE: Duration = Duration::from_secs(10);
/// The end is looked for so often.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What is asked of a run.
pub(crate) struct Run<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) inputs: &'a [Input],
    pub(crate) tenant: &'a TenantId,
    /// What was over by then is left out of the digest; by the run before, if nothing is said.
    pub(crate) since: Option<Timestamp>,
    /// Zone of times that name none, where it is not the one that the state has.
    pub(crate) zone_offset_secs: Option<i32>,
    pub(crate) config: Config,
    pub(crate) times: DigestTimes,
    pub(crate) retention: Retention,
}

/// What a run came to.
pub(crate) struct Ran {
    /// Nothing, if nothing was ever read of this client.
    pub(crate) digest: Option<Digest>,
    /// Of the lines that were new.
    pub(crate) counts: Counts,
    pub(crate) errors: Vec<ReadError>,
    /// Files by what they were found to be.
    pub(crate) files: BTreeMap<Was, u64>,
    /// What a person should know.
    pub(crate) notes: Vec<String>,
}

/// Reads what is new in files into a state folder, and makes a digest.
///
/// # Errors
/// If another program has the folder, or it cannot be read or written.
pub(crate) fn run(
    run: Run<'_>,
    interrupt: &Interrupt,
    progress: &mut Progress,
) -> anyhow::Result<Ran> {
    let now = (system_clock())();
    let stores = Stores::open(run.folder, now)?;
    let zone = zone::settle(run.folder, run.zone_offset_secs)?;
    let places = run.folder.join("places");
    std::fs::create_dir_all(&places).with_context(|| format!("cannot use {}", places.display()))?;
    let file = places.join("files");
    let opened = Register::open(file.clone());
    let (register, damaged) = opened
        .with_context(|| format!("cannot note how far files were read in {}", file.display()))?;

    let (shared, end) = (Arc::new(Shared::default()), End::default());
    let how = Understanding {
        config: run.config,
        times: run.times,
        zone_offset_secs: zone,
        workers: super::workers(),
        cuts: Vec::new(),
    };
    let (mut follower, mut rest) = stores.follower(how, &shared, &Arc::default(), &end)?;
    let latest = Latest::default();
    follower.digests.latest = Some(Arc::clone(&latest));
    follower.snapshot_records = SNAPSHOT_RECORDS;
    let thread = std::thread::Builder::new().name("follow".to_owned());
    let follower = thread.spawn(move || follower.run()).context("cannot start a thread")?;

    let understanding = merge::Understanding { now, zone_offset_secs: zone };
    let feed = Feed::new(&rest.spool, register, run.tenant, understanding, interrupt);
    let fed = feed.run(run.inputs, progress);
    let asked = Asked::new(run.tenant, run.since);
    let fed = fed.and_then(|fed| ask(&rest, &asked, now).map(|()| fed));
    end.when_caught_up();
    settle(follower, &shared, &end)?;
    let Fed { counts, errors, files, notes } = fed?;
    keep_house(&mut rest, run.retention, &shared, now)?;

    let mut told = rest.notes;
    told.extend(damaged.map(|aside| {
        format!(
            "the file of places was damaged and stands in {} now: all files were read again",
            aside.display()
        )
    }));
    told.extend(notes);
    let digest = latest.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).remove(run.tenant);
    Ok(Ran { digest, counts, errors, files, notes: told })
}

/// Asks for the digest: a record like any other.
fn ask(rest: &Rest, asked: &Asked, now: Timestamp) -> anyhow::Result<()> {
    let mut batch = Batch::new().urgent();
    let facts = Facts { kind: Kind::Tick, ..Facts::received(now) };
    batch.push(&own_origin(), "", facts, &asked.payload())?;
    let answer = rest.spool.append(batch).and_then(|ticket| ticket.wait().map(drop));
    answer.map_err(|returned| anyhow::anyhow!("{}", returned.why))
}

/// Waits until everything is understood and written down.
fn settle(follower: JoinHandle<bool>, shared: &Shared, end: &End) -> anyhow::Result<()> {
    let mut troubled: Option<Instant> = None;
    while !follower.is_finished() {
        match shared.trouble() {
            None => troubled = None,
            Some(_) if troubled.get_or_insert_with(Instant::now).elapsed() < PATIENCE => {}
            Some(why) => {
                end.now();
                let _ = follower.join();
                bail!("{why}; run it again when that is put right");
            }
        }
        std::thread::sleep(LOOK_EVERY);
    }
    match follower.join() {
        Ok(true) => Ok(()),
        Ok(false) => bail!(
            "the state could not be written; what was read is safe in the spool, run it again"
        ),
        // A panic there is a defect of ours: it goes on here.
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn keep_house(
    rest: &mut Rest,
    retention: Retention,
    shared: &Arc<Shared>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let memory = rest.memory.take().context("the memory is in use")?;
    let (spool, events) = (Arc::clone(&rest.spool), Arc::clone(&rest.events));
    let (retention, shared) = (Arc::new(Mutex::new(retention)), Arc::clone(shared));
    let mut house = House::new(&rest.folder, retention, spool, events, memory, shared)?;
    house.round(now).context("cannot keep house in the state folder")?;
    Ok(())
}
