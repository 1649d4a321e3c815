//! A state folder → the stores, open, and the place in the spool to go on from.

use super::again::{Again, Begun};
use super::digests::Digests;
use super::fold::DigestTimes;
use super::follow::{End, Unread};
use super::follower::{Begin, Follower};
use super::keep::Keep;
use super::quarantine::{self, Quarantine};
use super::shared::Shared;

use anyhow::{Context, bail};
use engine::Config;
use model::{Seq, TenantId, Timestamp};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::disk::Folder;
use store::events::{EventOptions, Events};
use store::spool::{Epoch, Opened, Options, Spool, epoch_of};
use store::state::{Checkpoint, SqliteMemory, SqliteState, StateStore, Was};
use store::{Lock, lock};

/// The stores of one state folder. Nobody else writes to it while this lives.
pub(crate) struct Stores {
    pub(crate) folder: PathBuf,
    pub(crate) spool: Arc<Spool>,
    pub(crate) events: Arc<Events>,
    pub(crate) memory: SqliteMemory,
    state: SqliteState,
    /// What was found while opening that a person should know.
    pub(crate) notes: Vec<String>,
    pub(crate) lock: Lock,
}

/// How what comes in is to be understood.
#[derive(Debug, Clone)]
pub(crate) struct Understanding {
    pub(crate) config: Config,
    pub(crate) times: DigestTimes,
    pub(crate) zone_offset_secs: i32,
    /// Threads that understand records.
    pub(crate) workers: usize,
    /// Further places at which a stretch ends: what is written down then differs in nothing but how often.
    pub(crate) cuts: Vec<Seq>,
}

/// 16 random bytes, from the entropy that the system gives to hash tables.
pub(super) fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    for (place, half) in bytes.chunks_exact_mut(8).enumerate() {
        half.copy_from_slice(&RandomState::new().hash_one(place).to_le_bytes());
    }
    bytes
}

impl Stores {
    /// Opens the stores in a folder, or makes them.
    ///
    /// # Errors
    /// If another program has the folder, or it cannot be read or written.
    pub(crate) fn open(folder: &Path, now: Timestamp) -> anyhow::Result<Stores> {
        let shown = folder.display().to_string();
        let disk = |name: &str| -> anyhow::Result<Arc<Folder>> {
            let path = folder.join(name);
            let opened = Folder::open(&path);
            Ok(Arc::new(opened.with_context(|| format!("cannot use {}", path.display()))?))
        };
        Folder::open(folder).with_context(|| format!("cannot use the state folder {shown}"))?;
        let lock = lock(folder)?;
        let mut notes = Vec::new();
        notes.extend(open_to_others(folder));
        let (mut state, was) = SqliteState::open(&folder.join("state.db"))?;
        let had_state = was != Was::Whole || state.checkpoint()?.is_some();
        if let Was::SetAside(why) = was {
            notes.push(format!(
                "state.db could not be used ({why}); it is kept as state.db.unusable, and made again from the spool"
            ));
        }
        let memory = open_memory(&folder.join("memory.db"), had_state, &mut notes)?;
        let checkpoint = state.checkpoint()?;
        let spool = disk("spool")?;
        let epoch = epoch_of(&*spool, checkpoint.map(|checkpoint| checkpoint.epoch))?;
        let is_another = checkpoint.is_some_and(|checkpoint| Some(checkpoint.epoch) != epoch);
        if is_another {
            notes.push(
                "the spool is another one than the state was made of: the state is made again"
                    .into(),
            );
            state.reset()?;
        }
        if is_another || epoch.is_none() {
            set_events_aside(folder, &mut notes)?;
        }
        // Level 1 costs less than level 3, and a tenth of a byte an event more (docs/store.md).
        let options = EventOptions { level: 1, ..EventOptions::default() };
        let events = Events::open(disk("events")?, options)?;
        // What was made of records proves that there were these, whatever the spool still has.
        let covered = checkpoint.filter(|_| !is_another).map_or(Seq(0), |covered| covered.next);
        let options = Options {
            epoch_known: epoch,
            next_at_least: covered.max(events.stored_through()),
            ..Options::new(Epoch(random()), now)
        };
        let spool = Spool::open(spool, options)?;
        notes.extend(damage(spool.opened()));
        let next = spool.status().next;
        let has_all = |from: Seq| spool.records_from(from) == next.0.saturating_sub(from.0);
        if let Some(from) = events.drop_damaged(&has_all)? {
            notes.push(format!(
                "stored events were damaged: those of the records from number {} on are made again from the spool",
                from.0
            ));
        }
        Ok(Stores {
            folder: folder.to_owned(),
            spool: Arc::new(spool),
            events: Arc::new(events),
            memory,
            state,
            notes,
            lock,
        })
    }

