//! A signature or a candidate → what would move it to another band. Each claim is found by letting
//! it happen in a `World` and looking where the band goes; a claim that says "so many" was also
//! tried with one less.

mod hosts;

use super::Tenant;
use super::world::World;
use crate::attention::cell::{CellIndex, StoryIndex};
use crate::config::Config;
use crate::counterfactual::{Counterfactual, Happens, Part};
use crate::discover::candidate::Candidate;
use crate::discover::pain::may_hurt;
use crate::discover::{Facts, View};
use crate::entities::Entities;
use crate::signature::SignatureIndex;
use model::{Band, CandidateId, CandidateType, SignatureId, Span, Timestamp};

/// Occasions within the next day that are tried; more would be a stream.
const OCCASIONS_MAX: u32 = 12;
/// Events at once that are tried.
const AT_ONCE_MAX: u32 = 2_000;
/// Cells of a signature that are tried, the latest first.
const CELLS_MAX: usize = 3;

/// What repeats: cells, and how long after the occasion began each comes.
type Parts = Vec<(CellIndex, Span)>;

/// A subject whose band is asked for.
struct Subject<'a> {
    tenant: &'a Tenant,
    config: &'a Config,
    signature: SignatureIndex,
    now: Timestamp,
    band: Band,
}

impl Tenant {
    /// What would move an open candidate; nothing for a closed one.
    pub fn candidate_would_change(&self, id: CandidateId, config: &Config) -> Vec<Counterfactual> {
        let index = self.stories.index_of(id);
        index.map_or(vec![], |index| self.story_would_change(index, self.view(config)))
    }

    /// What would move a signature: also one that nothing speaks for.
    pub fn signature_would_change(&self, id: SignatureId, config: &Config) -> Vec<Counterfactual> {
        self.index_of(id).map_or(vec![], |index| self.kind_would_change(index, self.view(config)))
    }

    pub(crate) fn story_would_change(
        &self,
        index: StoryIndex,
        view: View<'_>,
    ) -> Vec<Counterfactual> {
        let candidate = &self.stories[index];
        if !candidate.is_open() {
            return Vec::new();
        }
        let subject = self.subject(self.ledger[candidate.lead()].signature, view);
        let mut found = Vec::new();
        found.extend(subject.rises_with(candidate));
        found.extend(subject.hurts(index, candidate));
        found.extend(subject.quiet(Some(index)));
        found
    }

    pub(crate) fn kind_would_change(
        &self,
        index: SignatureIndex,
        view: View<'_>,
    ) -> Vec<Counterfactual> {
        let subject = self.subject(index, view);
        let mut found = Vec::new();
        if self.ledger.kinds[index.0 as usize].open().is_empty() {
            found.extend(subject.rises());
        }
        found.extend(subject.quiet(None));
        found
    }

    fn subject<'a>(&'a self, signature: SignatureIndex, view: View<'a>) -> Subject<'a> {
        let band = self.ledger.kinds[signature.0 as usize].standing.band;
        Subject { tenant: self, config: view.config, signature, now: view.now, band }
    }
}

