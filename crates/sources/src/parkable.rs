//! A file that can be put down between two reads: it forgets its descriptor, remembers its place,
//! and opens itself again when it is read on. So thousands of files can be read in turns. It does
//! so by itself when many are open, because a process may hold only so many descriptors.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Files that are kept open between reads; what is read beyond that is closed after each read. Well
/// below the 256 descriptors that the strictest systems allow. Opening again costs some 10 µs per
/// chunk.
const OPEN_MAX: usize = 64;
/// Files of this process that are open here: the limit on descriptors is the process's as well.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// An open file, counted.
#[derive(Debug)]
struct Counted(File);

impl Counted {
    fn open(path: &Path) -> io::Result<Counted> {
        let file = File::open(path)?;
        OPEN.fetch_add(1, Ordering::Relaxed);
        Ok(Counted(file))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
pub(crate) struct Parkable {
    path: PathBuf,
    file: Option<Counted>,
    identity: Identity,
    /// Offset of the next byte to read.
    position: u64,
    /// Where reading stops: the length when it was opened. A log that grows while it is read, even
    /// by our own output, still comes to an end.
    end: u64,
}

impl Parkable {
    /// Opens the file; reading starts at `position`.
    pub(crate) fn open(path: &Path, position: u64) -> io::Result<Parkable> {
        let file = Counted::open(path)?;
        let metadata = file.0.metadata()?;
        Ok(Parkable {
            path: path.to_owned(),
            identity: Identity::of(&metadata),
            position,
            // Files that the kernel makes up (/proc) have length 0 and yet content.
            end: match metadata.len() {
                0 => u64::MAX,
                len => len,
            },
            file: Some(file).filter(|_| position == 0),
        })
    }

    /// Closes the file until the next read.
    pub(crate) fn park(&mut self) {
        self.file = None;
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Goes on at another offset.
    pub(crate) fn move_to(&mut self, position: u64) {
        if position != self.position {
            self.position = position;
            self.file = None;
        }
    }

    fn unpark(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            let mut file = Counted::open(&self.path)?;
            if Identity::of(&file.0.metadata()?) != self.identity {
                return Err(io::Error::new(io::ErrorKind::StaleNetworkFileHandle, REPLACED));
            }
            file.0.seek(SeekFrom::Start(self.position))?;
            self.file = Some(file);
        }
        self.file.as_mut().map(|file| &mut file.0).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Text of the error that a file gives when another one stands in its place.
const REPLACED: &str = "replaced while being read";

/// Whether an error means that another file stands in the place of the one that was being read.
pub(crate) fn is_replaced(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::StaleNetworkFileHandle && error.raw_os_error().is_none()
}

impl Read for Parkable {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        if wanted == 0 {
            return Ok(0);
        }
        let read = self.unpark()?.read(&mut buffer[..wanted])?;
        self.position += read as u64;
        if OPEN.load(Ordering::Relaxed) > OPEN_MAX {
            self.park();
        }
        Ok(read)
    }
}

/// What stays the same while a file is written to, renamed and opened again.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    #[cfg(unix)]
    device_and_inode: (u64, u64),
    #[cfg(not(unix))]
    created: Option<std::time::SystemTime>,
}

impl Identity {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Identity {
        use std::os::unix::fs::MetadataExt;
        Identity { device_and_inode: (metadata.dev(), metadata.ino()) }
    }

    #[cfg(not(unix))]
    fn of(metadata: &Metadata) -> Identity {
        Identity { created: metadata.created().ok() }
    }
}
