//! What can be tuned, each value with the reason for its default. Plain data: the binary reads
//! files, this only names and bounds.

use crate::checks::Checks;
use crate::criticality::CriticalityRule;
use crate::sites::Site;
use model::Span;

/// This file: the comments on its fields are the reasons that a person is shown.
pub const REASONS: &str = include_str!("config.rs");

/// Everything the engine can be told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// Caps on what is kept per tenant.
    pub limits: Limits,
    /// How sightings are grouped and how long is learnt.
    pub attention: Attention,
    /// What the detectors ask for.
    pub discover: Discover,
    /// What a digest holds.
    pub digest: Digest,
    /// What matters how much to those who run it.
    pub criticality: Vec<CriticalityRule>,
    /// Which host stands where; the first site that fits has it.
    pub sites: Vec<Site>,
    /// What to check next, by family of programs.
    pub checks: Checks,
}

impl Config {
    /// The part that the library of signatures needs.
    pub fn library(&self) -> crate::signature::LibraryConfig {
        crate::signature::LibraryConfig {
            signatures_max: self.limits.signatures_max,
            ..Default::default()
        }
    }
}

/// Caps per tenant; reaching one is counted and said.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Signatures; 100 k × 0.5 kB = 50 MB. Further ones share one signature per service.
    pub signatures_max: usize,
    /// Hosts; beyond them all further hosts share one slot named `(other)`.
    pub hosts_max: usize,
    /// Services; beyond them all further ones share the name `(other)`.
    pub services_max: usize,
    /// Pairs of signature and host with a history of their own; beyond them only the signature's
    /// totals grow.
    pub cells_max: usize,
    /// Candidates kept, open and closed; the oldest closed ones go first.
    pub candidates_max: usize,
    /// Pairs of signature and host whose context is kept; 5,000 × 4 kB = 20 MB. Only what is watched
    /// has one; beyond them further ones are told without.
    pub contexts_max: usize,
    /// Series of measured values; 4,000 × 6 to 12 kB, 32 MB. Samples of further ones are events like any other,
    /// and are not judged.
    pub series_max: usize,
    /// Programs of hosts whose values are compared at each start; 1,000 × 24 kB = 24 MB. Starts of further
    /// ones are judged by rules alone.
    pub programs_max: usize,
    /// Pairs of a program with its parent, and with its user, that hosts have shown; 65,536 × 20 bytes =
    /// 1.3 MB. Further ones are never called new.
    pub start_pairs_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            signatures_max: 100_000,
            hosts_max: 10_000,
            services_max: 10_000,
            cells_max: 200_000,
            candidates_max: 5_000,
            contexts_max: 5_000,
            series_max: 4_000,
            programs_max: 1_000,
            start_pairs_max: 65_536,
        }
    }
}

/// Grouping in time, and learning.
#[derive(Debug, Clone, PartialEq)]
pub struct Attention {
    /// Sightings closer than this are one occasion: a retry storm is one trouble, not fifty.
    pub occasion_gap: Span,
    /// How long a tenant (and a new host) is watched before anything is shown for review: three
    /// days hold every daily job three times.
    pub learning_span: Span,
    /// After so many days without any evidence a well-known signature costs a counter only.
    pub ignore_after: Span,
    /// A message above this many a day is no rare one: single occasions of it say nothing, only its
    /// rate does.
    pub rare_per_day_max: f64,
    /// Evidence (decades) from which a signature's context is kept.
    pub watch_surprise_min: f64,
    /// Score from which a candidate is put before a person at once.
    pub promote_score_min: f64,
    /// A band is left downwards after so long without new evidence.
    pub calm_after: Span,
    /// Context: how old a line before an occasion may be; as long as companions are looked for.
    pub context_before: Span,
    /// Context: how long lines after an occasion are kept; a consequence mostly follows at once.
    pub context_after: Span,
    /// Context: how long it outlives the end of its story. A week: so long is what is over still told
    /// and asked about.
    pub context_kept_for: Span,
}

