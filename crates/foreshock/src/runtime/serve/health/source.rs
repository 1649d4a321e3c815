//! What is known of one source: counts that outlive restarts, what is usual for it, its clock, and whether it is silent.

use super::super::heard::Heard;
use super::clock::{Clock, Reading};
use super::presence::{Buckets, Presence, Share};
use super::usual::{Quiet, Usual};
use model::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Minutes over which the rate of late is told.
const LATELY: usize = 5;
/// Silences and hours with losses that are remembered.
const REMEMBERED: usize = 26;
/// A source that has been silent for so long was taken away: it is expected no more.
const GONE: Span = Span::DAY.times(7);
/// Minutes of a pause that are learnt: a week. What fades does so over ten hours of each class.
const PAUSE_MINUTES_MAX: u32 = 7 * 24 * 60;
/// A name with fewer records is perhaps that of no machine: a slip, or garbage where a name should stand.
const KNOWN_RECORDS: u64 = 20;

/// A silence: since the first unheard minute, until it spoke again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Silence {
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Source {
    /// As people call it: a path, a name of the settings, a host.
    pub(super) label: String,
    pub(super) source_type: String,
    pub(super) transport: String,
    /// It comes by a network listener: what it says while nobody listens is lost. Files, journals and the like are read
    /// later, and who sends by HTTP waits for an answer.
    pub(super) is_wire: bool,
    pub(super) records: u64,
    pub(super) bytes: u64,
    pub(super) broken: u64,
    pub(super) gaps: u64,
    pub(super) lost: u64,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    clock: Clock,
    usual: Usual,
    quiet: Quiet,
    /// It was heard last then, as of the latest full minute.
    quiet_since: Timestamp,
    /// It has been silent for [`GONE`].
    pub(super) is_gone: bool,
    presence: Presence,
    /// Unheard minutes in a row: the first, and how many. They are learnt once it speaks again.
    pause: (i64, u32),
    /// Records and losses of the minute at hand.
    minute: (u64, u64),
    lately: VecDeque<u64>,
    pub(super) silences: VecDeque<Silence>,
    /// Hours since 1970, and records lost in them.
    pub(super) losses: VecDeque<(i64, u64)>,
}

impl Source {
    pub(super) fn new(label: &str, heard: &Heard, is_wire: bool, at: Timestamp) -> Source {
        Source {
            label: label.to_owned(),
            source_type: heard.origin.source_type.clone(),
            transport: heard.origin.transport.word().to_owned(),
            is_wire,
            records: 0,
            bytes: 0,
            broken: 0,
            gaps: 0,
            lost: 0,
            first: at,
            last: at,
            clock: Clock::default(),
            usual: Usual::default(),
            quiet: Quiet::default(),
            quiet_since: at,
            is_gone: false,
            presence: Presence::default(),
            pause: (0, 0),
            minute: (0, 0),
            lately: VecDeque::new(),
            silences: VecDeque::new(),
            losses: VecDeque::new(),
        }
    }

    /// Takes in what was heard.
    pub(super) fn hear(&mut self, heard: &Heard) {
        self.records += heard.records;
        self.bytes += heard.bytes;
        self.broken += heard.broken;
        self.gaps += heard.gaps;
        self.lost += heard.lost;
        self.minute.0 += heard.records;
        self.minute.1 += heard.lost;
        self.last = heard.last.map_or(self.last, |last| self.last.max(last));
        heard.delays.iter().for_each(|(slot, delay)| self.clock.hear(*slot, *delay));
    }

    /// The share of what it said in this minute that was lost before it reached us.
    pub(super) fn loss(&self) -> f32 {
        let (records, lost) = self.minute;
        match lost {
            0 => 0.0,
            lost => lost as f32 / (lost + records) as f32,
        }
    }

