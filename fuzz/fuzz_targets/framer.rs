//! Any bytes as a stream of syslog, in any pieces: the same frames as in one, nothing kept beyond the limit, no byte
//! that is of a message lost without being counted. And as the journal's export format, in any pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sources::journald::Export;
use sources::syslog::{Cut, Framed, Framer};

type Frames = (Vec<(Vec<u8>, u64, Option<Cut>, u64)>, Framed);

fn frames(stream: &[u8], bytes_max: usize, size: usize) -> Frames {
    let mut framer = Framer::new(bytes_max);
    let mut kept = Vec::new();
    let mut keep = |frame: sources::syslog::Frame<'_>| {
        assert!(frame.bytes.len() <= bytes_max);
        kept.push((frame.bytes.to_vec(), frame.length, frame.cut, frame.errors));
    };
    stream.chunks(size).for_each(|piece| framer.push(piece, &mut keep));
    framer.finish(&mut keep);
    let framed = *framer.framed();
    (kept, framed)
}

fn entries(stream: &[u8], bytes_max: usize, size: usize) -> Vec<(Vec<u8>, Vec<u8>, bool)> {
    let mut export = Export::new(bytes_max);
    let mut kept = Vec::new();
    for piece in stream.chunks(size) {
        export.push(piece, &mut |entry| {
            assert!(entry.bytes.len() <= bytes_max);
            kept.push((entry.bytes.to_vec(), entry.cursor.to_vec(), entry.is_truncated));
        });
    }
    kept
}

fuzz_target!(|input: &[u8]| {
    let [bytes_max, size, stream @ ..] = input else { return };
    let (bytes_max, size) = (usize::from(*bytes_max) + 1, usize::from(*size) + 1);
    let whole = frames(stream, bytes_max, stream.len().max(1));
    assert_eq!(frames(stream, bytes_max, size), whole);
    let (kept, framed) = whole;
    // Ends, blanks and digits may be of a frame; everything else is of a message.
    let of_messages = |bytes: &[u8]| {
        bytes.iter().filter(|b| !matches!(b, b'\n' | b'\r' | 0 | b' ' | b'0'..=b'9')).count() as u64
    };
    let found: u64 = kept.iter().map(|(bytes, ..)| of_messages(bytes)).sum();
    assert!(found + framed.bytes_cut >= of_messages(stream));
    assert_eq!(entries(stream, bytes_max, size), entries(stream, bytes_max, stream.len().max(1)));
});