impl Subject<'_> {
    fn world(&self) -> World<'_> {
        World::of(self.tenant, self.signature, self.now, self.config)
    }

    /// What the next occasion names: what the latest one did.
    fn entities(&self, signature: SignatureIndex) -> Entities {
        let kind = &self.tenant.ledger.kinds[signature.0 as usize];
        let latest = kind.wide.as_ref().and_then(|wide| wide.reach.newest(0));
        latest.map_or(Entities::default(), |reach| reach.entities)
    }

    /// Further occasions, or events at once, of a signature that no candidate speaks for.
    fn rises(&self) -> Option<Counterfactual> {
        let ledger = &self.tenant.ledger;
        let mut cells: Vec<CellIndex> = ledger.cells_of(self.signature).collect();
        cells.sort_by_key(|cell| std::cmp::Reverse((ledger[*cell].last, *cell)));
        cells.truncate(CELLS_MAX);
        let single = cells.iter().filter_map(|cell| self.fewest(&vec![(*cell, Span::ZERO)]));
        let fewest = single.min_by_key(|(n, _)| *n).map(|(_, found)| found);
        fewest.or_else(|| self.at_once(*cells.first()?))
    }

    /// Further occasions, or hosts, of an open candidate.
    fn rises_with(&self, candidate: &Candidate) -> Option<Counterfactual> {
        if self.band == Band::Promote {
            return None;
        }
        if candidate.kind == CandidateType::Spread {
            return self.hosts(candidate);
        }
        let parts = parts(candidate)?;
        if let Some((_, found)) = self.fewest(&parts) {
            return Some(found);
        }
        let every = Span::DAY.scaled(1.0 / f64::from(OCCASIONS_MAX));
        let recurs = !matches!(candidate.facts, Facts::Silence { .. });
        let (band, until) = self.after(&parts, OCCASIONS_MAX, every)?;
        let stays = recurs && band == self.band;
        stays.then(|| self.occasions(&parts, OCCASIONS_MAX, every, until, band, false))
    }

    /// The smallest number of occasions, evenly spaced over the next day or less, that moves it up;
    /// for a silence, that ends it.
    fn fewest(&self, parts: &Parts) -> Option<(u32, Counterfactual)> {
        // Where many would not do, fewer are not tried.
        let every = |n: u32| {
            let minutes = 24 * 60 / i64::from(n);
            Span::MINUTE.times(minutes)
        };
        self.moved(parts, OCCASIONS_MAX, every(OCCASIONS_MAX))?;
        for n in 1..=OCCASIONS_MAX {
            let every = every(n);
            if self.moved(parts, n, every).is_none() {
                continue;
            }
            // The same rhythm, broken off earlier.
            let mut fewest = n;
            while fewest > 0 && self.moved(parts, fewest - 1, every).is_some() {
                fewest -= 1;
            }
            let (band, until) = self.moved(parts, fewest, every)?;
            // What time alone brings is told apart.
            let by_itself = self.after(parts, 0, every)?.0 != self.band;
            return (fewest > 0 && !by_itself)
                .then(|| (fewest, self.occasions(parts, fewest, every, until, band, true)));
        }
        None
    }

    /// Where it stands after so many occasions, if that is another band.
    fn moved(&self, parts: &Parts, n: u32, every: Span) -> Option<(Band, Timestamp)> {
        let is_silence = self.tenant.ledger[parts.first()?.0].silent;
        let moves = |band: Band| band > self.band || (is_silence && band != self.band);
        self.after(parts, n, every).filter(|(band, _)| moves(*band))
    }

    /// Where it stands after so many occasions; nothing where that depends on others. A score is
    /// made anew at the full hour, so the band is looked at then.
    fn after(&self, parts: &Parts, n: u32, every: Span) -> Option<(Band, Timestamp)> {
        let lag = parts.iter().map(|(_, after)| *after).max().unwrap_or(Span::ZERO);
        let apart = self.config.attention.occasion_gap.max(self.config.discover.pair_within);
        if every <= apart + lag {
            return None;
        }
        let mut world = self.world();
        let mut last = self.now;
        for occasion in 1..=i64::from(n) {
            for (cell, after) in parts {
                last = self.now + every.times(occasion) + *after;
                let entities = self.entities(self.tenant.ledger[*cell].signature);
                world.see(*cell, last, entities);
            }
        }
        let until = last.floor(Span::HOUR) + Span::HOUR;
        world.advance(until);
        (!world.unsure).then(|| (world.band(), until))
    }

    fn occasions(
        &self,
        parts: &Parts,
        n: u32,
        every: Span,
        until: Timestamp,
        band: Band,
        is_enough: bool,
    ) -> Counterfactual {
        let parts = parts.iter().map(|(cell, after)| self.part(*cell, *after)).collect();
        Counterfactual { happens: Happens::Occasions { n, every, parts, until, is_enough }, band }
    }

    fn part(&self, cell: CellIndex, after: Span) -> Part {
        let Tenant { ledger, library, .. } = self.tenant;
        let signature = library.signature(ledger[cell].signature).id;
        Part { signature, host: ledger.host_of(cell).name.clone(), after }
    }

    /// So many events of a stream at once, an hour from now, that a candidate opens.
    fn at_once(&self, cell: CellIndex) -> Option<Counterfactual> {
        let at = self.now + Span::HOUR;
        let mut world = self.world();
        let entities = self.entities(self.signature);
        for n in 1..=AT_ONCE_MAX {
            world.see(cell, at, entities);
            if world.band() > self.band {
                let happens = Happens::AtOnce { n, part: self.part(cell, Span::ZERO), at };
                return (!world.unsure).then(|| Counterfactual { happens, band: world.band() });
            }
        }
        None
    }

    /// A severe event of the same service and host.
    fn hurts(&self, index: StoryIndex, candidate: &Candidate) -> Option<Counterfactual> {
        let (lead, ledger) = (candidate.lead(), &self.tenant.ledger);
        let at = self.now + Span::MINUTE;
        let mut world = self.world();
        if !may_hurt(candidate, ledger.kind_of(lead).service, at, world.view()) {
            return None;
        }
        world.hurt(index, at);
        let service = ledger.services[ledger.kind_of(lead).service.0 as usize].name.clone();
        let host = ledger.host_of(lead).name.clone();
        let moves = world.band() != self.band && !world.unsure;
        let happens = Happens::Severe { service, host };
        moves.then(|| Counterfactual { happens, band: world.band() })
    }

    /// What happens if nothing more comes: the next change of band, and when its candidate closes.
    fn quiet(&self, index: Option<StoryIndex>) -> Vec<Counterfactual> {
        let mut world = self.world();
        let longest = self.config.discover.close_after_max.max(self.config.attention.calm_after);
        let end = self.now + longest + Span::DAY;
        let (mut found, mut band) = (Vec::new(), self.band);
        let mut until = self.now.floor(super::TICK) + super::TICK;
        while until <= end {
            world.advance(until);
            let closes = index.is_some_and(|index| !world.story(index).is_open());
            if world.unsure {
                break;
            }
            if closes || world.band() != band {
                band = world.band();
                found.push(Counterfactual { happens: Happens::Quiet { until, closes }, band });
            }
            // A candidate's course is told up to its end, a signature's up to its next step.
            if closes || (index.is_none() && !found.is_empty()) {
                break;
            }
            until = world.next_tick();
        }
        found
    }
}

/// What comes on an occasion of a candidate, where its occasions are counted: its lead, and what
/// follows it; all messages that fell silent.
fn parts(candidate: &Candidate) -> Option<Parts> {
    let lead = (candidate.lead(), Span::ZERO);
    let second = |after: Span| candidate.cells.get(1).map(|cell| (*cell, after));
    match candidate.facts {
        Facts::Recurrence { .. } | Facts::Return { .. } => Some(vec![lead]),
        Facts::SelfHeal { latest, .. } => {
            Some([Some(lead), second(latest)].into_iter().flatten().collect())
        }
        Facts::Precursor { lag, .. } => {
            Some([Some(lead), second(lag)].into_iter().flatten().collect())
        }
        Facts::Silence { .. } => {
            Some(candidate.cells.iter().map(|cell| (*cell, Span::ZERO)).collect())
        }
        _ => None,
    }
}
