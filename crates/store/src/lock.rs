//! One program writes to a state folder at a time: an advisory lock that the system lets go of when the
//! program ends, however it ends.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Held while it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the lock could not be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another program has it.
    #[error("another foreshock writes to {folder}: stop it first, or use another state folder")]
    Taken {
        /// The folder.
        folder: String,
    },
    /// The file system.
    #[error("could not lock {folder}: {source}")]
    Io {
        /// The folder.
        folder: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Whether a program has the lock of a folder. Only looks: the folder may be another user's.
///
/// # Errors
/// If that cannot be known: the lock is not to be read.
pub fn is_locked(folder: &Path) -> io::Result<bool> {
    let file = match File::open(folder.join("lock")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file?,
    };
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(false),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Locks a folder that is there.
///
/// # Errors
/// If another program holds the lock, or the file cannot be made.
pub fn lock(folder: &Path) -> Result<Lock, LockError> {
    let name = || folder.display().to_string();
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).open(folder.join("lock"));
    let file = file.map_err(|source| LockError::Io { folder: name(), source })?;
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Lock { _file: file }),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(LockError::Taken { folder: name() }),
        Err(error) => Err(LockError::Io { folder: name(), source: error.into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_only_looks_learns_whether_it_is_held_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let looked = || is_locked(folder.path()).unwrap();
        assert!(!looked() && !folder.path().join("lock").exists());
        let held = lock(folder.path()).unwrap();
        assert!(looked() && looked());
        assert!(matches!(lock(folder.path()), Err(LockError::Taken { .. })));
        drop(held);
        assert!(!looked() && lock(folder.path()).is_ok());
    }
}
