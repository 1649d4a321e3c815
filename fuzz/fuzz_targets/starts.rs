//! Any bytes, as lines of process starts and as a saved outlier model: a start or an error, a model or an
//! error; what is one can be judged. `cargo +nightly fuzz run starts`

#![no_main]

use engine::host::anomaly::fusion::Fusion;
use engine::host::anomaly::outlier::{OutlierModel, Scaled};
use engine::host::anomaly::process::ProcessStart;
use engine::host::anomaly::rules::RuleSet;
use engine::host::anomaly::watch::Watch;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(model) = OutlierModel::load(data) {
        let row = vec![f64::MAX; model.names().len()];
        let _ = model.causes(&row, &mut Scaled::default());
    }
    let text = String::from_utf8_lossy(data);
    let mut watch = Watch::new(RuleSet::default(), None, Fusion::Calibrated, 2_000.0);
    for line in text.lines() {
        if let Ok(start) = ProcessStart::from_json(line) {
            let alert = watch.judge(&start).alert;
            assert!((0.0..=1.0).contains(&alert.score));
        }
    }
});
