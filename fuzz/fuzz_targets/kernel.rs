//! Any bytes, as a kernel's log in two cuts: nothing panics, and the cut changes nothing.
//! `cargo +nightly fuzz run kernel`

#![no_main]

use engine::kernel::{Analyzer, Anonymiser, Pseudonyms};
use engine::normalize::Reference;
use libfuzzer_sys::fuzz_target;
use model::Timestamp;

fuzz_target!(|data: &[u8]| {
    let reference = Reference { now: Timestamp::from_secs(1_795_255_200), zone_offset_secs: 3_600 };
    let read = |size: usize| {
        let mut analyzer = Analyzer::new(reference);
        data.chunks(size).for_each(|piece| analyzer.push(piece));
        analyzer.finish()
    };
    let (mut whole, pieces) = (read(usize::MAX), read(3));
    assert_eq!(format!("{:?}", whole.reports), format!("{:?}", pieces.reports));
    Anonymiser::new(Pseudonyms::Numbered).anonymise(&mut whole);
});
