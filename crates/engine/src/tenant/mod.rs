//! One tenant's stream: the stages after the signature, called in order. `tell` turns findings
//! into stories, `stand` applies the rules of attention, `digest` says what a person reads,
//! `what_if` what would change it.

mod clients;
mod context;
mod digest;
mod kinds;
mod names;
mod notes;
mod signals;
mod stand;
mod tell;
mod what_if;
mod world;

pub use kinds::KindNow;

use crate::attention::cell::CellIndex;
use crate::attention::ledger::Ledger;
use crate::attention::mark::Mark;
use crate::attention::reports::Reported;
use crate::attention::supposed::Known;
use crate::config::Config;
use crate::discover::budget::{Lane, Tests};
use crate::discover::recurrence::unusual_run;
use crate::discover::story::Stories;
use crate::discover::{DETECTORS, Moment, View, lexicon};
use crate::elsewhere::AtClients;
use crate::host::gauges::Gauges;
use crate::host::starts::Starts;
use crate::kernel;
use crate::sighting::{KernelNote, Sighting};
use crate::signature::{Library, SignatureIndex, Skeleton, fingerprint};
use crate::sites;
use model::{Change, SignatureId, Span, TenantId, Timestamp};
use notes::Notes;
use serde::{Deserialize, Serialize};
use stand::Budget;
use std::collections::{BTreeMap, BTreeSet};

/// How often time alone is judged (silence, daily counts, closing).
const TICK: Span = Span::from_secs(15 * 60);

/// Everything that is known of one tenant.
#[derive(Serialize, Deserialize)]
pub struct Tenant {
    id: TenantId,
    library: Library,
    #[serde(skip)]
    skeleton: Skeleton,
    ledger: Ledger,
    /// The series that its hosts report.
    gauges: Gauges,
    /// What the starts of processes on its hosts have taught.
    starts: Starts,
    pub(crate) stories: Stories,
    notes: Notes,
    /// What other clients make of messages that stir here.
    of_others: BTreeMap<SignatureIndex, AtClients>,
    ticked: Timestamp,
    aged: Timestamp,
    /// The day whose budget is being used, and how much of it is.
    admitted_on: Budget,
    learning: bool,
    /// Tests of the day, for the budget of false alarms.
    pub(crate) tests: Tests,
    /// Signatures above background.
    raised: BTreeSet<SignatureIndex>,
    /// Limits whose reaching was said.
    limits_said: BTreeSet<String>,
}

impl Tenant {
    /// A tenant that nothing is known of.
    pub fn new(id: TenantId, config: &Config) -> Tenant {
        let mut ledger = Ledger::default();
        ledger.place(sites::of_tenant(&config.sites, &id));
        Tenant {
            id,
            library: Library::new(config.library()),
            skeleton: Skeleton::default(),
            ledger,
            gauges: Gauges::default(),
            starts: Starts::default(),
            stories: Stories::new(config.limits.candidates_max),
            notes: Notes::default(),
            of_others: BTreeMap::new(),
            ticked: Timestamp::default(),
            aged: Timestamp::default(),
            admitted_on: (0, 0),
            learning: true,
            tests: Tests::default(),
            raised: BTreeSet::new(),
            limits_said: BTreeSet::new(),
        }
    }

    /// What a snapshot leaves out, made anew: look-ups and limits.
    pub(crate) fn restored(&mut self, config: &Config) {
        self.library.configure(config.library());
        self.stories.configure(config.limits.candidates_max);
        self.ledger.reindex();
        self.ledger.place(sites::of_tenant(&config.sites, &self.id));
    }

    /// Signatures known.
    pub fn signatures(&self) -> usize {
        self.library.len()
    }

    /// Whose it is.
    pub fn id(&self) -> &TenantId {
        &self.id
    }

    /// Takes in one sighting; tells which kind of message it is.
    pub fn observe(
        &mut self,
        sighting: &Sighting<'_>,
        config: &Config,
        out: &mut Vec<Change>,
    ) -> SignatureIndex {
        self.tick(sighting.at, config, out);
        let (index, _) = self.see(sighting, config, out);
        if let Some(sample) = sighting.sample {
            self.take_sample(sample, sighting, config, out);
        } else if sighting.is_start {
            self.take_start(sighting, config, out);
        }
        index
    }

