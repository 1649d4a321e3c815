//! A level, a slope and a limit → what comes if nobody acts, and what comes if somebody does: the
//! user's counterfactual simulator. It projects what is given and claims nothing; whether a trend
//! deserves a claim is the forecast's business.

use serde::Serialize;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// The value now.
    pub current: f64,
    /// Change a minute if nothing is done.
    pub slope: f64,
    /// Lower and upper end of the slope's 80 % interval, where it is known.
    pub slope_range: Option<(f64, f64)>,
    /// What must not be met.
    pub threshold: f64,
    /// How far to look, in minutes.
    pub duration_minutes: f64,
}

/// What somebody might do.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Act {
    /// Change of the value at once: −0.2 where a restart frees a fifth.
    pub step: f64,
    /// Change of the slope from then on, a minute.
    pub slope_change: f64,
    /// Minutes until it takes effect.
    pub after_minutes: f64,
}

/// One future.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Outcome {
    /// The value at the end.
    pub projected: f64,
    /// Minutes until the threshold is met, 0 where it is already; `None` if it is not within the duration.
    pub minutes_to_threshold: Option<f64>,
    /// The same at the steep and the flat end of the slope.
    pub minutes_range: Option<(Option<f64>, Option<f64>)>,
}

/// Both futures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Futures {
    /// Nobody acts.
    pub do_nothing: Outcome,
    /// Somebody does.
    pub act: Option<Outcome>,
    /// Minutes that acting wins before the threshold; infinite where it is then never met.
    pub minutes_won: Option<f64>,
}

/// Answers a question; values that are no numbers give a future without a threshold.
pub fn simulate(question: Question, act: Option<Act>) -> Futures {
    let do_nothing = outcome(question, Act::default());
    let acted = act.map(|act| outcome(question, act));
    let minutes_won = match (do_nothing.minutes_to_threshold, acted) {
        (Some(before), Some(after)) => {
            Some(after.minutes_to_threshold.map_or(f64::INFINITY, |after| after - before))
        }
        _ => None,
    };
    Futures { do_nothing, act: acted, minutes_won }
}

fn outcome(question: Question, act: Act) -> Outcome {
    let meets = |slope: f64| meets(question, slope, act);
    let end = question.duration_minutes;
    let acted = end - act.after_minutes.max(0.0);
    let change = if acted >= 0.0 { act.step + act.slope_change * acted } else { 0.0 };
    Outcome {
        projected: question.current + question.slope * end + change,
        minutes_to_threshold: meets(question.slope),
        minutes_range: question.slope_range.map(|(low, high)| (meets(high), meets(low))),
    }
}

/// Minutes until the threshold is met, from whichever side the value is now.
fn meets(question: Question, slope: f64, act: Act) -> Option<f64> {
    // A limit that values climb to, or stand at, is one from above; one that they fall to is one from below.
    let is_beyond = if slope < 0.0 {
        question.current <= question.threshold
    } else {
        question.current >= question.threshold
    };
    if is_beyond {
        return Some(0.0);
    }
    let after = act.after_minutes.max(0.0);
    let before = passes(question.current, slope, question.threshold).filter(|t| *t <= after);
    let later = || {
        let level = question.current + slope * after + act.step;
        let is_beyond = (question.threshold - question.current).signum()
            != (question.threshold - level).signum();
        let wait = if is_beyond {
            Some(0.0)
        } else {
            passes(level, slope + act.slope_change, question.threshold)
        };
        wait.map(|wait| after + wait)
    };
    before.or_else(later).filter(|t| *t <= question.duration_minutes)
}

fn passes(level: f64, slope: f64, threshold: f64) -> Option<f64> {
    let time = (threshold - level) / slope;
    (time.is_finite() && time >= 0.0).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAK: Question = Question {
        current: 0.6,
        slope: 0.012,
        slope_range: Some((0.010, 0.015)),
        threshold: 0.9,
        duration_minutes: 60.0,
    };

    #[test]
    fn the_documented_case_is_twenty_five_minutes() {
        let found = simulate(LEAK, None).do_nothing;
        assert!((found.minutes_to_threshold.unwrap() - 25.0).abs() < 1e-9, "{found:?}");
        let (soonest, latest) = found.minutes_range.unwrap();
        assert!(soonest.unwrap() < 25.0 && latest.unwrap() > 25.0, "{found:?}");
        assert!((found.projected - 1.32).abs() < 1e-9);
    }

    #[test]
    fn acting_wins_time_or_ends_it() {
        let restart = Act { step: -0.3, ..Act::default() };
        let found = simulate(LEAK, Some(restart));
        assert!((found.minutes_won.unwrap() - 25.0).abs() < 1e-9, "{found:?}");
        let fix = Act { slope_change: -0.02, after_minutes: 5.0, ..Act::default() };
        assert_eq!(simulate(LEAK, Some(fix)).minutes_won, Some(f64::INFINITY));
        let late = Act { after_minutes: 40.0, ..restart };
        assert_eq!(simulate(LEAK, Some(late)).minutes_won, Some(0.0), "after the fact");
    }

    #[test]
    fn what_is_beyond_its_threshold_has_met_it() {
        let beyond = Question { current: 0.95, threshold: 0.9, ..LEAK };
        let found = simulate(beyond, None).do_nothing;
        assert_eq!(found.minutes_to_threshold, Some(0.0));
        let still = Question { slope: 0.0, ..beyond };
        assert_eq!(simulate(still, None).do_nothing.minutes_to_threshold, Some(0.0));
        let below = Question { current: 10.0, slope: -2.0, threshold: 20.0, ..LEAK };
        assert_eq!(simulate(below, None).do_nothing.minutes_to_threshold, Some(0.0));
    }

    #[test]
    fn a_falling_gauge_meets_a_threshold_below_and_nothing_moves_without_a_slope() {
        let falling =
            Question { current: 100.0, slope: -2.0, threshold: 20.0, slope_range: None, ..LEAK };
        assert_eq!(simulate(falling, None).do_nothing.minutes_to_threshold, Some(40.0));
        let still = Question { slope: 0.0, ..LEAK };
        assert_eq!(simulate(still, None).do_nothing.minutes_to_threshold, None);
    }
}
