//! A rate and a time → how many messages may be sent now.

use std::time::{Duration, Instant};

/// Sleeping longer than this would send in lumps.
const SLEEP_MAX: Duration = Duration::from_millis(5);
/// Sleeping shorter costs more than it evens out.
const SLEEP_MIN: Duration = Duration::from_micros(200);

/// What one connection may send.
pub(crate) struct Pace {
    began: Instant,
    per_sec: Option<f64>,
    limit: Option<Duration>,
    given: f64,
}

impl Pace {
    pub(crate) fn new(per_sec: Option<f64>, limit: Option<Duration>) -> Pace {
        Pace { began: Instant::now(), per_sec, limit, given: 0.0 }
    }

    /// How many of the `wanted` ones may go now, at least one; waits for it. 0: the time is over.
    pub(crate) fn take(&mut self, wanted: u64) -> u64 {
        loop {
            let past = self.began.elapsed();
            if wanted == 0 || self.limit.is_some_and(|limit| past >= limit) {
                return 0;
            }
            let Some(per_sec) = self.per_sec else { return wanted };
            let due = past.as_secs_f64() * per_sec - self.given;
            if due >= 1.0 {
                let granted = (due as u64).min(wanted);
                self.given += granted as f64;
                return granted;
            }
            let wait = Duration::from_secs_f64((1.0 - due) / per_sec);
            std::thread::sleep(wait.clamp(SLEEP_MIN, SLEEP_MAX));
        }
    }
}
