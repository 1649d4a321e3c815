//! The thread that follows: matches patterns, reads by turns, notes places after the answer.

mod admit;
mod rotation;

use super::FollowConfig;
use super::compressed::{Compressed, Unpacked};
use super::followed::{Followed, Found, Reading, Step};
use super::places::{self, Noted, Place};
use crate::inlet::{Health, Inlet};
use crate::noted;
use glob::Pattern;
use model::intake::Batch;
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Bytes that are read of a file at once, beyond the longest line.
const READ_BYTES: usize = 64 << 10;
/// A batch is handed in once it has so many bytes.
const BATCH_BYTES: usize = 1 << 20;
/// Places are noted at most so often; those of new files at once.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// A file that stands under no path any more is read on for so long: its writer may not have noticed.
const GONE_GRACE: Duration = Duration::from_secs(60);
/// … but after this its last line is taken as it is, though it has no end.
const LINE_GRACE: Duration = Duration::from_secs(5);
/// A compressed file is read once nothing was written to it for so long: it is complete then.
const COMPLETE_AFTER: Duration = Duration::from_secs(3);
/// What was last changed longer ago than this when it is first seen was there before.
const OLD_AFTER: Duration = Duration::from_secs(60);
/// Paths that were told once as unreadable or no text.
const TOLD_MAX: usize = 10_000;

/// What a turn has read of: a file's place in `files`, or in `compressed`.
enum Moved {
    Plain(usize, Step),
    Compressed(usize, u64, u64),
}

pub(super) struct Worker {
    config: FollowConfig,
    exclude: Vec<Pattern>,
    inlet: Inlet,
    files: Vec<Followed>,
    compressed: Vec<Compressed>,
    /// Files that are gone, the oldest first.
    gone: Vec<Place>,
    /// Nothing was noted yet when following began.
    is_first_time: bool,
    is_first_look: bool,
    buffer: Vec<u8>,
    is_dirty: bool,
    saved_at: Instant,
    /// The file that is read first in the next turn.
    turn: usize,
    told: HashSet<PathBuf>,
    /// What cannot be followed at present and why, since the latest look.
    amiss: BTreeMap<PathBuf, String>,
}

impl Worker {
    pub(super) fn new(config: FollowConfig, inlet: Inlet) -> io::Result<Worker> {
        let (gone, is_first_time) = match places::load(&config.places)? {
            Noted::Nothing => (Vec::new(), true),
            Noted::Places(places) => (places, false),
            Noted::Damaged(aside) => {
                let told = format!(
                    "the file of places was damaged and stands in {} now: all files are read again",
                    aside.display()
                );
                let now = inlet.now();
                inlet.counters().with(|health| health.last_error = Some((now, told)));
                (Vec::new(), false)
            }
        };
        let exclude = config.exclude.iter().filter_map(|text| Pattern::new(text).ok()).collect();
        let worker = Worker {
            buffer: vec![0; config.line_bytes_max + READ_BYTES],
            exclude,
            inlet,
            files: Vec::new(),
            compressed: Vec::new(),
            gone,
            is_first_time,
            is_first_look: true,
            is_dirty: true,
            saved_at: Instant::now(),
            turn: 0,
            told: HashSet::new(),
            amiss: BTreeMap::new(),
            config,
        };
        // Better told now than when the first lines are read.
        noted::try_out(&worker.config.places)?;
        Ok(worker)
    }

    pub(super) fn run(&mut self) {
        let stop = self.inlet.stop().clone();
        let mut match_at = Instant::now();
        while !stop.is_set() {
            let now = Instant::now();
            if now >= match_at {
                self.match_patterns();
                // In folders of many files this takes its time: a twentieth of ours at most.
                match_at = Instant::now() + self.config.match_every.max(now.elapsed() * 20);
            }
            let has_read = self.turn();
            self.tell_lag();
            if self.is_dirty && self.saved_at.elapsed() >= SAVE_EVERY {
                self.save();
            }
            if !has_read {
                stop.wait(self.config.look_every);
            }
        }
        if self.is_dirty {
            self.save();
        }
    }

    /// Reads until a batch is full or nothing is left, hands it in and waits for the answer; whether anything was read.
    fn turn(&mut self) -> bool {
        let mut batch = Batch::new().urgent();
        let mut moved = Vec::new();
        self.read_plain(&mut batch, &mut moved);
        self.read_compressed(&mut batch, &mut moved);
        if moved.is_empty() {
            return false;
        }
        let is_noted = |moved: &Moved| match moved {
            Moved::Plain(at, _) => self.files[*at].is_noted,
            Moved::Compressed(..) => true,
        };
        if !moved.iter().all(is_noted) && !self.save() {
            return false;
        }
        if !self.inlet.store(batch) {
            return false;
        }
        for moved in moved {
            match moved {
                Moved::Plain(at, step) => self.files[at].move_to(step),
                Moved::Compressed(at, offset, line) => {
                    let place = &mut self.compressed[at].place;
                    (place.offset, place.line) = (offset, line);
                }
            }
        }
        self.is_dirty = true;
        true
    }

