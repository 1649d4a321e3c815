//! Bytes of every kind → lines with their places, in bounded memory.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

use proptest::prelude::*;
use sources::{Batch, Compression, Input, Kind, LINE_BYTES_MAX, LineReader, More, ReadError};
use std::fs;
use std::io::Write;
use std::path::Path;

/// A line as a test looks at it: bytes, line, offset, truncated.
type Seen = (Vec<u8>, u64, u64, bool);

fn input(path: &Path) -> Input {
    let bytes = fs::metadata(path).map(|m| m.len()).unwrap_or_default();
    let kind = Kind::File;
    Input { path: path.to_owned(), kind, bytes }
}

/// Everything that a reader gives, and how it ended.
fn drain(mut reader: LineReader) -> (Vec<Seen>, u64, Result<(), ReadError>) {
    let (mut lines, mut bytes, mut batch) = (Vec::new(), 0, Batch::default());
    loop {
        let more = reader.next_batch(&mut batch);
        for line in batch.lines() {
            lines.push((line.bytes.to_vec(), line.place.line, line.offset, line.truncated));
        }
        bytes += batch.bytes_used;
        match more {
            Ok(More::Read | More::Waiting) => {}
            Ok(More::End) => return (lines, bytes, Ok(())),
            Err(error) => return (lines, bytes, Err(error)),
        }
    }
}

fn read(bytes: &[u8]) -> (Vec<Seen>, u64, Result<(), ReadError>) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    drain(LineReader::open(&input(file.path()), 0).unwrap())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// Many lines, each different, `bytes` bytes or a little more.
fn many_lines(bytes: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for n in 0.. {
        if text.len() >= bytes {
            break;
        }
        writeln!(text, "line {n} of {:x}", n * 7_919).unwrap();
    }
    text
}

#[test]
fn lines_have_numbers_and_offsets() {
    let (lines, bytes, end) = read(b"one\r\n\ntwo\rand\n last");
    let expected: Vec<Seen> = vec![
        (b"one".into(), 1, 0, false),
        (b"".into(), 2, 5, false),
        (b"two\rand".into(), 3, 6, false),
        (b" last".into(), 4, 14, false),
    ];
    assert_eq!((lines, bytes), (expected, 19));
    assert!(end.is_ok());
    assert_eq!(read(b"").0, []);
    assert_eq!(read(b"\n").0, [(vec![], 1, 0, false)]);
}

#[test]
fn every_compression_gives_the_same_lines() {
    let text = many_lines(700_000);
    let (first, second) = text.split_at(300_001);
    let plain = read(&text);
    for (name, pack) in
        [("gz", gzip as fn(&[u8]) -> Vec<u8>), ("bz2", bzip2), ("xz", xz), ("zst", zst)]
    {
        let mut joined = pack(first);
        assert_eq!(Compression::of(&joined).word(), name);
        joined.extend(pack(second));
        let (lines, bytes, end) = read(&joined);
        assert!(end.is_ok(), "{name}: {end:?}");
        assert_eq!((lines.len(), bytes), (plain.0.len(), plain.1), "{name}");
        assert!(lines == plain.0, "{name}");
    }
}

#[test]
fn damaged_files_give_what_stands_before_and_then_an_error() {
    let text = many_lines(3_000_000);
    for pack in [gzip as fn(&[u8]) -> Vec<u8>, bzip2, xz, zst] {
        let packed = pack(&text);
        let (lines, bytes, end) = read(&packed[..packed.len() * 3 / 4]);
        let error = end.unwrap_err().to_string();
        assert!(error.contains("cannot be unpacked after"), "{error}");
        assert!(error.contains(&format!("after {} lines", lines.len())), "{error}");
        assert!(!lines.is_empty() && bytes > 0, "{error}");
        let whole = read(&text).0;
        let (last, before) = lines.split_last().unwrap();
        assert!(before == &whole[..before.len()], "{error}");
        assert!(whole[before.len()].0.starts_with(&last.0), "{error}");
    }
    let garbage = read(b"\x1f\x8b\x08garbage that is no gzip at all, whatever its magic says");
    assert!(matches!(garbage.2, Err(ReadError::Damaged { lines: 0, .. })));
}

#[test]
fn a_line_without_end_keeps_its_head_in_constant_memory() {
    let mut bomb = vec![b'x'; 3 * LINE_BYTES_MAX];
    bomb.extend(b"\nnext\n");
    let (lines, bytes, end) = read(&gzip(&bomb));
    assert!(end.is_ok());
    assert_eq!(lines.len(), 2);
    assert_eq!((lines[0].0.len(), lines[0].3), (LINE_BYTES_MAX, true));
    assert_eq!(lines[1], (b"next".into(), 2, bomb.len() as u64 - 5, false));
    assert_eq!(bytes, bomb.len() as u64);
}

/// A sparse file that holds no line end: what a log emptied under its writer looks like.
#[cfg(unix)]
#[test]
fn a_hole_of_zeros_stream_through() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(600_000_000).unwrap();
    let mut reader = LineReader::open(&input(file.path()), 0).unwrap();
    let (mut batch, mut lines, mut bytes) = (Batch::default(), 0, 0);
    while reader.next_batch(&mut batch).unwrap() != More::End {
        lines += batch.len();
        bytes += batch.bytes_used;
    }
    assert_eq!((lines, bytes), (1, 600_000_000));
    assert_eq!(reader.cut_bytes(), 600_000_000 - LINE_BYTES_MAX as u64);
    assert_eq!(reader.disk_bytes(), 600_000_000);
}

