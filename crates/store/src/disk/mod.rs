//! A folder as the store sees it: the few calls that durability hangs on, as a trait, so that tests can
//! let a disk lie, fill up, fail and lose power.
//!
//! [`Folder`] is a real one, [`sim::SimDisk`] one in memory whose unsynced writes can be lost.

mod folder;
pub mod sim;

pub use folder::Folder;

use std::io;
use std::sync::Arc;

/// A file's name and length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The name within the folder.
    pub name: String,
    /// Length in bytes.
    pub bytes: u64,
}

/// One flat folder of files.
pub trait Disk: Send + Sync {
    /// The files of the folder, by name.
    ///
    /// # Errors
    /// What the system says.
    fn list(&self) -> io::Result<Vec<Listed>>;

    /// Opens a file that is there.
    ///
    /// # Errors
    /// `NotFound` if it is not; else what the system says.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Makes a new, empty file.
    ///
    /// # Errors
    /// `AlreadyExists` if it is there; else what the system says.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Removes a file; who has it open reads on.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Gives a file another name, over a file that has it.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes names durable: a file that was made, renamed or removed stays so after a power cut.
    ///
    /// # Errors
    /// What the system says.
    fn sync_names(&self) -> io::Result<()>;

    /// Bytes that can still be written; `None` where nobody can say.
    ///
    /// # Errors
    /// What the system says.
    fn free(&self) -> io::Result<Option<u64>>;
}

/// One open file.
pub trait DiskFile: Send + Sync {
    /// Its length in bytes.
    ///
    /// # Errors
    /// What the system says.
    fn size(&self) -> io::Result<u64>;

    /// Reads up to `buffer.len()` bytes from `offset`; fewer at the end.
    ///
    /// # Errors
    /// What the system says.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all bytes at `offset`. After an error any part of them may have been written.
    ///
    /// # Errors
    /// What the system says; `StorageFull` if there is no room.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes what was written durable, the length included (`fdatasync`). After an error nothing is known
    /// of what was written since the last success, and asking again proves nothing: the system may
    /// have dropped the pages.
    ///
    /// # Errors
    /// What the system says.
    fn sync_data(&self) -> io::Result<()>;

    /// Cuts the file, or fills it with zeros, to a length.
    ///
    /// # Errors
    /// What the system says.
    fn set_size(&self, bytes: u64) -> io::Result<()>;
}

/// Reads as many bytes as there are, up to `buffer.len()`.
pub(crate) fn read_full(file: &dyn DiskFile, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(&mut buffer[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Whether an error says that there is no room.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

/// Writes a file that is there in whole or not at all, also after a power cut: under another name first,
/// synced, renamed, and the name synced.
pub(crate) fn write_whole(disk: &dyn Disk, name: &str, bytes: &[u8]) -> io::Result<()> {
    let part = format!("{name}.part");
    match disk.remove(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = disk.create(&part).and_then(|file| {
        file.write_all_at(bytes, 0)?;
        file.sync_data()
    });
    if let Err(error) = written.and_then(|()| disk.rename(&part, name)) {
        // What is left of it is of no use, and in the way only once more.
        let _ = disk.remove(&part);
        return Err(error);
    }
    disk.sync_names()
}
