//! The character of one kind of message on one host → the times at which it comes. What makes false
//! alarms in life is here: days and nights, weekends, clumps, waves, jobs and timers.

use crate::chance::Chance;
use std::f64::consts::TAU;

/// Times are milliseconds since the stream's first midnight, a Monday's: seven weeks fit.
pub(crate) type Millis = u32;

pub(crate) const MINUTE: Millis = 60_000;
pub(crate) const HOUR: Millis = 60 * MINUTE;
pub(crate) const DAY: Millis = 24 * HOUR;

/// Within so long a rate is taken as constant.
const STEP: Millis = 5 * MINUTE;

/// Day and night, and a quiet weekend. The curve over the day is that of von Mises, which has one
/// peak and no corner; its mean over a working day is 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tide {
    pub(crate) peak_hour: f64,
    pub(crate) sharpness: f64,
    /// Share of a working day's rate that a weekend day has.
    pub(crate) weekend: f64,
}

impl Tide {
    pub(crate) fn drawn(chance: &mut Chance) -> Tide {
        // Most follow people; some, such as backups and reports, the night.
        let by_day = chance.happens(0.85);
        let peak_hour = if by_day { chance.between(9.0, 17.0) } else { chance.between(0.0, 5.0) };
        let weekend = if by_day { chance.between(0.15, 0.7) } else { 1.0 };
        Tide { peak_hour, sharpness: chance.between(0.6, 2.0), weekend }
    }

    fn at(&self, time: Millis) -> f64 {
        let hour = f64::from(time % DAY) / f64::from(HOUR);
        let curve = (self.sharpness * ((hour - self.peak_hour) * TAU / 24.0).cos()).exp();
        let weekday = time / DAY % 7;
        curve / bessel_i0(self.sharpness) * if weekday >= 5 { self.weekend } else { 1.0 }
    }
}

/// The modified Bessel function of order zero: the mean of exp(k cos x).
fn bessel_i0(k: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 1..20 {
        term *= (k / 2.0 / f64::from(n)).powi(2);
        sum += term;
    }
    sum
}

/// How events follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Beat {
    /// Each by itself: Poisson.
    Single,
    /// In clumps of geometric size within minutes: retries.
    Clumps { size: f64, gap_secs: f64 },
    /// The rate of each hour is drawn anew: Gamma–Poisson.
    Waves { shape: f64 },
    /// On a grid, each beat off it by chance.
    Timer { every_secs: f64, jitter: f64 },
    /// A block of lines once a day.
    Job { second_of_day: f64, lines: f64, within_secs: f64, jitter_secs: f64, working_days: bool },
}

/// How often and in which manner one kind of message comes on one host.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rhythm {
    pub(crate) per_hour: f64,
    pub(crate) beat: Beat,
    pub(crate) tide: Option<Tide>,
}

