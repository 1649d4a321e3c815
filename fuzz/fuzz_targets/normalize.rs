//! Any bytes, as lines of one source: every line gives an event or a counted refusal, nothing
//! panics, and the counts balance. `cargo +nightly fuzz run normalize`

#![no_main]

use engine::normalize::{Assembler, AssemblerConfig, Reference, normalize};
use libfuzzer_sys::fuzz_target;
use model::{Counts, Cursor, Envelope, Origin, Seq, SourceId, TenantId, Timestamp, Transport};

fuzz_target!(|data: &[u8]| {
    let reference = Reference { now: Timestamp::from_secs(1_795_255_200), zone_offset_secs: 3_600 };
    let _ = normalize(data, &reference);
    let origin = Origin {
        source_id: SourceId::new("fuzz"),
        tenant_id: TenantId::new("fuzz"),
        source_type: "file".into(),
        source_name: "fuzz.log".into(),
        transport: Transport::File,
    };
    // Small limits, so that a short input reaches them.
    let config = AssemblerConfig { join: true, lines_max: 5, bytes_max: 200 };
    let mut assembler = Assembler::new(config, reference);
    assembler.begins_with(data.split(|b| *b == b'\n').take(4));
    assembler.ends_with(data.rsplit(|b| *b == b'\n').next().unwrap_or_default());
    let mut counts = Counts::default();
    let mut lines = 0;
    for payload in data.split(|b| *b == b'\n') {
        lines += 1;
        let envelope = Envelope {
            seq: Seq(lines),
            origin: &origin,
            cursor: Cursor::Stream { offset: 0, line: lines },
            received_at: None,
            payload,
            truncated: false,
        };
        assembler.push(&envelope, &mut counts, &mut |event| assert!(event.occurrences > 0));
        assert!(counts.balances());
    }
    assembler.flush(&mut counts, &mut |event| assert!(event.lines > 0));
    assert!(counts.balances() && counts.lines == lines);
});
