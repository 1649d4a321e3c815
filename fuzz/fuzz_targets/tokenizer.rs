//! Any bytes → a skeleton: no panic, holes in order and inside the body, scratch without memory, and
//! a table that agrees with the key.
#![no_main]

use engine::signature::{Library, LibraryConfig, Skeleton, fingerprint, signature};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut scratch = Skeleton::default();
    let mut library = Library::new(LibraryConfig::default());
    for body in text.split('\n') {
        fingerprint("s", body, &mut scratch);
        let mut fresh = Skeleton::default();
        fingerprint("s", body, &mut fresh);
        assert_eq!(scratch.key(), fresh.key());
        let mut last = 0;
        for hole in scratch.holes() {
            assert!(last <= hole.start && hole.start <= hole.end);
            assert!(body.get(hole.start as usize..hole.end as usize).is_some());
            last = hole.end;
        }
        let first = library.assign("s", body, &scratch);
        let again = library.assign("s", body, &scratch);
        assert_eq!(first.index, again.index);
        assert!(!again.is_new);
        assert_eq!(signature("s", body).template, scratch.template(body));
    }
});