    /// A minute is over; `loss` is the share that was lost of whatever came this way.
    pub(super) fn close(&mut self, minute: i64, loss: f32) {
        let (records, lost) = std::mem::take(&mut self.minute);
        self.remember_loss(minute, lost);
        if self.lately.len() == LATELY {
            self.lately.pop_front();
        }
        self.lately.push_back(records);
        let chance = self.usual.chance(minute).unwrap_or(0.0);
        if records > 0 {
            let (first, minutes) = std::mem::take(&mut self.pause);
            if self.is_silent() {
                let (since, until) = (self.quiet_since, Timestamp::from_secs(minute * 60));
                remember(&mut self.silences, Silence { since, until });
            } else {
                // It was a pause like others.
                (first..first + i64::from(minutes)).for_each(|at| self.usual.learn(at, 0));
            }
            self.presence.settle(self.is_silent());
            self.presence.heard(minute, chance, loss);
            (self.quiet, self.quiet_since) = (Quiet::default(), self.last);
            self.is_gone = false;
            self.usual.learn(minute, records);
            return;
        }
        self.is_gone = Timestamp::from_secs(minute * 60) - self.quiet_since > GONE;
        if !self.is_gone {
            self.presence.unheard(minute, chance);
        }
        self.quiet.miss(chance);
        // Silence must not become what is usual: while it lasts nobody knows whether it is a pause, and who is young
        // would teach us quickly that it seldom speaks.
        if self.pause.1 == 0 {
            self.pause.0 = minute;
        }
        self.pause.1 = (self.pause.1 + 1).min(PAUSE_MINUTES_MAX);
    }

    fn remember_loss(&mut self, minute: i64, lost: u64) {
        let hour = minute.div_euclid(60);
        match self.losses.back_mut().filter(|(known, _)| *known == hour) {
            _ if lost == 0 => {}
            Some((_, sum)) => *sum += lost,
            None => remember(&mut self.losses, (hour, lost)),
        }
    }

    /// A minute in which the service did not run: what a wire said then is lost; the rest is read later.
    pub(super) fn unwatched(&mut self, minute: i64) {
        if self.is_wire && !self.is_silent() {
            let chance = self.usual.chance(minute).unwrap_or(0.0);
            self.presence.unwatched(minute, chance);
        }
    }

    /// The service did not run: what was heard until then makes no whole minute.
    pub(super) fn skip(&mut self) {
        self.minute = (0, 0);
        self.lately.clear();
    }

    fn is_silent(&self) -> bool {
        self.quiet.is_silence()
    }

    /// Since when it has been silent, if it is.
    pub(super) fn silent_since(&self) -> Option<Timestamp> {
        // What came since the last full minute has not been looked at.
        (self.is_silent() && self.minute.0 == 0).then_some(self.quiet_since)
    }

    /// Its share in the coverage since a minute.
    pub(super) fn share(&self, from: i64) -> Share {
        self.presence.share(from, self.silent_since().is_some())
    }

    /// Adds what became of its minutes, bucket by bucket.
    pub(super) fn add_to(&self, buckets: &mut Buckets) {
        self.presence.add_to(buckets, self.silent_since().is_some());
    }

    /// Records a second, of late.
    pub(super) fn rate(&self) -> f64 {
        let minutes = self.lately.len().max(1) as f64;
        self.lately.iter().sum::<u64>() as f64 / (60.0 * minutes)
    }

    /// Records a second, as a rule at this time.
    pub(super) fn usual_rate(&self, at: Timestamp) -> Option<f64> {
        self.usual.rate(minute_of(at))
    }

    /// Its clock and its way.
    pub(super) fn clock(&self) -> Reading {
        self.clock.read()
    }

    /// Whether it was ever more than a passer-by: heard in some minutes, or heard just now.
    pub(super) fn is_worth_keeping(&self, now: Timestamp) -> bool {
        let quiet_for = now - self.last;
        quiet_for < Span::HOUR || self.records >= KNOWN_RECORDS && quiet_for < GONE.times(2)
    }
}

/// The minute since 1970 of a time.
pub(super) fn minute_of(at: Timestamp) -> i64 {
    at.as_secs().div_euclid(60)
}