    /// One event, or one signal: which kind of message it is, and its cell unless there is no room for one.
    fn see(
        &mut self,
        sighting: &Sighting<'_>,
        config: &Config,
        out: &mut Vec<Change>,
    ) -> (SignatureIndex, Option<CellIndex>) {
        let index = self.assign(sighting);
        let observed = self.ledger.observe(sighting, index, config);
        if observed.is_new {
            self.born(index, sighting.at, out);
            // A kernel reports nothing but trouble; of lines alone that is sure of the worst only.
            let is_trouble = |r: Reported| r.lines > 1 || r.severity == kernel::Severity::Critical;
            self.ledger.kinds[index.0 as usize].fails |= observed.reported.is_some_and(is_trouble);
        }
        if let Some(story) = observed.breaks {
            self.host_is_back(story, config, out);
        }
        let Some(cell) = observed.cell else { return (index, None) };
        let run = match observed.starts {
            true => unusual_run(self.view(config), cell),
            false => None,
        };
        self.count_tests(cell, run.is_some(), observed.starts, config);
        let moment = Moment {
            signature: index,
            cell,
            starts: observed.starts,
            run,
            through: observed.through,
            reported: observed.reported,
        };
        let mark = Mark { at: sighting.at, seq: sighting.seq };
        self.ledger.overhear(cell, mark, moment.starts, config);
        self.grow(cell, mark, sighting.occurrences, config);
        self.name(cell, moment.starts, sighting);
        self.detect(&moment, config, out);
        if moment.starts {
            self.after_occasion(&moment, mark, sighting.severity, config, out);
            self.surround(cell, mark, config);
        }
        (index, Some(cell))
    }

    /// What this sighting puts to the test, for the budget of false alarms.
    fn count_tests(&mut self, cell: CellIndex, has_run: bool, starts: bool, config: &Config) {
        if has_run {
            self.tests.count(Lane::Runs);
        }
        let kind = self.ledger.kind_of(cell);
        // A message that is new to a host may come to a further site with it.
        let by_sites =
            !self.ledger.sites.is_empty() && kind.hosts > 1 && self.ledger[cell].occasions == 1;
        if starts && (kind.hosts >= config.discover.spread_hosts_min || by_sites) {
            // What every host has every day cannot be found to spread.
            let days = (self.ledger.now - kind.first.at()).as_days_f64();
            let usual = f64::from(kind.occasions) / days.max(1.0);
            let most = self.ledger.hosts.len() as f64 * config.discover.spread_usual_max;
            if usual <= most {
                self.tests.count(Lane::Waves);
            }
        }
    }

    /// The signature's index: one look-up if it is known, the whole library if it is new.
    fn assign(&mut self, sighting: &Sighting<'_>) -> SignatureIndex {
        if let Some(index) = self.library.known(sighting.key) {
            return index;
        }
        self.library.advance(sighting.at);
        if let Some(KernelNote::Report(_)) = sighting.kernel {
            let Sighting { service, body, key, .. } = *sighting;
            return self.library.assign_exactly(service, body, key).index;
        }
        fingerprint(sighting.service, sighting.body, &mut self.skeleton);
        self.library.assign(sighting.service, sighting.body, &self.skeleton).index
    }

    fn born(&mut self, index: SignatureIndex, at: Timestamp, out: &mut Vec<Change>) {
        let signature = self.library.signature(index).clone();
        let kind = &mut self.ledger.kinds[index.0 as usize];
        kind.fails = lexicon::is_failing(&signature.template);
        kind.recovers = lexicon::is_recovering(&signature.template);
        kind.grants = lexicon::is_granting(&signature.template);
        self.notes.born(index, at);
        out.push(Change::SignatureBorn { tenant_id: self.id.clone(), at, signature });
    }

    /// The signature with this id, if it was seen; looks through all.
    pub(crate) fn index_of(&self, id: SignatureId) -> Option<SignatureIndex> {
        let mut known = (0..self.ledger.kinds.len() as u32).map(SignatureIndex);
        known.find(|index| self.library.signature(*index).id == id)
    }

    /// What detectors, scores and explanations look at.
    pub(crate) fn view<'a>(&'a self, config: &'a Config) -> View<'a> {
        let Tenant { id: tenant, ledger, library, .. } = self;
        View { ledger: Known::of(ledger), tenant, library, config, now: ledger.now }
    }