#[test]
fn a_parked_file_goes_on_where_it_stood_and_notices_a_stranger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let text = many_lines(1_000_000);
    for packed in [text.clone(), gzip(&text)] {
        fs::write(&path, &packed).unwrap();
        let mut reader = LineReader::open(&input(&path), 0).unwrap();
        let (mut batch, mut lines) = (Batch::default(), 0);
        while reader.next_batch(&mut batch).unwrap() != More::End {
            lines += batch.len();
            reader.park();
        }
        assert_eq!(lines, read(&text).0.len());
    }
    fs::write(&path, &text).unwrap();
    let mut reader = LineReader::open(&input(&path), 0).unwrap();
    let mut batch = Batch::default();
    reader.next_batch(&mut batch).unwrap();
    reader.park();
    fs::write(folder.path().join("b.log"), &text).unwrap();
    fs::rename(folder.path().join("b.log"), &path).unwrap();
    // What is left in memory still counts; then the error is told.
    let (_, _, end) = drain(reader);
    assert!(matches!(end, Err(ReadError::Replaced { .. })), "{end:?}");
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_read_as_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    for packed in [b"one\ntwo".to_vec(), gzip(b"one\ntwo")] {
        let pipe = Input { path: path.clone(), kind: Kind::Pipe, bytes: 0 };
        let mut reader = LineReader::open(&pipe, 3).unwrap();
        let mut batch = Batch::default();
        assert_eq!(reader.next_batch(&mut batch).unwrap(), More::Waiting);
        let to = path.clone();
        let writer = std::thread::spawn(move || fs::write(to, packed).unwrap());
        let (lines, _, end) = drain(reader);
        writer.join().unwrap();
        assert!(end.is_ok());
        assert_eq!(lines, [(b"one".into(), 1, 0, false), (b"two".into(), 2, 4, false)]);
    }
}

/// What the reader must do, said simply.
fn model(bytes: &[u8], max: usize) -> Vec<Seen> {
    let mut seen: Vec<Seen> = Vec::new();
    let mut offset = 0;
    for part in bytes.split_inclusive(|b| *b == b'\n') {
        let line = part.strip_suffix(b"\n").unwrap_or(part);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let kept = &line[..line.len().min(max)];
        seen.push((kept.to_vec(), seen.len() as u64 + 1, offset, line.len() > max));
        offset += part.len() as u64;
    }
    seen
}

proptest! {
    /// Compressed data with some bytes changed or missing: an end or an error, never a panic, and
    /// no more memory than a limit allows.
    #[test]
    fn hostile_compressed_files_end(
        which in 0usize..4,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        is_cut: bool,
    ) {
        let pack = [gzip as fn(&[u8]) -> Vec<u8>, bzip2, xz, zst][which];
        let mut packed = pack(&many_lines(2_000));
        for (at, byte) in changes {
            let at = at.index(packed.len());
            packed[at] = byte;
        }
        if is_cut {
            packed.truncate(cut.index(packed.len()));
        }
        let (lines, bytes, end) = read(&packed);
        prop_assert!(lines.len() as u64 <= bytes);
        if let Err(error) = end {
            prop_assert!(error.to_string().contains("cannot read"));
        }
    }

    #[test]
    fn any_chunking_gives_the_same_lines(
        bytes in proptest::collection::vec(prop_oneof![3 => Just(b'\n'), 1 => Just(b'\r'), 9 => any::<u8>()], 0..400),
        batch_bytes in 1usize..50,
        max in 1usize..30,
    ) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        let reader = LineReader::open(&input(file.path()), 0).unwrap();
        let reader = reader.with_line_bytes_max(max).with_batch_bytes(batch_bytes);
        let (lines, used, end) = drain(reader);
        prop_assume!(Compression::of(&bytes) == Compression::None);
        prop_assert!(end.is_ok());
        prop_assert_eq!(lines, model(&bytes, max));
        prop_assert_eq!(used, bytes.len() as u64);
    }
}

/// More inputs in turns than a process may have open files; nobody has to park them.
#[cfg(target_os = "linux")]
#[test]
fn many_readers_hold_few_descriptors() {
    let folder = tempfile::tempdir().unwrap();
    let text = many_lines(600_000);
    let packed = gzip(&text);
    let mut readers = Vec::new();
    for n in 0..200 {
        let path = folder.path().join(n.to_string());
        fs::write(&path, if n % 2 == 0 { &text } else { &packed }).unwrap();
        readers.push(LineReader::open(&input(&path), n).unwrap());
    }
    let (mut batch, mut lines) = (Batch::default(), 0);
    while !readers.is_empty() {
        readers.retain_mut(|reader| {
            let more = reader.next_batch(&mut batch).unwrap();
            lines += batch.len();
            more != More::End
        });
        let open = fs::read_dir("/proc/self/fd").unwrap().count();
        assert!(open < 100, "{open} files are open");
    }
    assert_eq!(lines, 200 * read(&text).0.len());
}
