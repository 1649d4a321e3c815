//! How much each caller may send: buckets that fill up again with time.

use super::super::problem::{Kind, Problem};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

/// A limit on what one caller may send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// So many a second in the long run.
    pub per_sec: f64,
    /// So many at once after a rest.
    pub burst: f64,
}

struct Bucket {
    left: f64,
    at: Instant,
}

/// One bucket a caller. Callers are those of the settings, so they are few.
pub(crate) struct Rates {
    rate: Option<Rate>,
    what: &'static str,
    buckets: Mutex<HashMap<String, Bucket>>,
}

impl Rates {
    pub(crate) fn new(rate: Option<Rate>, what: &'static str) -> Rates {
        Rates { rate, what, buckets: Mutex::default() }
    }

    /// Takes so many out of the caller's bucket. More than a whole bucket is let through when it is full, and owed.
    pub(crate) fn take(&self, caller: &str, count: usize, now: Instant) -> Result<(), Problem> {
        let Some(rate) = self.rate else {
            return Ok(());
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !buckets.contains_key(caller) {
            buckets.insert(caller.to_owned(), Bucket { left: rate.burst, at: now });
        }
        let Some(bucket) = buckets.get_mut(caller) else {
            return Ok(());
        };
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.left = (bucket.left + since * rate.per_sec).min(rate.burst);
        bucket.at = now;
        let needed = (count as f64).min(rate.burst);
        if bucket.left >= needed {
            bucket.left -= count as f64;
            return Ok(());
        }
        let wait_secs = ((needed - bucket.left) / rate.per_sec).ceil().clamp(1.0, 3_600.0);
        let detail = format!(
            "`{caller}` may send {} {} a second: slow down, or send in larger requests",
            rate.per_sec, self.what
        );
        Err(Problem::new(Kind::TooMany, detail).retry_after(wait_secs as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let rates = Rates::new(Some(Rate { per_sec: 10.0, burst: 20.0 }), "events");
        let start = Instant::now();
        assert!(rates.take("a", 20, start).is_ok());
        assert!(rates.take("a", 1, start).is_err());
        assert!(rates.take("b", 1, start).is_ok(), "each caller has a bucket");
        assert!(rates.take("a", 5, start + Duration::from_millis(500)).is_ok());
        assert!(rates.take("a", 1, start + Duration::from_millis(500)).is_err());
        // More than ever fits is let through once, and paid off.
        let later = start + Duration::from_secs(60);
        assert!(rates.take("a", 100, later).is_ok());
        assert!(rates.take("a", 1, later + Duration::from_secs(8)).is_err());
        assert!(rates.take("a", 1, later + Duration::from_secs(9)).is_ok());
    }

    #[test]
    fn without_a_rate_all_pass() {
        let rates = Rates::new(None, "events");
        assert!(rates.take("a", usize::MAX, Instant::now()).is_ok());
    }
}