impl Default for Attention {
    fn default() -> Self {
        Attention {
            occasion_gap: Span::from_secs(15 * 60),
            learning_span: Span::DAY.times(3),
            ignore_after: Span::DAY.times(3),
            rare_per_day_max: 6.0,
            watch_surprise_min: 2.5,
            promote_score_min: 0.75,
            calm_after: Span::DAY.times(2),
            context_before: Span::from_secs(10 * 60),
            context_after: Span::from_secs(2 * 60),
            context_kept_for: Span::DAY.times(7),
        }
    }
}

/// What the detectors ask for before they speak. Surprises are decades (see `stats`).
#[derive(Debug, Clone, PartialEq)]
pub struct Discover {
    /// Recurrence: fewest occasions; below four a coincidence of two quiet causes is common.
    pub recurrence_occasions_min: u32,
    /// Recurrence: shortest time from first to last occasion; below it, it is a burst.
    pub recurrence_span_min: Span,
    /// Recurrence: evidence asked for. Each new occasion of a rare message is one test; with some
    /// hundred of them a day, 10⁻⁴ is a false alarm every few weeks.
    pub recurrence_surprise_min: f64,
    /// Burst: fewest events in an hour.
    pub burst_events_min: u32,
    /// Burst: evidence asked for; tests run at every event, so it is high.
    pub burst_surprise_min: f64,
    /// Burst: how many times the largest hour that may be held against it must be passed: timers and nightly
    /// jobs reach their own maximum every time.
    pub burst_over_max: f64,
    /// Self-heal: fewest fail–recover pairs.
    pub heal_pairs_min: u32,
    /// Self-heal and precursor: evidence asked for that the pair is new. A pair in a fixed order is
    /// evidence itself, so it is less than for a single message.
    pub pair_surprise_min: f64,
    /// Self-heal and precursor: what each pair beyond the fourth takes off that, down to a half.
    pub pair_surprise_step: f64,
    /// Self-heal and precursor: how soon the second must follow the first.
    pub pair_within: Span,
    /// Spread: fewest hosts.
    pub spread_hosts_min: u32,
    /// Spread: the time in which they must be reached.
    pub spread_within: Span,
    /// Spread: evidence asked for.
    pub spread_surprise_min: f64,
    /// Spread: usual occasions per host and day up to which a message can spread at all.
    pub spread_usual_max: f64,
    /// Spread: how much more evidence is asked for where the messages name something, but not the
    /// same thing on every host: such waves are mostly the sum of unrelated events. Half of it is
    /// asked for where they name nothing.
    pub spread_unshared_more: f64,
    /// Spread over sites: fewest further sites within `spread_within`. One more may be a host that was moved.
    pub spread_sites_min: u32,
    /// Clients: fewest other clients at which the same message is new, or rises, too; with one other it is
    /// a pair that chance makes often.
    pub clients_min: u32,
    /// Clients: the time in which they must. An update, or a certificate that ends, reaches all within two
    /// days, weekends aside.
    pub clients_within: Span,
    /// Clients: evidence asked for before it is told to a client at all; the budget of false alarms may ask
    /// for more.
    pub clients_surprise_min: f64,
    /// Precursor: evidence asked for that the order is no coin's: five of five have 1.5 decades.
    pub precursor_order_min: f64,
    /// Precursor: share of the leader's occasions that must be followed.
    pub precursor_share_min: f64,
    /// Anomaly: evidence asked for that it comes more than is usual, hour by hour.
    pub shift_surprise_min: f64,
    /// Anomaly: how many times the largest day of the week before the last 24 hours must be.
    pub shift_over_max: f64,
    /// Anomaly: fewest events in the last 24 hours; rarer things are the matter of recurrence.
    pub shift_events_min: u32,
    /// Drift: fewest days with values before the one that is judged; fewer show no range.
    pub drift_days_min: usize,
    /// Drift: how many times above the highest or below the lowest of those days a day must lie. Less than
    /// twice is seldom worth a person, however sure it is.
    pub drift_factor_min: f64,
    /// Drift: evidence asked for. Noise alone (10,000 messages of six kinds over three weeks, judged at
    /// each quarter of an hour) stays below it; see the test.
    pub drift_surprise_min: f64,
    /// Novelty: fewest new kinds that speak of failing or are warnings or worse; a failure that was never
    /// seen says one or two.
    pub novelty_kinds_min: u32,
    /// Novelty: the time in which they must come to one host.
    pub novelty_within: Span,
    /// Novelty: evidence asked for. New kinds come in clumps, which the estimate does not know of, so it is
    /// more than for occasions.
    pub novelty_surprise_min: f64,
    /// Breakthrough: fewest lines of failing that name somebody. A person who mistypes three times is told of
    /// in two or three lines each.
    pub breakthrough_failures_min: u32,
    /// Breakthrough: longest pause between failures, and up to the success. Whoever guesses does not rest; with
    /// an hour, the strangers of an afternoon add up under the name of one account.
    pub breakthrough_pause_max: Span,
    /// Breakthrough: evidence asked for that this success does not usually come after so many failures; one
    /// decade, for there are few such tests.
    pub breakthrough_surprise_min: f64,
    /// Silence of a host: how many times the longest pause of the last week it must last.
    pub host_silence_pauses: f64,
    /// Silence of a host: shortest; a reboot or an update takes less.
    pub host_silence_min: Span,
    /// Silence of a host: how long it must be known.
    pub host_silence_known: Span,
    /// Silence of a host: share of the other active hosts that must have spoken in the meantime; where most
    /// are silent, it is we that do not hear.
    pub host_silence_others: f64,
    /// Silence of a host: hosts that fall silent so soon after each other have one cause.
    pub host_silence_together: Span,
    /// Silence: fewest gaps learnt before a message counts as expected.
    pub silence_gaps_min: u32,
    /// Silence: largest relative spread of the gaps of an expected message.
    pub silence_spread_max: f64,
    /// Silence: missed beats before it is said.
    pub silence_beats_missed: f64,
    /// Pain: the chance up to which a severe event may also come by itself while a candidate is open, by
    /// how often its program has such; above it, the two have nothing to do with each other. A program that was never
    /// severe in ten days on one host has 0.14 over a story of six; one that was so once has 0.53.
    pub pain_chance_max: f64,
    /// Pain of another program on the same host, critical by its source's word: the chance up to which one may come so soon after an
    /// occasion by itself. Less than above, for there are many other programs.
    pub pain_follows_max: f64,
    /// Memory: occasions that suffice when the same thing ended badly before.
    pub recall_occasions_min: u32,
    /// Memory: time in which those occasions must fall.
    pub recall_within: Span,
    /// Memory: evidence asked for besides; one decade, for the memory itself is evidence.
    pub recall_surprise_min: f64,
    /// Change: so many new kinds of message on one host within `change_within` are a change (a
    /// rollout, a reboot), not trouble each.
    pub change_births_min: u32,
    /// Change: see `change_births_min`.
    pub change_within: Span,
    /// Change: so many kinds of rare message that come together on most of the hosts are a reboot
    /// or a maintenance, known or not; two may be a symptom and its consequence.
    pub change_company_min: u32,
    /// Change: see `change_company_min`. Minutes, or chance meetings would count.
    pub company_within: Span,
    /// Comparison: fewest occasions that a message must come before (or after) to be named; below
    /// three there is no habit.
    pub compare_occasions_min: u32,
    /// Comparison: share of the occasions with a known context that it must come before (or after).
    pub compare_share_min: f64,
    /// Comparison: evidence asked for beyond chance, after paying for every message of the host. Asked
    /// when an item is made and only of what is shown, so less than a detector asks.
    pub compare_surprise_min: f64,
    /// A candidate is over after so long without a new event.
    pub close_after: Span,
    /// A burst or a shift is over when its rate has been the usual one again for so long: half a day,
    /// or trouble of every night would be told anew each time.
    pub close_after_calm: Span,
    /// However long the gaps of a candidate are, it is over after so long: two weeks hold every
    /// weekly job twice.
    pub close_after_max: Span,
    /// A candidate that was followed by a severe event is over after so long without a new one.
    pub close_after_pain: Span,
    /// A crash is over after so long: a machine that will crash again mostly does within a week, and both are
    /// one story then.
    pub close_after_crash: Span,
}

