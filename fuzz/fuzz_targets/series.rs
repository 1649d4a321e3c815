//! Any numbers at any times, as a series, a gauge with a limit and a host of a stream: nothing panics, and
//! state that was written and read back goes on alike. `cargo +nightly fuzz run series`

#![no_main]

use engine::host::forecast::Forecaster;
use engine::host::gauges::Gauges;
use engine::host::series::Series;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (mut series, mut gauge) = (Series::new(), Forecaster::new(0.9));
    let (mut whole, mut cut) = (Gauges::default(), Gauges::default());
    for pair in data.chunks_exact(16) {
        let number = |at: usize| {
            let bytes = pair[at..at + 8].try_into().unwrap_or_default();
            f64::from_bits(u64::from_le_bytes(bytes))
        };
        let (secs, value) = (number(0), number(8));
        assert!(!series.observe(secs, value).surprise.is_nan());
        if let Ok(claim) = gauge.observe(secs, value) {
            assert!(0.0 < claim.lo && claim.lo <= claim.mid && claim.mid <= claim.hi);
        }
        if !(secs.is_finite() && value.is_finite()) {
            continue;
        }
        let (mut told, mut again) = (Vec::new(), Vec::new());
        let metric = if pair[0] & 1 == 0 { "memory.used_ratio" } else { "any" };
        whole.take("h", metric, (secs, value), 8, &mut told);
        cut.take("h", metric, (secs, value), 8, &mut again);
        assert_eq!(told, again);
        let bytes = postcard::to_stdvec(&cut).expect("a state has a binary form");
        cut = postcard::from_bytes(&bytes).expect("what was written can be read");
    }
});
