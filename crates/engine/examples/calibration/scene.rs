//! A seed → a small tenant with rare bad messages, and with all that may seem to come before them:
//! timers, busy and rare messages, jobs, boots. Whether anything really does is the arm's choice; all
//! else is the same in every arm of one seed.

use crate::chance::Chance;
use crate::rhythm::{Beat, DAY, HOUR, MINUTE, Millis, Rhythm, Tide};
use crate::watch::Event;
use crate::words::{Message, Press, names};
use model::Severity;

/// How the targets' times are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arm {
    /// At random within their days, whatever else happens: no order is real.
    Shuffled,
    /// Both at the same hour of the day, each off it by chance: they come together, but which comes
    /// first is a coin each time. Harder than what is asked for, and as common as two nightly jobs.
    SameHour,
    /// One of the targets follows its companion after 40–240 s, always; the others are shuffled.
    Planted,
}

/// Hosts; each has one target, and a companion that could announce it.
const HOSTS: usize = 4;
/// Occasions of a target and of its companion: few, as a person would want to be told.
const OCCASIONS: (u32, u32) = (5, 8);
/// The delay that is planted.
const LAG_SECS: (f64, f64) = (40.0, 240.0);
/// Occasions of one message are at least so far apart, or they would be one.
const APART: Millis = HOUR;

/// A stream of one arm, and its targets' places among the messages.
pub(crate) struct Scene {
    pub(crate) messages: Vec<Message>,
    pub(crate) events: Vec<Event>,
    pub(crate) targets: Vec<usize>,
    /// Companion and target of what is planted.
    pub(crate) planted: Option<(usize, usize)>,
}

/// The stream of this seed and arm over so many days.
pub(crate) fn scene(seed: u64, arm: Arm, days: u32) -> Scene {
    let mut stage = Stage::new(seed, days);
    let planted_on = Chance::of(&[seed, 1]).whole(0, HOSTS as u32 - 1) as usize;
    let mut scene =
        Scene { messages: Vec::new(), events: Vec::new(), targets: Vec::new(), planted: None };
    for host in 0..HOSTS {
        let (companion, target) = stage.pair(host, arm, host == planted_on);
        scene.targets.push(target);
        if arm == Arm::Planted && host == planted_on {
            scene.planted = Some((companion, target));
        }
    }
    (0..2).for_each(|host| stage.boots(host, 5));
    (0..6).for_each(|_| stage.timer());
    (0..6).for_each(|_| stage.busy());
    (0..2).for_each(|_| stage.job());
    (0..8).for_each(|_| stage.rare());
    stage.events.sort_unstable();
    Scene { messages: stage.messages, events: stage.events, ..scene }
}

/// A scene in the making.
struct Stage {
    seed: u64,
    end: Millis,
    hosts: Vec<String>,
    services: Vec<String>,
    press: Press,
    messages: Vec<Message>,
    events: Vec<Event>,
}

impl Stage {
    fn new(seed: u64, days: u32) -> Stage {
        let mut chance = Chance::of(&[seed, 2]);
        Stage {
            seed,
            end: days * DAY,
            hosts: names(&mut chance, HOSTS),
            services: names(&mut chance, 6),
            press: Press::default(),
            messages: Vec::new(),
            events: Vec::new(),
        }
    }

    /// The generator of the next message: what one draws moves no other.
    fn chance(&self) -> Chance {
        Chance::of(&[self.seed, 3, self.messages.len() as u64])
    }

    fn message(&mut self, chance: &mut Chance, host: usize, severity: Severity) -> usize {
        let service = chance.pick(&self.services).clone();
        let message = self.press.message(chance, &self.hosts[host], &service, severity);
        self.messages.push(message);
        self.messages.len() - 1
    }

    fn add(&mut self, message: usize, times: impl IntoIterator<Item = Millis>) {
        let of = |at| Event { at, message: message as u32 };
        let end = self.end;
        self.events.extend(times.into_iter().filter(|at| *at < end).map(of));
    }

