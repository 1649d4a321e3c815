//! How likely it is that an event is of a kind never seen before: of the events so far, the share whose
//! kind was seen only once (Good 1953). Two counters a tenant, and the pace of each host.

use model::Timestamp;
use serde::{Deserialize, Serialize};

/// Events and kinds seen once since learning ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Novel {
    events: u64,
    once: u64,
}

impl Novel {
    /// Counts `n` events of a kind that had `before` events, all of them since learning ended or not.
    pub fn count(&mut self, n: u32, before: u64, is_young: bool) {
        self.events += u64::from(n);
        if !is_young {
            return;
        }
        match before {
            0 if n == 1 => self.once += 1,
            1 => self.once = self.once.saturating_sub(1),
            _ => {}
        }
    }

    /// The chance that an event is of a new kind; one more of either counts, so that few events prove
    /// little.
    pub fn chance(&self) -> f64 {
        (self.once + 1) as f64 / (self.events + 1) as f64
    }
}

/// Events of this clock hour and the one before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    hour: u32,
    this: u32,
    before: u32,
}

impl Pace {
    /// Counts `n` events; a late one counts as of now.
    pub fn count(&mut self, n: u32, at: Timestamp) {
        let hour = at.as_secs().div_euclid(3_600).clamp(0, i64::from(u32::MAX)) as u32;
        if hour > self.hour {
            self.before = if hour == self.hour + 1 { self.this } else { 0 };
            (self.hour, self.this) = (hour, 0);
        }
        self.this = self.this.saturating_add(n);
    }

    /// Events of the last hour or two that it spoke in.
    pub fn events(&self) -> u32 {
        self.this.saturating_add(self.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_seen_once_are_counted() {
        let mut novel = Novel::default();
        // Three new kinds; one comes again and again; one old kind.
        for (n, before, young) in [(1, 0, true), (1, 0, true), (1, 1, true), (1, 2, true)] {
            novel.count(n, before, young);
        }
        (0..94).for_each(|before| novel.count(1, before + 50, false));
        novel.count(1, 0, true);
        assert_eq!(novel, Novel { events: 99, once: 2 });
        assert!((novel.chance() - 0.03).abs() < 1e-9);
        let at = |minutes: i64| Timestamp::from_secs(1_772_409_600 + minutes * 60);
        let mut pace = Pace::default();
        [0, 10, 70, 75].into_iter().for_each(|minute| pace.count(2, at(minute)));
        assert_eq!(pace.events(), 8);
        pace.count(1, at(300));
        assert_eq!(pace.events(), 1);
    }
}
