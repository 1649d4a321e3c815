//! Which spool a folder holds: as its segments say, as a small file beside them says, or as the state knows. So no single
//! damaged head makes it another one, and neither does the loss of all segments.

use super::SpoolError;
use super::header::{Epoch, tag};
use super::recover::gone;
use super::segment::first_of;
use super::walk::{Step, Walk, Window, segment_head};
use crate::disk::{Disk, read_full, write_whole};
use model::Seq;
use std::io;

/// The file: the epoch in 32 hexadecimal digits, a space, and the CRC32C of these digits in 8.
const FILE: &str = "epoch";
/// Its length, with the end of the line.
const BYTES: usize = 32 + 1 + 8 + 1;

/// The spool that stands in a folder. Heads of segments are believed first; where none can be read, the file `epoch` or
/// the name `known` elsewhere, unless the tag of a block shows that it is neither. `None`: nobody can say.
///
/// # Errors
/// If the disk cannot be read.
pub fn epoch_of(disk: &dyn Disk, known: Option<Epoch>) -> Result<Option<Epoch>, SpoolError> {
    find(disk, known)
        .map_err(|source| SpoolError::Io { what: "see which spool the folder holds", source })
}

fn find(disk: &dyn Disk, known: Option<Epoch>) -> io::Result<Option<Epoch>> {
    let listed = disk.list()?.into_iter();
    let segments = listed.filter_map(|file| Some((first_of(&file.name)?, file.name)));
    let segments: Vec<(Seq, String)> = segments.collect();
    for (first, name) in &segments {
        let Some(file) = gone(disk.open(name))? else { continue };
        if let Some(head) = segment_head(&*file)?.filter(|head| head.first == *first) {
            return Ok(Some(head.epoch));
        }
    }
    let noted = read(disk)?;
    let mut window = Window::default();
    for (first, name) in &segments {
        let Some(file) = gone(disk.open(name))? else { continue };
        window.clear();
        let mut walk = Walk::new(&*file, None, 0, file.size()?, &mut window);
        loop {
            match walk.step()? {
                Step::Block { head, .. } => {
                    let is_this = |epoch: &Epoch| tag(*epoch, *first) == head.tag;
                    return Ok(noted.filter(is_this).or(known.filter(is_this)));
                }
                Step::Bad(_) => {}
                Step::End => break,
            }
        }
    }
    // There is no record that could be of another one.
    Ok(noted.or(known))
}

/// What the file says, if it is whole.
fn read(disk: &dyn Disk) -> io::Result<Option<Epoch>> {
    let Some(file) = gone(disk.open(FILE))? else { return Ok(None) };
    let mut bytes = [0; BYTES + 1];
    let size = read_full(&*file, &mut bytes, 0)?;
    Ok(std::str::from_utf8(&bytes[..size]).ok().and_then(parse))
}

fn parse(text: &str) -> Option<Epoch> {
    let (digits, crc) = text.strip_suffix('\n')?.split_once(' ')?;
    let is_whole = digits.len() == 32
        && u32::from_str_radix(crc, 16).ok()? == crc32c::crc32c(digits.as_bytes());
    let number = u128::from_str_radix(digits, 16).ok()?;
    is_whole.then_some(Epoch(number.to_be_bytes()))
}

/// Writes the file, unless it says so already.
pub(super) fn note(disk: &dyn Disk, epoch: Epoch) -> io::Result<()> {
    if read(disk)? == Some(epoch) {
        return Ok(());
    }
    let digits = epoch.to_string();
    let line = format!("{digits} {:08x}\n", crc32c::crc32c(digits.as_bytes()));
    write_whole(disk, FILE, line.as_bytes())
}