    /// A target and its companion, and their times.
    fn pair(&mut self, host: usize, arm: Arm, is_planted: bool) -> (usize, usize) {
        let mut chance = self.chance();
        let mild = *chance.pick(&[Severity::Info, Severity::Notice]);
        let companion = self.message(&mut chance, host, mild);
        let bad = *chance.pick(&[Severity::Error, Severity::Critical]);
        let target = self.message(&mut chance, host, bad);
        let count = chance.whole(OCCASIONS.0, OCCASIONS.1);
        let days = self.unusual_days(&mut chance);
        let leads = apart(&mut chance, days, count);
        let own = apart(&mut chance, days, count);
        let (leads, follows) = match arm {
            Arm::SameHour => self.same_hour(&mut chance, count),
            Arm::Planted if is_planted => {
                let lag =
                    |at: &Millis| at + (1_000.0 * chance.between(LAG_SECS.0, LAG_SECS.1)) as Millis;
                let follows = leads.iter().map(lag).collect();
                (leads, follows)
            }
            Arm::Shuffled | Arm::Planted => (leads, own),
        };
        self.add(companion, leads);
        self.add(target, follows);
        (companion, target)
    }

    /// The few days in which a target and its companion come, both unusual there: the first half of
    /// the stream is the past that they are unusual against.
    fn unusual_days(&self, chance: &mut Chance) -> (Millis, Millis) {
        let length = chance.between(1.5, 5.0) * f64::from(DAY);
        let (half, end) = (f64::from(self.end) / 2.0, f64::from(self.end));
        let from = chance.between(half, end - length);
        (from as Millis, (from + length) as Millis)
    }

    /// Two messages in the last nights, each within minutes of the same hour.
    fn same_hour(&self, chance: &mut Chance, count: u32) -> (Vec<Millis>, Vec<Millis>) {
        let hour = chance.between(1.0, 22.0) * f64::from(HOUR);
        let mut nightly = || {
            let nights = self.end / DAY - count..self.end / DAY;
            let off = |night| {
                let minutes = chance.between(-6.0, 6.0) * f64::from(MINUTE);
                night * DAY + (hour + minutes) as Millis
            };
            nights.map(off).collect()
        };
        (nightly(), nightly())
    }

    /// So many messages that come within 90 s of each boot, in another order each time.
    fn boots(&mut self, host: usize, kinds: usize) {
        let mut chance = self.chance();
        let boots: Vec<Millis> = (0..chance.whole(4, 7))
            .map(|_| chance.between(0.0, f64::from(self.end - HOUR)) as Millis)
            .collect();
        for _ in 0..kinds {
            let levels = [Severity::Info, Severity::Notice, Severity::Warning];
            let severity = *chance.pick(&levels);
            let message = self.message(&mut chance, host, severity);
            let times: Vec<Millis> = boots.iter().map(|at| at + chance.whole(0, 90_000)).collect();
            self.add(message, times);
        }
    }

    fn timer(&mut self) {
        let mut chance = self.chance();
        let every_secs = 60.0 * chance.log_between(5.0, 30.0);
        let beat = Beat::Timer { every_secs, jitter: chance.log_between(0.002, 0.1) };
        self.flow(chance, Rhythm { per_hour: 3_600.0 / every_secs, beat, tide: None }, 0);
    }

    fn busy(&mut self) {
        let mut chance = self.chance();
        let tide = chance.happens(0.5).then(|| Tide::drawn(&mut chance));
        let beat = match chance.happens(0.5) {
            true => Beat::Clumps { size: 3.0, gap_secs: 20.0 },
            false => Beat::Single,
        };
        let per_hour = chance.log_between(1.0, 6.0);
        self.flow(chance, Rhythm { per_hour, beat, tide }, 0);
    }

    fn job(&mut self) {
        let mut chance = self.chance();
        let beat = Beat::Job {
            second_of_day: chance.between(0.5, 6.0) * 3_600.0,
            lines: chance.log_between(5.0, 50.0),
            within_secs: 300.0,
            jitter_secs: chance.log_between(5.0, 300.0),
            working_days: false,
        };
        self.flow(chance, Rhythm { per_hour: 1.0, beat, tide: None }, 0);
    }

    /// Now and then; every third only since a few days, so that it is new as well.
    fn rare(&mut self) {
        let mut chance = self.chance();
        let is_new = chance.happens(1.0 / 3.0);
        let from = if is_new { chance.between(0.6, 0.9) * f64::from(self.end) } else { 0.0 };
        let per_hour = chance.log_between(0.3, 3.0) / 24.0;
        let beat = match chance.happens(0.3) {
            true => Beat::Clumps { size: 2.0, gap_secs: 600.0 },
            false => Beat::Single,
        };
        self.flow(chance, Rhythm { per_hour, beat, tide: None }, from as Millis);
    }