impl Rhythm {
    /// The name of its family, for reports.
    pub(crate) fn family(&self) -> &'static str {
        match (&self.beat, self.tide) {
            (Beat::Job { .. }, _) => "daily job",
            (Beat::Timer { .. }, _) => "timer",
            (Beat::Clumps { .. }, _) => "clumps",
            (Beat::Waves { .. }, _) => "waves",
            (Beat::Single, Some(_)) => "day and night",
            (Beat::Single, None) => "Poisson",
        }
    }

    /// Whether it has a rate that can grow, and is no clock.
    pub(crate) fn is_flow(&self) -> bool {
        !matches!(self.beat, Beat::Timer { .. } | Beat::Job { .. })
    }

    /// Variance over mean of its hourly counts, but for the tide: so many events weigh as one.
    pub(crate) fn dispersion(&self) -> f64 {
        match self.beat {
            Beat::Clumps { size, .. } => 2.0 * size - 1.0,
            Beat::Waves { shape } => 1.0 + self.per_hour / shape,
            Beat::Single | Beat::Timer { .. } | Beat::Job { .. } => 1.0,
        }
    }

    /// The expected events an hour at this time.
    pub(crate) fn rate_at(&self, time: Millis) -> f64 {
        self.per_hour * self.tide.map_or(1.0, |tide| tide.at(time))
    }

    /// All its times before `end`, in order.
    pub(crate) fn times(&self, chance: &mut Chance, end: Millis) -> Vec<Millis> {
        let mut times = match self.beat {
            Beat::Single | Beat::Clumps { .. } | Beat::Waves { .. } => self.flow(chance, end),
            Beat::Timer { every_secs, jitter } => beats(chance, every_secs, jitter, end),
            Beat::Job { .. } => self.blocks(chance, end),
        };
        times.retain(|time| *time < end);
        times.sort_unstable();
        times
    }

    fn flow(&self, chance: &mut Chance, end: Millis) -> Vec<Millis> {
        let mut times = Vec::new();
        let (mut wave, mut wave_until) = (1.0, 0);
        for from in (0..end).step_by(STEP as usize) {
            if let Beat::Waves { shape } = self.beat
                && from >= wave_until
            {
                (wave, wave_until) = (chance.gamma(shape), from + HOUR);
            }
            let mean = wave * self.mean(from, from + STEP);
            match self.beat {
                Beat::Clumps { size, gap_secs } => {
                    for _ in 0..chance.poisson(mean / size) {
                        let mut time = f64::from(from) + chance.between(0.0, f64::from(STEP));
                        for _ in 0..chance.geometric(size) {
                            times.push(time as Millis);
                            time += chance.gap(gap_secs * 1_000.0);
                        }
                    }
                }
                _ => scatter(chance, from, from + STEP, mean, &mut times),
            }
        }
        times
    }

    /// Expected events between two times of one step.
    fn mean(&self, from: Millis, to: Millis) -> f64 {
        self.rate_at(from + (to - from) / 2) * f64::from(to - from) / f64::from(HOUR)
    }

    /// Expected further events between two times, where the rate grows by `growth` times its usual
    /// (4 makes it five times as high).
    pub(crate) fn further(&self, from: Millis, to: Millis, growth: &dyn Fn(Millis) -> f64) -> f64 {
        steps(from, to).map(|(from, to)| self.mean(from, to) * growth(from)).sum()
    }

    /// Those further events, at random times: however its usual ones clump, so many come.
    pub(crate) fn further_times(
        &self,
        chance: &mut Chance,
        (from, to): (Millis, Millis),
        growth: &dyn Fn(Millis) -> f64,
    ) -> Vec<Millis> {
        let mut times = Vec::new();
        for (from, to) in steps(from, to) {
            scatter(chance, from, to, self.mean(from, to) * growth(from), &mut times);
        }
        times
    }

    fn blocks(&self, chance: &mut Chance, end: Millis) -> Vec<Millis> {
        let mut times = Vec::new();
        let Beat::Job { second_of_day, lines, within_secs, jitter_secs, working_days } = self.beat
        else {
            return times;
        };
        for day in (0..end).step_by(DAY as usize) {
            let begins = second_of_day + jitter_secs * chance.normal();
            let lines = (lines * chance.between(0.85, 1.15)).round() as u32;
            let at: Vec<f64> = (0..lines).map(|_| chance.between(0.0, within_secs)).collect();
            if working_days && day / DAY % 7 >= 5 {
                continue;
            }
            let of_day = |secs: f64| day + ((begins + secs).max(0.0) * 1_000.0) as Millis;
            times.extend(at.into_iter().map(of_day));
        }
        times
    }
}

/// The parts of a time that a rate is constant in.
fn steps(from: Millis, to: Millis) -> impl Iterator<Item = (Millis, Millis)> {
    (from..to).step_by(MINUTE as usize).map(move |at| (at, (at + MINUTE).min(to)))
}

