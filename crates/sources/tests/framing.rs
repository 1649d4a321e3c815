//! Streams → frames, by table and by chance.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

use proptest::prelude::*;
use sources::syslog::{Cut, Framed, Framer, datagram};

type Kept = (Vec<u8>, u64, Option<Cut>);

/// The frames of a stream that arrives in pieces of these sizes, by turns.
fn frames(stream: &[u8], bytes_max: usize, sizes: &[usize]) -> (Vec<Kept>, Framed) {
    let mut framer = Framer::new(bytes_max);
    let mut kept = Vec::new();
    let mut keep = |frame: sources::syslog::Frame<'_>| {
        assert!(frame.bytes.len() <= bytes_max);
        kept.push((frame.bytes.to_vec(), frame.length, frame.cut));
    };
    let (mut rest, mut turn) = (stream, sizes.iter().cycle());
    while !rest.is_empty() {
        let size = (*turn.next().unwrap()).clamp(1, rest.len());
        framer.push(&rest[..size], &mut keep);
        rest = &rest[size..];
    }
    framer.finish(&mut keep);
    let framed = *framer.framed();
    (kept, framed)
}

fn texts(stream: &[u8]) -> (Vec<String>, u64) {
    let (kept, framed) = frames(stream, 20, &[usize::MAX]);
    for size in 1..8 {
        assert_eq!(frames(stream, 20, &[size]), (kept.clone(), framed), "in pieces of {size}");
    }
    let text = |(bytes, length, cut): Kept| {
        let text = String::from_utf8(bytes).unwrap();
        match cut {
            None => text,
            Some(cut) => format!("{text} [{cut:?} of {length}]"),
        }
    };
    (kept.into_iter().map(text).collect(), framed.errors())
}

#[test]
fn each_frame_decides_for_itself() {
    let table: &[(&[u8], &[&str], u64)] = &[
        (b"5 <1>ab<2>line\n4 <3>c", &["<1>ab", "<2>line", "<3>c"], 0),
        (b"5 <1>ab\n\r\n\0 5 x\n", &["<1>ab", " 5 x"], 0),
        (b"7 <1>a\nb\n3 <2>", &["<1>a\nb\n", "<2>"], 0),
        (b"<1>a\r\n\r\n<2>b\n", &["<1>a", "<2>b"], 0),
        // NULs: an end before a message, else a part of the text.
        (b"<1>a\0<2>b\0", &["<1>a", "<2>b [Closed of 4]"], 1),
        (b"<1>a\0b\n", &["<1>a\0b"], 0),
        (b"<1>a\0\0<2>b\r\0\n", &["<1>a", "<2>b"], 0),
        // Lengths that are none.
        (b"0 <1>a\n<2>b\n", &["<1>a", "<2>b"], 1),
        (b"0 failed\n", &["0 failed"], 1),
        (b"04 <1>a\n", &["<1>a"], 1),
        (b"16777217 <1>a\n", &["<1>a"], 1),
        (b"99999999999999999999 <1>a\n", &["<1>a"], 1),
        (b"123456789012345678901 <1>a\n", &["12345678901234567890 [TooLong of 26]"], 0),
        (b"12x a\n", &["12x a"], 0),
        (b"12\n34\n", &["12", "34"], 0),
        // Longer than the limit of twenty.
        (
            b"25 1234567890123456789012345<1>b\n",
            &["12345678901234567890 [TooLong of 25]", "<1>b"],
            0,
        ),
        (b"<123456789012345678901\n<1>b\n", &["<1234567890123456789 [TooLong of 22]", "<1>b"], 0),
        (b"<1>45678901234567890\r\n<2>\n", &["<1>45678901234567890", "<2>"], 0),
        // Streams that end too soon.
        (b"9 <1>ab", &["<1>ab [Closed of 5]"], 1),
        (b"<1>ab", &["<1>ab [Closed of 5]"], 1),
        (b"31", &["31 [Closed of 2]"], 1),
        (b"31 ", &[], 1),
        (b"0 ", &["0  [Closed of 2]"], 1),
        // Nothing.
        (b"1 \n2 \r\n", &[], 0),
        (b"", &[], 0),
        (b"\n\n\0\r", &[], 0),
        (b"  \n", &["  "], 0),
    ];
    for (stream, expected, errors) in table {
        let shown = String::from_utf8_lossy(stream);
        assert_eq!(
            texts(stream),
            (expected.iter().map(|t| (*t).to_owned()).collect(), *errors),
            "{shown:?}"
        );
    }
}

#[test]
fn datagrams_are_kept_as_they_came() {
    let whole = datagram(b"<1>a\n", 5, 9).unwrap();
    assert_eq!((whole.bytes, whole.cut), (&b"<1>a\n"[..], None));
    let cut = datagram(b"<1>abc", 6, 4).unwrap();
    assert_eq!((cut.bytes, cut.length, cut.cut), (&b"<1>a"[..], 6, Some(Cut::TooLong)));
    // The system gave only the head of it.
    assert_eq!(datagram(b"<1>a", 9, 4).unwrap().cut, Some(Cut::TooLong));
    assert_eq!(datagram(b"\r\n\0", 3, 9), None);
    assert_eq!(datagram(b"", 0, 9), None);
    assert!(datagram(b" ", 1, 9).is_some());
}

/// Streams of what matters to framing.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\0".to_vec()),
        Just(b"<".to_vec()),
        Just(b" ".to_vec()),
        (0u32..40).prop_map(|n| format!("{n} ").into_bytes()),
        "[0-9]{1,22}".prop_map(String::into_bytes),
        "<1>[a-z]{0,30}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_cutting_gives_the_same_frames(
        stream in stream(),
        bytes_max in 1usize..40,
        sizes in proptest::collection::vec(1usize..12, 1..20),
    ) {
        let whole = frames(&stream, bytes_max, &[usize::MAX]);
        prop_assert_eq!(&frames(&stream, bytes_max, &sizes), &whole);
        // Each byte is kept, passed over and counted, or of the frame: an end, a length.
        let (kept, framed) = whole;
        let bytes: u64 = kept.iter().map(|(bytes, ..)| bytes.len() as u64).sum();
        prop_assert!(bytes + framed.bytes_cut <= stream.len() as u64);
        let of_frames = |b: &&u8| matches!(**b, b'\n' | b'\r' | 0 | b' ') || b.is_ascii_digit();
        let all = stream.iter().filter(|b| !of_frames(b)).count();
        let found = kept.iter().flat_map(|(bytes, ..)| bytes).filter(|b| !of_frames(b)).count();
        prop_assert!((found as u64) + framed.bytes_cut >= all as u64);
        prop_assert_eq!(framed.frames, kept.len() as u64);
    }
}
