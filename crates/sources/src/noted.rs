//! Small files that say how far a source was read: written anew as a whole, and named when they are durable, so that a
//! crash leaves the old or the new one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Replaces a file by another content; durable when it returns.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    fs::rename(&new, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Whether such a file can be written there: better told at the start than with the first records.
pub(crate) fn try_out(path: &Path) -> io::Result<()> {
    let new = path.with_extension("new");
    File::create(&new)?;
    fs::remove_file(&new)
}