    /// A follower that goes on where the last one was, and what it leaves behind.
    ///
    /// # Errors
    /// If the state cannot be read, or the system gives no threads.
    pub(super) fn follower(
        self,
        how: Understanding,
        shared: &Arc<Shared>,
        unread: &Arc<Unread>,
        end: &End,
    ) -> anyhow::Result<(Follower, Rest)> {
        let Stores { folder, spool, events, memory, state, mut notes, lock } = self;
        let known = state.checkpoint()?;
        let checkpoint = known.unwrap_or(Checkpoint { epoch: spool.epoch(), next: Seq(0) });
        let quarantine = Quarantine::open(&folder, spool.epoch())
            .with_context(|| format!("cannot use the quarantine in {}", folder.display()))?;
        notes.extend(quarantine.unreadable().map(|lines| format!(
            "{lines} lines of {} cannot be read and are passed over: the records that they told of are tried again. The file stays as it is; move it away once you have looked at it",
            folder.join(quarantine::FILE).display()
        )));
        let quarantine = Arc::new(quarantine);
        let again = Again {
            how,
            spool: Arc::clone(&spool),
            unread: Arc::clone(unread),
            end: end.clone(),
            quarantine: Arc::clone(&quarantine),
        };
        let stored = events.stored_through();
        let tenants = state.tenants()?;
        let Begun { fold, pipeline, folded, note } =
            again.begin(&state, stored, checkpoint.next, known.is_some())?;
        notes.extend(note);
        let begin = Begin {
            fold,
            keep: Keep::new(Arc::clone(&events), state, checkpoint)?,
            pipeline,
            raw: spool.raw(),
            digests: Digests::new(folder.join("digests")),
            folded,
            again,
        };
        let follower = Follower::new(begin, Arc::clone(shared), end.clone());
        let memory = Some(memory);
        let rest = Rest { folder, spool, events, memory, tenants, quarantine, notes, _lock: lock };
        Ok((follower, rest))
    }
}

/// The stores without what the follower took.
pub(super) struct Rest {
    pub(super) folder: PathBuf,
    pub(super) spool: Arc<Spool>,
    pub(super) events: Arc<Events>,
    /// What people judged; taken by who keeps it.
    pub(super) memory: Option<SqliteMemory>,
    /// Clients that were known by then.
    pub(super) tenants: Vec<TenantId>,
    pub(super) quarantine: Arc<Quarantine>,
    pub(super) notes: Vec<String>,
    /// Held as long as this lives.
    pub(super) _lock: Lock,
}

/// A folder made by other hands may be open to all users of the machine.
fn open_to_others(folder: &Path) -> Option<String> {
    let mode = std::fs::metadata(folder).ok()?.permissions().mode();
    (mode & 0o007 != 0).then(|| {
        format!(
            "the state folder is open to all users of this machine, with all that was logged: chmod 700 {}",
            folder.display()
        )
    })
}

/// What people judged. It follows from nothing, so it is neither set aside nor made anew without a word.
fn open_memory(
    file: &Path,
    had_state: bool,
    notes: &mut Vec<String>,
) -> anyhow::Result<SqliteMemory> {
    let is_there = std::fs::metadata(file).is_ok_and(|found| found.len() > 0);
    let shown = file.display();
    let memory = SqliteMemory::open(file).with_context(|| {
        format!(
            "cannot use {shown}, which holds what people judged (incidents, lessons, reviews): put it back from a backup, or move it away to begin without what it holds"
        )
    })?;
    if had_state && !is_there {
        notes.push(format!(
            "{shown} is gone, and with it what people judged (incidents, lessons, reviews): an empty one was made. If there is a backup, stop the service and put it back"
        ));
    }
    Ok(memory)
}

/// What the spool lacks, in words.
fn damage(opened: &Opened) -> Vec<String> {
    let (counts, mut notes) = (opened.counts, Vec::new());
    if counts.lost_records > 0 {
        let ranges = opened.lost.iter().take(8);
        let ranges: Vec<String> =
            ranges.map(|lost| format!("{} to {}", lost.start.0, lost.end.0 - 1)).collect();
        notes.push(format!(
            "up to {} raw records that were acknowledged are gone from the spool (numbers {}): its files were damaged, cut or removed. What was made of them before is kept. Look at the disk's health; segments from a backup can be put back while the service is stopped",
            counts.lost_records,
            ranges.join(", ")
        ));
    }
    if counts.torn_bytes > 0 {
        let what = match counts.lost_records {
            0 => "of an unfinished write; as far as is known nothing in them was acknowledged",
            _ => "that are no whole block",
        };
        notes.push(format!(
            "the spool ended with {} bytes {what}; they are kept as spool/*.bad",
            counts.torn_bytes
        ));
    }
    if counts.bad_blocks > 0 {
        notes.push(format!(
            "the spool has {} damaged places with {} raw records that cannot be read; the others are. Look at the disk's health",
            counts.bad_blocks, counts.bad_records
        ));
    }
    notes
}

/// Events of another spool have numbers that mean nothing here.
fn set_events_aside(folder: &Path, notes: &mut Vec<String>) -> anyhow::Result<()> {
    let events = folder.join("events");
    let is_empty = std::fs::read_dir(&events).map_or(true, |mut files| files.next().is_none());
    if is_empty {
        return Ok(());
    }
    let free = (1..1_000).map(|n| folder.join(format!("events.before-{n}")));
    let Some(aside) = free.into_iter().find(|path| !path.exists()) else {
        bail!("there are too many folders events.before-* in {}: remove some", folder.display());
    };
    std::fs::rename(&events, &aside)
        .with_context(|| format!("cannot set {} aside", events.display()))?;
    notes.push(format!(
        "the stored events are of another spool: they are kept in {}",
        aside.display()
    ));
    Ok(())
}
