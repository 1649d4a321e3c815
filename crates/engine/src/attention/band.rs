//! The attention bands as a state machine over evidence: written rules of entry and exit, each
//! change recorded with its rule and its numbers. `docs/attention.md` says the same in words.
//!
//! | band | entered when | left when |
//! |---|---|---|
//! | promote | an open candidate scores `promote_score_min` or more, or was followed by a severe event | the candidate closes |
//! | investigate | an open candidate, learning is over, and the day's budget admits it | the candidate closes |
//! | watch | surprise of `watch_surprise_min` or more; an open candidate not yet admitted; a new signature of critical severity; something that ended badly before is seen again | `calm_after` without such evidence |
//! | background | first sighting; any higher band that is left | – |
//! | ignore_fast | known for `ignore_after`, more than `rare_per_day_max` events a day on one host, no evidence in `ignore_after` | any evidence of watch |

use super::mark::Secs;
use crate::config::Attention;
use model::{Band, BandChange, Severity, Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a signature stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The band.
    pub band: Band,
    /// The last time that anything spoke for more than background; the epoch for never.
    evidence_at: Secs,
}

/// One change of band, with the rule and the numbers that moved it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// When it took effect.
    pub at: Timestamp,
    /// The band before.
    pub from: Band,
    /// The band after.
    pub to: Band,
    /// The rule.
    pub rule: Rule,
}

impl From<Moved> for BandChange {
    fn from(moved: Moved) -> BandChange {
        let Moved { at, from, to, rule } = moved;
        BandChange { at, from, to, reason: rule.to_string() }
    }
}

/// What an open candidate says for its signatures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// Its score, 0–1.
    pub score: f64,
    /// The budget of its day has room for it, and learning is over.
    pub admitted: bool,
    /// A severe event of the same subject followed it.
    pub painful: bool,
}

/// All that the rules look at.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// The strongest open candidate that the signature belongs to.
    pub claim: Option<Claim>,
    /// Surprise of its latest occasion, in decades.
    pub surprise: f64,
    /// Time since its first sighting.
    pub known_for: Span,
    /// Events a day on its busiest host.
    pub per_day: f64,
    /// The worst severity it had.
    pub worst: Option<Severity>,
    /// A candidate of the same subject ended badly before.
    pub ended_badly: bool,
}

/// A rule of entry or exit and the numbers it saw; put into words only when a band changes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Rule {
    /// The candidate's score is high enough for a person at once.
    HighScore(f64),
    /// A severe event followed the candidate.
    Painful(f64),
    /// An open candidate that the day's budget admitted.
    Admitted(f64),
    /// An open candidate while learning, or over the day's budget.
    Waiting(f64),
    /// Seen again after it ended badly.
    EndedBadly,
    /// So many decades of surprise where so many are asked for.
    Unusual(f64, f64),
    /// New, and critical by its source's word.
    NewAndCritical,
    /// The candidate closed.
    Closed,
    /// No evidence for so long.
    Calm(Span),
    /// Known for so long, so many events a day, nothing speaks for it.
    Familiar(Span, f64),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::HighScore(score) => write!(f, "candidate scores {score:.2}"),
            Rule::Painful(score) => {
                write!(f, "candidate scores {score:.2}, followed by a severe event")
            }
            Rule::Admitted(score) => write!(f, "open candidate, score {score:.2}"),
            Rule::Waiting(score) => write!(
                f,
                "open candidate, score {score:.2}, still learning or over the day's budget"
            ),
            Rule::EndedBadly => f.write_str("seen again after it ended badly before"),
            Rule::Unusual(surprise, asked) => write!(
                f,
                "more often than usual: chance 10^-{surprise:.1}, asked for 10^-{asked:.1}"
            ),
            Rule::NewAndCritical => f.write_str("new, and its source calls it critical or worse"),
            Rule::Closed => f.write_str("its candidate is closed"),
            Rule::Calm(span) => write!(f, "no evidence for {span}"),
            Rule::Familiar(span, per_day) => {
                write!(f, "known for {span}, {per_day:.0} events a day, nothing speaks for it")
            }
        }
    }
}