    fn flow(&mut self, mut chance: Chance, rhythm: Rhythm, from: Millis) {
        let host = chance.whole(0, HOSTS as u32 - 1) as usize;
        let levels = [Severity::Info, Severity::Notice, Severity::Warning];
        let severity = levels[chance.weighted(&[0.7, 0.15, 0.15])];
        let message = self.message(&mut chance, host, severity);
        let mut times = rhythm.times(&mut chance, self.end);
        times.retain(|at| *at >= from);
        self.add(message, times);
    }
}

/// So many times at random between two, no two of them close.
fn apart(chance: &mut Chance, (from, to): (Millis, Millis), count: u32) -> Vec<Millis> {
    let room = to - from - (count - 1) * APART;
    let mut times: Vec<Millis> =
        (0..count).map(|_| chance.between(0.0, f64::from(room)) as Millis).collect();
    times.sort_unstable();
    times.iter().zip(0..).map(|(at, before): (&Millis, u32)| from + at + before * APART).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(scene: &Scene, message: usize) -> Vec<Millis> {
        let of = scene.events.iter().filter(|e| e.message as usize == message);
        of.map(|e| e.at).collect()
    }

    /// Everything but the targets, and in one arm their companions, is the same in every arm.
    #[test]
    fn arms_differ_in_their_pairs_only() {
        for seed in 0..5 {
            let arms = [Arm::Shuffled, Arm::SameHour, Arm::Planted].map(|a| scene(seed, a, 21));
            assert_eq!(arms[0].messages.len(), 40);
            for other in &arms[1..] {
                assert_eq!(other.targets, arms[0].targets);
                let pairs = 2 * HOSTS;
                for message in pairs..40 {
                    assert_eq!(times(other, message), times(&arms[0], message), "{message}");
                }
            }
            let (companion, _) = arms[2].planted.unwrap();
            assert_eq!(times(&arms[2], companion), times(&arms[0], companion));
        }
    }

    #[test]
    fn what_is_planted_follows_and_what_is_shuffled_does_not() {
        let (mut met, mut all) = (0, 0);
        for seed in 0..20 {
            let planted = scene(seed, Arm::Planted, 21);
            let (companion, target) = planted.planted.unwrap();
            let (leads, follows) = (times(&planted, companion), times(&planted, target));
            assert!((5..=8).contains(&leads.len()), "{leads:?}");
            for (lead, follow) in leads.iter().zip(&follows) {
                assert!((40_000..240_000).contains(&(follow - lead)), "{lead} {follow}");
            }
            assert!(leads.windows(2).all(|w| w[1] - w[0] >= APART));
            let shuffled = scene(seed, Arm::Shuffled, 21);
            for target in &shuffled.targets {
                let leads = times(&shuffled, target - 1);
                let follows = times(&shuffled, *target);
                assert!((5..=8).contains(&follows.len()) && follows[0] >= 10 * DAY);
                all += follows.len();
                let is_met = |at: &&Millis| {
                    leads.iter().any(|lead| (1..=10 * MINUTE).contains(&at.saturating_sub(*lead)))
                };
                met += follows.iter().filter(is_met).count();
            }
        }
        // Ten minutes after six of several thousand minutes: a few in a hundred.
        assert!(met * 20 < all, "{met} of {all}");
    }

    /// At the same hour, either comes first equally often.
    #[test]
    fn at_the_same_hour_order_is_a_coin() {
        let (mut first, mut all) = (0, 0);
        for seed in 0..40 {
            let scene = scene(seed, Arm::SameHour, 21);
            for target in &scene.targets {
                let (leads, follows) = (times(&scene, target - 1), times(&scene, *target));
                assert_eq!(leads.len(), follows.len());
                for (lead, follow) in leads.iter().zip(&follows) {
                    assert!(lead.abs_diff(*follow) <= 12 * MINUTE);
                    (first, all) = (first + u32::from(lead < follow), all + 1);
                }
            }
        }
        let share = f64::from(first) / f64::from(all);
        assert!((share - 0.5).abs() < 0.06, "{share}");
    }
}
