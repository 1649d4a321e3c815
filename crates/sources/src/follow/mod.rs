//! Files that grow → records: followed through rotation by rename, by copy and truncation, and by delete and
//! recreate; compressed ones read once, when they are first seen.
//!
//! A file is known by its inode and by a hash of its first bytes, never by its name. What was read is noted in a file of
//! places, after the spool has answered: so after a crash some lines come again, with the same ids, and none is
//! missed. A new file is noted *before* its first line is handed in, so that its ids do not depend on how much it had
//! grown by then.
//!
//! Files are looked at by the clock, a few times a second: what the system tells of changes (inotify) can be late,
//! lost or not there at all (network file systems), so it could only ever be a hint.

mod compressed;
mod cut;
mod followed;
mod places;
mod register;
mod worker;

pub use register::{NewLines, Register, Standing, Was};

use crate::LINE_BYTES_MAX;
use crate::inlet::{Inlet, Receiver, spawn};
use glob::Pattern;
use model::TenantId;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use worker::Worker;

/// Files of which fewer bytes were read are never taken for copies of each other: many begin alike.
const COPY_BYTES_MIN: u64 = 256;

/// Where to begin in a file that is seen for the first time when following begins. Files that appear later are
/// always read from their beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Begin {
    /// At its beginning: the past says what is usual.
    #[default]
    Beginning,
    /// At its end.
    End,
}

/// What to follow, and for whom.
#[derive(Debug, Clone)]
pub struct FollowConfig {
    /// The source's name.
    pub name: String,
    /// Patterns of paths: `*`, `?`, `[ab]`, and `**` for folders of any depth.
    pub include: Vec<String>,
    /// Patterns of paths that are left out.
    pub exclude: Vec<String>,
    /// Where it is noted how far each file was read.
    pub places: PathBuf,
    /// Where to begin.
    pub begin: Begin,
    /// The client whose records these are.
    pub tenant: TenantId,
    /// Bytes of a line that are kept.
    pub line_bytes_max: usize,
    /// Files that are followed at a time; more are left out, and counted.
    pub files_max: usize,
    /// Files are looked at so often.
    pub look_every: Duration,
    /// Patterns are matched so often: new files are noticed within this time.
    pub match_every: Duration,
}

impl FollowConfig {
    /// The usual limits.
    pub fn new(
        name: impl Into<String>,
        include: impl IntoIterator<Item = String>,
        places: PathBuf,
        tenant: TenantId,
    ) -> FollowConfig {
        FollowConfig {
            name: name.into(),
            include: include.into_iter().collect(),
            exclude: Vec::new(),
            places,
            begin: Begin::Beginning,
            tenant,
            line_bytes_max: LINE_BYTES_MAX,
            files_max: 1_000,
            look_every: Duration::from_millis(200),
            match_every: Duration::from_millis(500),
        }
    }
}

/// Why files cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// A pattern is none.
    #[error("cannot follow {pattern}: {why}; write a path with *, ?, [ab] or **")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// There is no pattern.
    #[error("cannot follow files: no pattern is given; name a path, such as /var/log/*.log")]
    Nothing,
    /// The system refused.
    #[error("cannot note places in {}: {}", path.display(), crate::error::explain(source))]
    Places {
        /// The file of places.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Whether there are patterns, and all of them are some.
///
/// # Errors
/// If not.
pub fn check(config: &FollowConfig) -> Result<(), FollowError> {
    if config.include.is_empty() {
        return Err(FollowError::Nothing);
    }
    for pattern in config.include.iter().chain(&config.exclude) {
        Pattern::new(pattern)
            .map_err(|error| FollowError::Pattern { pattern: pattern.clone(), why: error.msg })?;
    }
    Ok(())
}

/// Starts following.
///
/// # Errors
/// If a pattern is none, or the places cannot be read or written.
pub fn start(config: FollowConfig, inlet: &Inlet) -> Result<Receiver, FollowError> {
    check(&config)?;
    let path = config.places.clone();
    let inlet = inlet.of_receiver();
    let error = |source| FollowError::Places { path, source };
    let mut worker = match Worker::new(config, inlet.clone()) {
        Ok(worker) => worker,
        Err(source) => return Err(error(source)),
    };
    spawn(inlet, None, move |_| worker.run()).map_err(error)
}
