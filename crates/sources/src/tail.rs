//! The last line of a file, without reading the file: logs that leave out the year are dated from
//! their end, where the file's modification time belongs.

use crate::input::{Input, Kind};
use crate::stream::MAGIC_BYTES;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// Bytes of a file's end that are looked at.
const TAIL_BYTES: u64 = 64 * 1024;

/// The last line that is not blank of a plain file. `None` for pipes, for compressed files (their
/// end costs as much as the whole), for lines longer than 64 KiB, and where reading fails: it is
/// only a hint, and whoever reads the file itself will meet the same error.
pub fn last_line(input: &Input) -> Option<Vec<u8>> {
    if input.kind != Kind::File {
        return None;
    }
    let mut file = File::open(&input.path).ok()?;
    let mut head = [0; MAGIC_BYTES];
    let filled = file.read(&mut head).ok()?;
    if crate::Compression::of(&head[..filled]) != crate::Compression::None {
        return None;
    }
    let length = file.seek(SeekFrom::End(0)).ok()?;
    let from = length.saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut tail = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut tail).ok()?;
    let is_blank = |line: &[u8]| line.iter().all(|b| b.is_ascii_whitespace() || *b == 0);
    let lines: Vec<&[u8]> = tail.split(|b| *b == b'\n').collect();
    let index = lines.iter().rposition(|line| !is_blank(line))?;
    // The first piece may be the rest of a line that began before the tail.
    (from == 0 || index > 0).then(|| lines[index].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn the_last_line_is_found_behind_blanks_and_not_in_a_cut_line() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| -> Input {
            let path: PathBuf = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            Input { path, kind: Kind::File, bytes: bytes.len() as u64 }
        };
        assert_eq!(last_line(&write("a", b"one\ntwo\n\n")), Some(b"two".to_vec()));
        assert_eq!(last_line(&write("b", b"")), None);
        let long = vec![b'x'; 70_000];
        assert_eq!(last_line(&write("c", &long)), None);
        assert_eq!(last_line(&write("d", b"\x1f\x8b\x08rest")), None);
        assert_eq!(last_line(&write("e", b"BZh91AY&SYrest")), None);
        assert_eq!(last_line(&Input::stdin()), None);
    }
}
