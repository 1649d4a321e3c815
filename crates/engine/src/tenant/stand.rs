//! The rules of attention applied to this tenant's signatures: evidence is gathered here, judged
//! in `attention::band`.

use super::Tenant;
use crate::attention::band::{Claim, Evidence};
use crate::attention::cell::{CellIndex, StoryIndex};
use crate::attention::known::Kind;
use crate::config::Config;
use crate::discover::candidate::Candidate;
use crate::discover::change::{self, Restart};
use crate::discover::recurrence::Run;
use crate::discover::{Facts, View, budget, spread};
use crate::memory::recall;
use crate::score;
use crate::signature::SignatureIndex;
use model::{Band, CandidateType, Change, Span, Timestamp};

impl Tenant {
    /// From the full hour of the first event on, so that it ends at a full hour too.
    pub(super) fn learning_until(&self, config: &Config) -> Timestamp {
        self.ledger.first.floor(Span::HOUR) + config.attention.learning_span
    }

    pub(super) fn is_learning(&self, config: &Config) -> bool {
        self.ledger.now < self.learning_until(config)
    }

    /// Scores a candidate anew, admits it if its day has room, and lets its signatures' bands
    /// follow.
    pub(super) fn restand(&mut self, index: StoryIndex, config: &Config, out: &mut Vec<Change>) {
        let terms = score::contributions(&self.stories[index], self.view(config));
        self.stories[index].score = score::total(&terms);
        let candidate = &self.stories[index];
        let is_due = candidate.needs_no_usual() || !self.is_learning(config);
        let waits = candidate.admitted.is_none() && is_due;
        if waits && self.has_earned(&self.stories[index], self.view(config)) {
            self.admit(index, config);
        }
        for cell in self.stories[index].cells.clone() {
            self.stand(self.ledger[cell].signature, None, config, out);
        }
    }

    /// What a candidate waits for besides evidence, in a sentence's part.
    pub(super) fn waits_for(&self, candidate: &Candidate, view: View<'_>) -> Option<String> {
        // It is one against any usual.
        if candidate.needs_no_usual() {
            return None;
        }
        let host = view.ledger.host_of(candidate.lead());
        let learnt = host.first + view.config.attention.learning_span;
        if candidate.kind != CandidateType::Spread {
            let until = learnt.to_minute_text();
            let young = (view.now < learnt).then(|| {
                format!("what is usual for {} is still being learnt, until {until}", host.name)
            });
            return young.or_else(|| may_be_restart(candidate, view));
        }
        if let Some(found) = candidate.clients.filter(|found| found.is_change(view.config)) {
            let is_its_story = matches!(candidate.facts, Facts::Clients(_));
            return is_its_story.then(|| {
                let kinds = found.company;
                format!("{kinds} kinds of message came to the same clients together: taken for a change such as an update")
            });
        }
        let settles = candidate.onset + view.config.discover.change_within;
        (!spread::has_settled(candidate, view)).then(|| {
            format!("it may be part of a rollout, which would show by {}", settles.to_minute_text())
        })
    }

    /// Whether a candidate has the evidence that the day's budget of false alarms asks for.
    pub(super) fn has_earned(&self, candidate: &Candidate, view: View<'_>) -> bool {
        // What is usual for a host is learnt from its own first days.
        let price = budget::price(candidate, &self.tests, view);
        self.waits_for(candidate, view).is_none() && price.is_none_or(|price| price.is_paid())
    }

    fn admit(&mut self, index: StoryIndex, config: &Config) {
        if takes_room(&mut self.admitted_on, self.ledger.now, config) {
            self.stories[index].admitted = Some(self.ledger.now);
        }
    }

    /// Applies the rules to one signature; `seen` is the cell in which it was just
    /// seen, with its run, if it was.
    pub(super) fn stand(
        &mut self,
        signature: SignatureIndex,
        seen: Option<(CellIndex, Option<Run>)>,
        config: &Config,
        out: &mut Vec<Change>,
    ) {
        let evidence = self.evidence(signature, seen, config);
        let at = self.ledger.now;
        let kind = &mut self.ledger.kinds[signature.0 as usize];
        let Some(change) = kind.standing.update(&evidence, at, &config.attention) else {
            return;
        };
        kind.moved(change);
        if change.to > Band::Background {
            self.raised.insert(signature);
        } else {
            self.raised.remove(&signature);
        }
        out.push(Change::BandChanged {
            tenant_id: self.id.clone(),
            at,
            signature_id: self.library.signature(signature).id,
            from: change.from,
            to: change.to,
            reason: change.rule.to_string(),
        });
    }

    fn evidence(
        &self,
        signature: SignatureIndex,
        seen: Option<(CellIndex, Option<Run>)>,
        config: &Config,
    ) -> Evidence {
        let kind = &self.ledger.kinds[signature.0 as usize];
        let open = kind.open().iter().map(|index| &self.stories[*index]);
        let run = seen.and_then(|(_, run)| run);
        let badly = seen.is_some_and(|(cell, _)| recall::ended_badly(&self.stories, cell));
        evidence(kind, open, run, badly, self.view(config).now)
    }
}

/// Why a burst waits, in a sentence's part: a restart of its host shows within minutes.
fn may_be_restart(candidate: &Candidate, view: View<'_>) -> Option<String> {
    if candidate.kind != CandidateType::Burst || candidate.admitted.is_some() {
        return None;
    }
    let lead = candidate.lead();
    let moments = [candidate.onset, candidate.last];
    let looks = moments.map(|at| change::restart(view, lead, at)).into_iter().max()?;
    let host = &view.ledger.host_of(lead).name;
    let shows = candidate.onset + view.config.discover.company_within;
    match looks {
        Restart::Yes => Some(format!(
            "{host} restarted: many rare kinds of several programs came in the same minutes"
        )),
        Restart::Perhaps if view.now < shows => {
            let by = shows.to_minute_text();
            Some(format!("it may be part of a restart of {host}, which would show by {by}"))
        }
        _ => None,
    }
}

/// The day of a budget, and how much of it is used.
pub(super) type Budget = (i64, usize);

/// Takes one place of the day's budget, if there is room.
pub(super) fn takes_room(budget: &mut Budget, now: Timestamp, config: &Config) -> bool {
    let day = now.as_secs().div_euclid(86_400);
    if budget.0 != day {
        *budget = (day, 0);
    }
    let has_room = budget.1 < config.digest.new_per_day_max;
    budget.1 += usize::from(has_room);
    has_room
}

/// What the rules look at: the signature, its open candidates, the run of the cell in which it was
/// just seen, and whether something ended badly there.
pub(super) fn evidence<'a>(
    kind: &Kind,
    open: impl Iterator<Item = &'a Candidate>,
    run: Option<Run>,
    ended_badly: bool,
    now: Timestamp,
) -> Evidence {
    let claims = open.map(|candidate| Claim {
        score: candidate.score,
        admitted: candidate.admitted.is_some(),
        painful: candidate.pain.is_some(),
    });
    let known_for = now - kind.first.at();
    let days = known_for.as_days_f64().max(1.0);
    Evidence {
        claim: claims.max_by(|a, b| a.score.total_cmp(&b.score)),
        surprise: run.map_or(0.0, |run| run.surprise),
        known_for,
        per_day: kind.busiest as f64 / days,
        worst: kind.worst,
        ended_badly,
    }
}