/// The band that the evidence earns by itself, and the rule that gives it.
pub fn earned(evidence: &Evidence, config: &Attention) -> Option<(Band, Rule)> {
    if let Some(Claim { score, admitted, painful }) = evidence.claim {
        return Some(match admitted {
            true if painful => (Band::Promote, Rule::Painful(score)),
            true if score >= config.promote_score_min => (Band::Promote, Rule::HighScore(score)),
            true => (Band::Investigate, Rule::Admitted(score)),
            false => (Band::Watch, Rule::Waiting(score)),
        });
    }
    if evidence.ended_badly {
        return Some((Band::Watch, Rule::EndedBadly));
    }
    if evidence.surprise >= config.watch_surprise_min {
        return Some((Band::Watch, Rule::Unusual(evidence.surprise, config.watch_surprise_min)));
    }
    let severe = evidence.worst.is_some_and(|s| s.is_at_least(Severity::Critical));
    (severe && evidence.known_for < Span::DAY).then_some((Band::Watch, Rule::NewAndCritical))
}

impl Standing {
    /// Applies the rules at `now`; returns the change, if there is one.
    pub fn update(
        &mut self,
        evidence: &Evidence,
        now: Timestamp,
        config: &Attention,
    ) -> Option<Moved> {
        if let Some((band, rule)) = earned(evidence, config) {
            self.evidence_at = Secs::of(now);
            // A claim that weakens (not a claim that ends) may lower the band at once.
            let moves = band > self.band || (evidence.claim.is_some() && band < self.band);
            return moves.then(|| self.change(band, now, rule));
        }
        let quiet_for = |span: Span| now - self.evidence_at.at() >= span;
        match self.band {
            Band::Promote | Band::Investigate => Some(self.change(Band::Watch, now, Rule::Closed)),
            Band::Watch if quiet_for(config.calm_after) => {
                Some(self.change(Band::Background, now, Rule::Calm(config.calm_after)))
            }
            Band::Background
                if quiet_for(config.ignore_after)
                    && evidence.known_for >= config.ignore_after
                    && evidence.per_day > config.rare_per_day_max =>
            {
                let rule = Rule::Familiar(evidence.known_for, evidence.per_day);
                Some(self.change(Band::IgnoreFast, now, rule))
            }
            _ => None,
        }
    }

    fn change(&mut self, to: Band, at: Timestamp, rule: Rule) -> Moved {
        let from = std::mem::replace(&mut self.band, to);
        Moved { at, from, to, rule }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Evidence = Evidence {
        claim: None,
        surprise: 0.0,
        known_for: Span::DAY,
        per_day: 1.0,
        worst: None,
        ended_badly: false,
    };

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_secs(1_772_409_600 + hours * 3_600)
    }

    fn walk(steps: &[(i64, Evidence)]) -> Vec<(Band, Band)> {
        let mut standing = Standing::default();
        let config = Attention::default();
        steps
            .iter()
            .filter_map(|(hour, e)| standing.update(e, at(*hour), &config))
            .map(|c| (c.from, c.to))
            .collect()
    }

    #[test]
    fn a_low_band_can_earn_every_higher_one_and_falls_back_when_calm() {
        let claim = |score, admitted| Some(Claim { score, admitted, painful: false });
        let stream = Evidence { known_for: Span::DAY.times(5), per_day: 40.0, ..QUIET };
        let changes = walk(&[
            (0, stream),
            (1, Evidence { surprise: 3.0, ..stream }),
            (2, Evidence { claim: claim(0.5, true), ..stream }),
            (3, Evidence { claim: claim(0.8, true), ..stream }),
            (4, stream),
            (5, stream),
            (60, stream),
            (90, stream),
        ]);
        use Band::*;
        assert_eq!(
            changes,
            [
                (Background, IgnoreFast),
                (IgnoreFast, Watch),
                (Watch, Investigate),
                (Investigate, Promote),
                (Promote, Watch),
                (Watch, Background),
                (Background, IgnoreFast),
            ]
        );
    }

    #[test]
    fn while_learning_nothing_rises_above_watch() {
        let claim = Some(Claim { score: 0.9, admitted: false, painful: false });
        assert_eq!(walk(&[(0, Evidence { claim, ..QUIET })]), [(Band::Background, Band::Watch)]);
    }

    #[test]
    fn rare_messages_are_never_ignored() {
        let old = Evidence { known_for: Span::DAY.times(30), per_day: 2.0, ..QUIET };
        assert_eq!(walk(&[(0, old), (800, old)]), []);
    }
}