impl Discover {
    /// Evidence asked for of something that came as a pair so many times.
    /// Over more than two weeks none is taken off: what comes so slowly is a pair of ordinary times.
    pub fn pair_surprise_min(&self, pairs: u32, within: Span) -> f64 {
        if within > self.close_after_max {
            return self.pair_surprise_min;
        }
        let off = self.pair_surprise_step * f64::from(pairs.saturating_sub(4));
        self.pair_surprise_min - off.min(self.pair_surprise_min / 2.0)
    }
}

impl Default for Discover {
    fn default() -> Self {
        Discover {
            recurrence_occasions_min: 4,
            recurrence_span_min: Span::HOUR.times(6),
            recurrence_surprise_min: 4.0,
            burst_events_min: 20,
            burst_surprise_min: 5.0,
            burst_over_max: 1.5,
            heal_pairs_min: 4,
            pair_surprise_min: 3.0,
            pair_surprise_step: 0.5,
            pair_within: Span::from_secs(10 * 60),
            spread_hosts_min: 4,
            spread_within: Span::HOUR.times(3),
            spread_surprise_min: 2.9,
            spread_usual_max: 1.0,
            spread_unshared_more: 1.6,
            spread_sites_min: 2,
            clients_min: 2,
            clients_within: Span::DAY.times(2),
            clients_surprise_min: 2.5,
            precursor_order_min: 1.5,
            precursor_share_min: 0.7,
            shift_surprise_min: 6.0,
            shift_over_max: 1.5,
            shift_events_min: 30,
            drift_days_min: 4,
            drift_factor_min: 2.0,
            drift_surprise_min: 2.5,
            novelty_kinds_min: 4,
            novelty_within: Span::HOUR,
            novelty_surprise_min: 5.0,
            breakthrough_failures_min: 10,
            breakthrough_pause_max: Span::from_secs(15 * 60),
            breakthrough_surprise_min: 1.0,
            host_silence_pauses: 3.0,
            host_silence_min: Span::from_secs(30 * 60),
            host_silence_known: Span::DAY.times(3),
            host_silence_others: 0.5,
            host_silence_together: Span::from_secs(10 * 60),
            silence_gaps_min: 12,
            silence_spread_max: 0.15,
            silence_beats_missed: 6.0,
            pain_chance_max: 0.3,
            pain_follows_max: 0.1,
            recall_occasions_min: 2,
            recall_within: Span::DAY,
            recall_surprise_min: 1.3,
            change_births_min: 2,
            change_within: Span::HOUR,
            change_company_min: 3,
            company_within: Span::from_secs(5 * 60),
            compare_occasions_min: 3,
            compare_share_min: 0.6,
            compare_surprise_min: 3.0,
            close_after: Span::DAY.times(2),
            close_after_calm: Span::HOUR.times(12),
            close_after_max: Span::DAY.times(14),
            close_after_pain: Span::HOUR.times(12),
            close_after_crash: Span::DAY.times(7),
        }
    }
}

/// What a digest holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Digest {
    /// Items per tenant: what a technician reads in ten minutes.
    pub items_max: usize,
    /// False alarms that a tenant's tests of one day may come to, by expectation. One a day is what a
    /// technician forgives; most gates are stricter than their odds say, so far fewer come.
    pub false_alarms_per_day: f64,
    /// New candidates shown per tenant and day, however strong: what a person can take in.
    pub new_per_day_max: usize,
    /// Quiet notes on ordinary change that are written out, newest and largest first; further ones are
    /// counted. Half a dozen are read in passing.
    pub notes_max: usize,
}

impl Default for Digest {
    fn default() -> Self {
        Digest { items_max: 10, false_alarms_per_day: 1.0, new_per_day_max: 10, notes_max: 6 }
    }
}
