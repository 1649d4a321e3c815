//! How a host speaks: the longest pause of each of the last days, so that a silence can be told from a
//! pause; in 48 bytes a host.

use super::cell::StoryIndex;
use super::mark::Secs;
use crate::config::Discover;
use model::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// Days remembered: the latest and seven before.
const DAYS: usize = 8;
/// A whole tenant that is quiet for so long is not heard: a day with so long a pause of all says more of
/// our intake than of them.
const UNHEARD: Span = Span::from_secs(15 * 60);

/// Days since 1970.
pub fn day_of(at: Timestamp) -> u16 {
    at.as_secs().div_euclid(86_400).clamp(0, i64::from(u16::MAX)) as u16
}

/// When the stream of a tenant was last taken up again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Hearing {
    /// Since then something was heard all the time.
    pub since: Timestamp,
    last: Timestamp,
}

impl Hearing {
    /// Something was heard.
    pub fn hear(&mut self, at: Timestamp) {
        if at - self.last > UNHEARD {
            self.since = at;
        }
        self.last = self.last.max(at);
    }
}

/// The pauses of one host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Voice {
    /// The latest day on which it spoke.
    day: u16,
    /// On which of the days it spoke, the latest in the lowest bit.
    spoke: u8,
    /// The longest pause, in seconds, that ended on each day, the latest first.
    longest: [u32; DAYS],
    /// When it last spoke again after it had been overdue.
    pub back: Secs,
    /// The candidate that tells of its silence.
    pub silent: Option<StoryIndex>,
}

impl Voice {
    /// The host speaks. `quiet_since` is its last event, or when its tenant was heard again after that.
    pub fn speak(&mut self, quiet_since: Timestamp, at: Timestamp, asked: &Discover) {
        let day = day_of(at);
        if self.spoke == 0 {
            self.day = day;
        } else if at - quiet_since > self.patience(asked) {
            self.back = Secs::of(at);
        }
        if day > self.day {
            let days = usize::from(day - self.day).min(DAYS);
            self.longest.rotate_right(days);
            self.longest[..days].fill(0);
            self.spoke = self.spoke.checked_shl(days as u32).unwrap_or(0);
            self.day = day;
        }
        self.spoke |= 1;
        let pause = (at - quiet_since).max(Span::ZERO).as_secs_f64() as u32;
        self.longest[0] = self.longest[0].max(pause);
    }

    /// The longest pause of the latest days.
    pub fn longest(&self) -> Span {
        Span::from_secs(self.longest.iter().copied().max().unwrap_or(0).into())
    }

    /// How long it may be quiet.
    pub fn patience(&self, asked: &Discover) -> Span {
        self.longest().scaled(asked.host_silence_pauses).max(asked.host_silence_min)
    }

    /// How many days before the latest are remembered of a host that is known since then, if it spoke
    /// on each of them.
    pub fn daily(&self, since: Timestamp) -> Option<u32> {
        let days = u32::from(self.day.saturating_sub(day_of(since))).min(DAYS as u32 - 1);
        let all = (1_u16 << (days + 1)) - 1;
        (u16::from(self.spoke) & all == all).then_some(days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_and_days_are_remembered_for_a_week() {
        let asked = Discover::default();
        let at = |hours: i64| Timestamp::from_secs(1_772_409_600 + hours * 3_600);
        let mut voice = Voice::default();
        voice.speak(at(0), at(0), &asked);
        for hour in 1..96 {
            voice.speak(at(hour - 1), at(hour), &asked);
        }
        assert_eq!((voice.longest(), voice.daily(at(0))), (Span::HOUR, Some(3)));
        assert_eq!(voice.patience(&asked), Span::HOUR.times(3));
        // Two days later it is back; a day without a word lies between.
        voice.speak(at(95), at(143), &asked);
        assert_eq!((voice.longest(), voice.daily(at(0))), (Span::HOUR.times(48), None));
        assert_eq!(voice.back, Secs::of(at(143)));
        for hour in 144..143 + 24 * 9 {
            voice.speak(at(hour - 1), at(hour), &asked);
        }
        assert_eq!((voice.longest(), voice.daily(at(0))), (Span::HOUR, Some(7)));
    }

    #[test]
    fn a_pause_of_all_is_no_pause_of_each() {
        let mut hearing = Hearing::default();
        let at = |minutes: i64| Timestamp::from_secs(1_772_409_600 + minutes * 60);
        for minute in [0, 5, 90, 95] {
            hearing.hear(at(minute));
        }
        assert_eq!(hearing.since, at(90));
    }
}