/// Events at random times between two.
fn scatter(chance: &mut Chance, from: Millis, to: Millis, mean: f64, times: &mut Vec<Millis>) {
    for _ in 0..chance.poisson(mean) {
        times.push(chance.between(f64::from(from), f64::from(to)) as Millis);
    }
}

fn beats(chance: &mut Chance, every_secs: f64, jitter: f64, end: Millis) -> Vec<Millis> {
    let every = every_secs * 1_000.0;
    let first = chance.between(0.0, every);
    let count = (f64::from(end) / every) as u32;
    let mut at = |beat: u32| first + every * (f64::from(beat) + jitter * chance.normal());
    (0..count).map(|beat| at(beat).max(0.0) as Millis).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEKS: Millis = 28 * DAY;

    fn times(beat: Beat, tide: Option<Tide>) -> Vec<Millis> {
        Rhythm { per_hour: 6.0, beat, tide }.times(&mut Chance::of(&[11]), WEEKS)
    }

    /// Variance over mean of the hourly counts.
    fn dispersion(times: &[Millis]) -> f64 {
        let mut hours = vec![0.0_f64; (WEEKS / HOUR) as usize];
        times.iter().for_each(|time| hours[(time / HOUR) as usize] += 1.0);
        let mean = hours.iter().sum::<f64>() / hours.len() as f64;
        let variance = hours.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / hours.len() as f64;
        variance / mean
    }

    #[test]
    fn every_flow_keeps_its_rate_and_its_dispersion() {
        let clumps = Beat::Clumps { size: 3.0, gap_secs: 20.0 };
        for beat in [Beat::Single, clumps, Beat::Waves { shape: 2.0 }] {
            let rhythm = Rhythm { per_hour: 6.0, beat, tide: None };
            let times = times(beat, None);
            let expected = 6.0 * 24.0 * 28.0;
            assert!((times.len() as f64 / expected - 1.0).abs() < 0.1, "{beat:?}: {}", times.len());
            let (found, stated) = (dispersion(&times), rhythm.dispersion());
            assert!((found / stated - 1.0).abs() < 0.3, "{beat:?}: {found} not {stated}");
        }
    }

    #[test]
    fn tides_turn_by_day_and_by_week() {
        let tide = Tide { peak_hour: 13.0, sharpness: 1.5, weekend: 0.3 };
        let times = times(Beat::Single, Some(tide));
        let of = |days: std::ops::Range<u32>, hours: std::ops::Range<u32>| {
            let is_in = |time: &&Millis| {
                days.contains(&(**time / DAY % 7)) && hours.contains(&(**time % DAY / HOUR))
            };
            times.iter().filter(is_in).count() as f64
        };
        assert!(of(0..5, 11..15) > 5.0 * of(0..5, 23..24).max(of(0..5, 0..3)));
        assert!((of(5..7, 0..24) / 8.0) / (of(0..5, 0..24) / 20.0) < 0.4);
        assert!((of(0..5, 0..24) / 20.0 / 144.0 - 1.0).abs() < 0.1);
    }

    #[test]
    fn jobs_and_timers_keep_their_times() {
        let job = Beat::Job {
            second_of_day: 3.0 * 3_600.0,
            lines: 40.0,
            within_secs: 300.0,
            jitter_secs: 60.0,
            working_days: true,
        };
        let lines = times(job, None);
        assert!((20 * 34..=20 * 46).contains(&lines.len()), "{}", lines.len());
        let of_day = |time: &Millis| (2 * HOUR + HOUR / 2..4 * HOUR).contains(&(time % DAY));
        assert!(lines.iter().all(of_day) && lines.iter().all(|time| time / DAY % 7 < 5));
        let beats = times(Beat::Timer { every_secs: 600.0, jitter: 0.02 }, None);
        let gaps = beats.windows(2).map(|w| w[1] - w[0]);
        assert!(gaps.into_iter().all(|gap| (500_000..700_000).contains(&gap)));
    }
}
