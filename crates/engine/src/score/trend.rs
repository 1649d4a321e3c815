//! Does a story grow? Its occasions and its counts of each day → rising, falling, steady or unknown.
//!
//! Two looks, because each is blind to something. Occasions tell of few events and are remembered one by one, but a
//! story that fills every hour has as many occasions a day however many lines each holds. Counts tell of those, but need
//! days.

use crate::attention::days::{DAYS, day_of};
use crate::discover::View;
use crate::discover::candidate::Candidate;
use model::{Span, Timestamp};

/// Standard deviations beyond which a trend is no chance: one-sided 5 %.
const SURE: f64 = 1.64;
/// Occasions from which their times show a trend.
const OCCASIONS_MIN: usize = 4;
/// Days from which counts show a trend.
const DAYS_MIN: usize = 4;
/// How many times more the later half must hold a day, or the earlier, to be worth a word.
const RATIO_MIN: f64 = 1.5;
/// Of a day that is not over, the least part that is compared.
const PART_OF_DAY_MIN: f64 = 0.25;

/// Where a story goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trend {
    Rising,
    Falling,
    Steady,
    Unknown,
}

impl Trend {
    /// The word of the item.
    pub(super) fn word(self) -> &'static str {
        match self {
            Trend::Rising => "rising",
            Trend::Falling => "falling",
            Trend::Steady => "steady",
            Trend::Unknown => "unknown",
        }
    }

    fn of(deviations: f64) -> Trend {
        match deviations {
            d if d > SURE => Trend::Rising,
            d if d < -SURE => Trend::Falling,
            _ => Trend::Steady,
        }
    }
}

/// An instant of the last day of a story: a closed one's days end with it. Midnight ends a day, and of the next there is
/// nothing yet.
pub(super) fn last_day(candidate: &Candidate, view: View<'_>) -> Timestamp {
    match candidate.is_open() {
        true => Timestamp::from_micros(view.now.as_micros() - 1),
        false => candidate.last,
    }
}

/// The trend of a candidate: of its daily counts where they move, else of its occasions. `per_day` ends with `last_day`.
pub(super) fn of(
    candidate: &Candidate,
    starts: &[Timestamp],
    per_day: &[u32; DAYS],
    last_day: Timestamp,
    view: View<'_>,
) -> Trend {
    let until = candidate.ending.as_ref().map_or(view.now, |ending| ending.at);
    let by_day = of_counts(&days(candidate, per_day, last_day));
    let by_occasion = of_occasions(starts, until);
    let is_whole = starts.len() >= candidate.occasions as usize;
    match (by_day, by_occasion) {
        (Trend::Unknown, occasions) => occasions,
        (Trend::Steady, occasions) if is_whole && occasions != Trend::Unknown => occasions,
        (counts, _) => counts,
    }
}

/// The story's days: how much of each was seen, and its count. All of its first day counts, what came before the onset too.
pub(super) fn days(
    candidate: &Candidate,
    per_day: &[u32; DAYS],
    last_day: Timestamp,
) -> Vec<(f64, u32)> {
    let lasted = (day_of(last_day) - day_of(candidate.onset)).clamp(0, DAYS as i32 - 1) as usize;
    let of_last = match candidate.is_open() {
        true => (last_day - last_day.floor(Span::DAY)).as_days_f64(),
        false => 1.0,
    };
    let counts = &per_day[DAYS - 1 - lasted..];
    let last = counts.len() - 1;
    let seen = |at: usize| if at == last { of_last } else { 1.0 };
    let days = counts.iter().enumerate().map(|(at, count)| (seen(at), *count));
    days.filter(|(seen, _)| *seen >= PART_OF_DAY_MIN).collect()
}

/// Laplace's trend test on the times of occasions.
pub(super) fn of_occasions(starts: &[Timestamp], until: Timestamp) -> Trend {
    let (Some(first), true) = (starts.first(), starts.len() >= OCCASIONS_MIN) else {
        return Trend::Unknown;
    };
    let whole = (until - *first).as_secs_f64();
    let n = (starts.len() - 1) as f64;
    let mean = starts[1..].iter().map(|at| (*at - *first).as_secs_f64()).sum::<f64>() / n;
    Trend::of((mean - whole / 2.0) / (whole * (1.0 / (12.0 * n)).sqrt()))
}