    fn read_plain(&mut self, batch: &mut Batch, moved: &mut Vec<Moved>) {
        let count = self.files.len();
        for step in 0..count {
            let at = (self.turn + step) % count;
            let file = &mut self.files[at];
            let reading = Reading {
                batch,
                buffer: &mut self.buffer,
                line_bytes_max: self.config.line_bytes_max,
                now: self.inlet.now(),
                is_all: file.is_left(LINE_GRACE),
            };
            match file.read(reading) {
                Ok(Found::Nothing) => {}
                Ok(Found::Lines(step)) => moved.push(Moved::Plain(at, step)),
                Ok(Found::Truncated) => self.was_truncated(at),
                Err(error) => {
                    let path = file.path.clone();
                    self.tell(&path, &crate::error::explain(&error));
                }
            }
            if batch.payload_bytes() >= BATCH_BYTES {
                self.turn = at + 1;
                return;
            }
        }
    }

    fn read_compressed(&mut self, batch: &mut Batch, moved: &mut Vec<Moved>) {
        let mut over = Vec::new();
        for (at, file) in self.compressed.iter_mut().enumerate() {
            if batch.payload_bytes() >= BATCH_BYTES {
                break;
            }
            match file.read(batch, self.config.line_bytes_max, self.inlet.now()) {
                Ok(Unpacked::Lines(offset, line)) => {
                    moved.push(Moved::Compressed(at, offset, line))
                }
                Ok(Unpacked::End) => over.push((at, None)),
                Err(error) => over.push((at, Some(error.to_string()))),
            }
        }
        // Those that ended gave nothing in this turn, but places of later ones move up.
        for (at, error) in over.into_iter().rev() {
            let Compressed { mut place, path, .. } = self.compressed.remove(at);
            for moved in moved.iter_mut() {
                if let Moved::Compressed(other, ..) = moved
                    && *other > at
                {
                    *other -= 1;
                }
            }
            place.is_over = true;
            self.gone.push(place);
            self.is_dirty = true;
            if let Some(error) = error {
                self.tell_as(&path, error);
            }
        }
    }

    fn tell_lag(&self) {
        let lag = self.files.iter().map(Followed::lag_bytes).sum();
        let open = (self.files.len() + self.compressed.len()) as u64;
        self.inlet.counters().with(|health| {
            (health.connections, health.lag_bytes) = (open, Some(lag));
        });
    }

    /// Notes the places; whether they are durable.
    fn save(&mut self) -> bool {
        let of_gone = self.gone.iter();
        let of_files = self.files.iter().map(|file| &file.place);
        let of_compressed = self.compressed.iter().map(|file| &file.place);
        let all = of_gone.chain(of_files).chain(of_compressed).cloned().collect();
        self.saved_at = Instant::now();
        match places::save(&self.config.places, all) {
            Ok(()) => {
                self.is_dirty = false;
                self.files.iter_mut().for_each(|file| file.is_noted = true);
                self.inlet.counters().with(Health::recovers);
                true
            }
            Err(error) => {
                let (now, path) = (self.inlet.now(), self.config.places.display());
                let told =
                    format!("cannot note places in {path}: {}", crate::error::explain(&error));
                self.inlet.counters().with(|health| health.fails(now, told));
                false
            }
        }
    }

    /// Tells what is wrong with a file or folder.
    fn tell(&mut self, path: &Path, why: &str) {
        self.tell_as(path, format!("{} is not followed: {why}", crate::error::printable(path)));
    }

    /// The same in other words: once as an error, and for as long as it holds.
    fn tell_as(&mut self, path: &Path, told: String) {
        if self.amiss.len() < TOLD_MAX {
            self.amiss.insert(path.to_owned(), told.clone());
        }
        if self.told.len() >= TOLD_MAX {
            self.told.clear();
        }
        if self.told.insert(path.to_owned()) {
            let now = self.inlet.now();
            self.inlet.counters().with(|health| {
                health.refused += 1;
                health.last_error = Some((now, told));
            });
        }
    }

    /// Says what has been wrong since the latest look.
    fn tell_amiss(&mut self) {
        let amiss = std::mem::take(&mut self.amiss);
        let holds = amiss.values().next().map(|first| match amiss.len() - 1 {
            0 => first.clone(),
            more => format!("{first} (and {more} more)"),
        });
        self.inlet.counters().with(|health| health.holds = holds);
    }
}