fn remember<T>(all: &mut VecDeque<T>, one: T) {
    if all.len() == REMEMBERED {
        all.pop_front();
    }
    all.push_back(one);
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Origin, SourceId, TenantId, Transport};
    use std::sync::Arc;

    const DAY: i64 = 1_440;
    /// Monday, 2 March 2026, 00:00.
    const MONDAY: i64 = 29_540_160;

    fn heard(records: u64, lost: u64, at: Timestamp) -> Heard {
        let origin = Arc::new(Origin {
            source_id: SourceId::new("udp"),
            tenant_id: TenantId::new("t"),
            source_type: "syslog".into(),
            source_name: "udp".into(),
            transport: Transport::Udp,
        });
        Heard { records, lost, last: Some(at), ..Heard::new(&origin, "fw") }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_secs((MONDAY + minute) * 60 + 30)
    }

    /// A source that speaks in each of these minutes.
    fn says(source: &mut Source, minutes: std::ops::Range<i64>, records: u64) {
        for minute in minutes {
            if records > 0 {
                source.hear(&heard(records, 0, at(minute)));
            }
            let loss = source.loss();
            source.close(MONDAY + minute, loss);
        }
    }

    fn source() -> Source {
        Source::new("fw", &heard(0, 0, at(0)), true, at(0))
    }

    #[test]
    fn a_silence_is_told_with_its_beginning_and_its_end() {
        let mut source = source();
        says(&mut source, 0..DAY, 120);
        assert_eq!((source.silent_since(), source.rate()), (None, 2.0));
        assert!((source.usual_rate(at(DAY)).unwrap() - 2.0).abs() < 0.01);
        says(&mut source, DAY..DAY + 60, 0);
        assert_eq!(source.silent_since(), Some(at(DAY - 1)), "since it was heard last");
        assert_eq!(source.rate(), 0.0);
        let percent = source.share(MONDAY + DAY).percent().unwrap();
        assert!(percent < 0.1, "{percent}: nothing of the last hour");
        let percent = source.share(MONDAY + 60).percent().unwrap();
        assert!((percent - 95.8).abs() < 0.3, "{percent}: 23 of 24 hours");
        says(&mut source, DAY + 60..DAY + 61, 120);
        assert_eq!(source.silent_since(), None);
        let until = Timestamp::from_secs((MONDAY + DAY + 60) * 60);
        assert_eq!(source.silences, [Silence { since: at(DAY - 1), until }]);
        assert!(source.share(MONDAY + 60).percent().unwrap() < 97.0, "what was missed stays so");
    }

    #[test]
    fn while_nothing_is_heard_the_usual_stays_and_who_is_young_does_not_teach_silence() {
        let mut source = source();
        says(&mut source, 0..12, 60);
        let usual = source.usual_rate(at(12)).unwrap();
        says(&mut source, 12..16, 0);
        assert_eq!(source.usual_rate(at(16)), Some(usual));
        says(&mut source, 16..30, 0);
        assert_eq!(source.silent_since(), Some(at(11)), "five minutes, and it would not");
        assert_eq!(source.usual_rate(at(30)), Some(usual));
        // Three minutes are no custom: nothing is known of it, however long it then says nothing.
        let mut source = self::source();
        says(&mut source, 0..3, 60);
        says(&mut source, 3..300, 0);
        assert_eq!((source.usual_rate(at(300)), source.silent_since()), (None, None));
        // What was a pause is learnt once it is over.
        says(&mut source, 300..301, 60);
        let heard_of = source.usual_rate(at(301)).unwrap();
        assert!(heard_of < 0.1, "{heard_of}: four minutes of three hundred");
    }

    #[test]
    fn losses_lower_the_share() {
        let mut source = source();
        says(&mut source, 0..120, 100);
        source.hear(&heard(100, 300, at(120)));
        assert_eq!(source.loss(), 0.75);
        source.close(MONDAY + 120, 0.75);
        let share = source.share(MONDAY + 120);
        assert!((share.percent().unwrap() - 25.0).abs() < 0.2, "{share:?}");
        assert_eq!((source.lost, source.losses.back().unwrap().1), (300, 300));
    }

    #[test]
    fn who_has_been_silent_for_a_week_is_expected_no_more() {
        let mut source = source();
        says(&mut source, 0..2 * DAY, 5);
        says(&mut source, 2 * DAY..10 * DAY, 0);
        assert!(source.silent_since().is_some(), "it says so all the same");
        assert_eq!(source.share(MONDAY + 9 * DAY + 600).percent(), None);
        assert!(source.is_worth_keeping(at(10 * DAY)) && !source.is_worth_keeping(at(17 * DAY)));
        let passer_by = Source::new("x", &heard(0, 0, at(0)), true, at(0));
        assert!(passer_by.is_worth_keeping(at(59)) && !passer_by.is_worth_keeping(at(60)));
    }

    #[test]
    fn nobody_listened() {
        let mut source = source();
        says(&mut source, 0..60, 5);
        source.skip();
        (60..90).for_each(|minute| source.unwatched(MONDAY + minute));
        says(&mut source, 90..100, 5);
        assert_eq!((source.silent_since(), source.silences.len()), (None, 0), "it was not silent");
        let percent = source.share(MONDAY + 20).percent().unwrap();
        assert!((percent - 62.5).abs() < 0.5, "{percent}: 50 of 80 minutes");
    }
}