/// A trend test on counts, each with the part of a day it is of: the sum of day × count against what a constant rate
/// would give. Counts of one day scatter more than chance alone lets them; how much is learnt from what differs between
/// neighbouring days, which a slow trend hardly enters (von Neumann 1941).
pub(super) fn of_counts(days: &[(f64, u32)]) -> Trend {
    let seen: f64 = days.iter().map(|(seen, _)| seen).sum();
    let all: f64 = days.iter().map(|(_, n)| f64::from(*n)).sum();
    if days.len() < DAYS_MIN || all < OCCASIONS_MIN as f64 {
        return Trend::Unknown;
    }
    let rate = all / seen;
    let place = |at: usize| at as f64;
    let middle =
        days.iter().enumerate().map(|(at, (seen, _))| seen * place(at)).sum::<f64>() / seen;
    let sum = |f: &dyn Fn(usize, f64, f64) -> f64| -> f64 {
        days.iter().enumerate().map(|(at, (seen, n))| f(at, *seen, f64::from(*n))).sum()
    };
    let moved = sum(&|at, _, n| (place(at) - middle) * n);
    let spread = sum(&|at, seen, _| rate * seen * (place(at) - middle).powi(2));
    let rates: Vec<f64> = days.iter().map(|(seen, n)| f64::from(*n) / seen).collect();
    let steps = rates.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum::<f64>();
    let scatter = (steps / (2.0 * (rates.len() - 1) as f64) / rate).max(1.0);
    let (earlier, later) = rates.split_at(rates.len() / 2);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let ratio = (mean(later) + 0.5) / (mean(earlier) + 0.5);
    let is_worth_a_word = !(1.0 / RATIO_MIN..RATIO_MIN).contains(&ratio);
    match Trend::of(moved / (spread * scatter).sqrt()) {
        Trend::Rising | Trend::Falling if !is_worth_a_word => Trend::Steady,
        trend => trend,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(counts: &[u32]) -> Trend {
        let days: Vec<(f64, u32)> = counts.iter().map(|n| (1.0, *n)).collect();
        of_counts(&days)
    }

    #[test]
    fn counts_that_double_rise() {
        assert_eq!(whole(&[1, 2, 5, 8, 24]), Trend::Rising);
        assert_eq!(whole(&[2, 4, 8, 16, 32]), Trend::Rising);
        assert_eq!(whole(&[100, 210, 390, 820]), Trend::Rising);
        assert_eq!(whole(&[24, 8, 5, 2, 1]), Trend::Falling);
    }

    #[test]
    fn counts_that_scatter_are_steady() {
        assert_eq!(whole(&[6, 4, 6, 4, 6]), Trend::Steady);
        assert_eq!(whole(&[100, 300, 100, 300, 90, 310]), Trend::Steady);
        assert_eq!(whole(&[48, 48, 48, 48, 48, 48]), Trend::Steady);
        // A few more of very many are sure, and not worth a word.
        assert_eq!(whole(&[10_000, 10_200, 10_400, 10_600]), Trend::Steady);
        assert_eq!(whole(&[1, 2, 3]), Trend::Unknown);
    }

    #[test]
    fn half_a_day_is_half_a_day() {
        assert_eq!(of_counts(&[(1.0, 40), (1.0, 42), (1.0, 38), (0.5, 20)]), Trend::Steady);
    }

    #[test]
    fn occasions_that_come_faster_rise() {
        let at = |hours: &[i64]| -> Vec<Timestamp> {
            hours.iter().map(|h| Timestamp::from_secs(h * 3_600)).collect()
        };
        let until = Timestamp::from_secs(100 * 3_600);
        assert_eq!(of_occasions(&at(&[0, 60, 80, 90, 96, 99]), until), Trend::Rising);
        assert_eq!(of_occasions(&at(&[0, 1, 4, 10, 20, 40]), until), Trend::Falling);
        assert_eq!(of_occasions(&at(&[0, 20, 40, 60, 80, 99]), until), Trend::Steady);
        assert_eq!(of_occasions(&at(&[0, 1]), until), Trend::Unknown);
    }
}