    /// The stories to change, and what they are judged by.
    fn stories_and_view<'a>(&'a mut self, config: &'a Config) -> (&'a mut Stories, View<'a>) {
        let Tenant { id: tenant, ledger, library, stories, .. } = self;
        (stories, View { ledger: Known::of(ledger), tenant, library, config, now: ledger.now })
    }

    /// Judges what time alone can show. Called before every sighting; costs a comparison unless a
    /// quarter of an hour has passed.
    pub fn tick(&mut self, now: Timestamp, config: &Config, out: &mut Vec<Change>) {
        if self.ledger.events == 0 || now < self.ticked + TICK {
            return;
        }
        self.ticked = now.floor(TICK);
        self.ledger.turn(self.ticked, config);
        self.ledger.contexts.expire(self.ticked - config.attention.context_after);
        for judge in DETECTORS.iter().filter_map(|d| d.on_tick) {
            for finding in judge(self.view(config)) {
                self.tell(finding, config, out);
            }
        }
        self.restand_touched(config, out);
        // What only grows old may wait for the full hour.
        let hour = self.ticked.floor(Span::HOUR);
        if hour > self.aged {
            self.aged = hour;
            self.age(config, out);
        }
        self.ledger.untouch();
    }

    /// Closes what is over, scores what is open anew, lowers what is calm.
    fn age(&mut self, config: &Config, out: &mut Vec<Change>) {
        self.tests.turn(self.ledger.now, &self.ledger);
        let ends_learning = self.learning && !self.is_learning(config);
        let (stories, view) = self.stories_and_view(config);
        let mut over = stories.close_quiet(view);
        // What looked unusual against next to no history is the usual that was learnt.
        if self.learning {
            over.iter().for_each(|index| self.stories.unlearn(*index));
        }
        if ends_learning {
            let (stories, view) = self.stories_and_view(config);
            over.extend(stories.forget_open(view));
            self.learning = false;
        }
        for index in over {
            self.closed(index, config, out);
        }
        for index in self.stories.open.clone() {
            self.restand(index, config, out);
        }
        for signature in self.raised.clone() {
            self.stand(signature, None, config, out);
        }
        self.release_contexts(config);
        self.notes.turn(&self.ledger, config);
        self.forget_others(config);
        self.say_limits(config, out);
    }

    /// Only what was seen can have come to stand lower, or to be familiar.
    fn restand_touched(&mut self, config: &Config, out: &mut Vec<Change>) {
        let signature = |cell: &CellIndex| self.ledger[*cell].signature;
        let due: BTreeSet<SignatureIndex> = self.ledger.touched.iter().map(signature).collect();
        for signature in due {
            self.stand(signature, None, config, out);
        }
    }

    /// What is known less well because a limit was reached, a sentence each.
    fn limits_told(&self) -> impl Iterator<Item = String> {
        self.limits_said.iter().map(|limit| {
            let what = match limit.as_str() {
                "limits.series_max" => "samples of further series are not judged",
                "limits.programs_max" => "starts of further programs are judged by rules alone",
                "limits.start_pairs_max" => {
                    "further programs with their parents are not called new"
                }
                "limits.candidates_max" => "the oldest stories are forgotten",
                "limits.contexts_max" => {
                    "of further kinds of message it is not known what came around them"
                }
                _ => "what came first is known, the rest only in sum",
            };
            format!("{limit} was reached: {what}; raise it in the settings")
        })
    }

    /// Says once of each limit that it was reached.
    fn say_limits(&mut self, config: &Config, out: &mut Vec<Change>) {
        let limits = &config.limits;
        let (unwatched, unlearnt) = self.starts.overflowed();
        let reached = [
            ("limits.signatures_max", self.library.overflowed() > 0),
            ("limits.hosts_max", self.ledger.hosts.len() > limits.hosts_max),
            ("limits.services_max", self.ledger.services.len() > limits.services_max),
            ("limits.cells_max", self.ledger.cells_overflowed > 0),
            ("limits.candidates_max", self.stories.forgotten > 0),
            ("limits.contexts_max", self.ledger.contexts.overflowed > 0),
            ("limits.series_max", self.gauges.refused() > 0),
            ("limits.programs_max", unwatched > 0),
            ("limits.start_pairs_max", unlearnt > 0),
        ];
        for (limit, _) in reached.into_iter().filter(|(_, is_reached)| *is_reached) {
            if self.limits_said.insert(limit.to_owned()) {
                out.push(Change::LimitReached {
                    tenant_id: self.id.clone(),
                    at: self.ledger.now,
                    limit,
                });
            }
        }
    }
}
