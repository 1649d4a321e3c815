//! What is new, or rises, at several clients: a second, small stream of summaries that carries no
//! client's text → at how many others the same message stirred, and how unlikely that is.
//!
//! A vendor's update, a provider, a certificate of a shared service reaches many clients at once, and
//! each sees a line or two. The usual is how often the message stirs at all per client and day, over
//! the clients of the last four weeks; the law is the one of further hosts (`discover::usual`). Only
//! clients that are known for a week take part: before, everything is new, and only counts for the
//! usual.

use crate::config::Config;
use crate::discover::usual::Usual;
use model::{Band, Change, SignatureId, Span, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How long a client must be known to take part: a week shows every weekly job, a day more its clock.
const KNOWN_MIN: Span = Span::DAY.times(8);
/// How long a stir is remembered.
const REMEMBERED: Span = Span::DAY.times(28);
/// Stirs kept over all clients; the oldest go first. 20,000 × 64 bytes.
const STIRS_MAX: usize = 20_000;
/// Stirs of one client in a day that are heard: a flood at one is no news for the others.
const STIRS_A_DAY_MAX: u32 = 200;
/// A window is taken to be a quarter of an hour long at least, for clocks differ.
const WITHIN_MIN_DAYS: f64 = 0.01;

/// A message became noticeable at a client: the summary that other clients' evidence is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stir {
    /// Which kind of message.
    pub signature: SignatureId,
    /// At which client; never told to another.
    pub tenant: TenantId,
    /// When.
    pub at: Timestamp,
    /// It was never seen there before; else it rose to be watched.
    pub is_new: bool,
}

impl Stir {
    /// The summary of a change, if it is one that others may learn of.
    pub fn of(change: &Change) -> Option<Stir> {
        match change {
            Change::SignatureBorn { tenant_id, at, signature } => Some(Stir {
                signature: signature.id,
                tenant: tenant_id.clone(),
                at: *at,
                is_new: true,
            }),
            Change::BandChanged { tenant_id, at, signature_id, from, to, .. }
                if *from < Band::Watch && *to >= Band::Watch =>
            {
                let (signature, tenant) = (*signature_id, tenant_id.clone());
                Some(Stir { signature, tenant, at: *at, is_new: false })
            }
            _ => None,
        }
    }
}

/// What one client is told of the others: numbers only.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AtClients {
    /// Other clients at which it is new or rises.
    pub others: u32,
    /// It is new at all of them, and here; else it rises at some.
    pub is_new: bool,
    /// Other clients that are known for long enough.
    pub of: u32,
    /// When it began, at whichever client.
    pub since: Timestamp,
    /// When it was last heard of.
    pub at: Timestamp,
    /// Other clients expected in that time.
    pub expected: f64,
    /// How unlikely so many are, in decades.
    pub surprise: f64,
    /// Kinds of message, itself counted, that were new at most of these clients within the same hour.
    pub company: u32,
}

impl AtClients {
    /// From the first client to the latest.
    pub fn within(&self) -> Span {
        self.at - self.since
    }

    /// Whether so many kinds came together that it is a change, such as an update.
    pub fn is_change(&self, config: &Config) -> bool {
        self.company >= config.discover.change_company_min
    }
}

/// What is to be told to whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Which kind of message.
    pub signature: SignatureId,
    /// The clients at which it stirs.
    pub tenants: Vec<TenantId>,
    /// What each learns of the others.
    pub found: AtClients,
}

/// A client that may take part, and since when it is known.
pub type Clients = BTreeMap<TenantId, Timestamp>;

/// Whether a client that is known since `first` takes part.
pub fn takes_part(first: Timestamp, now: Timestamp, config: &Config) -> bool {
    now - first >= KNOWN_MIN.max(config.attention.learning_span)
}

/// The stirs of the last weeks over all clients, in the order in which they were heard.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Elsewhere {
    stirs: VecDeque<Stir>,
    /// Stirs of each client on its latest day.
    today: BTreeMap<TenantId, (i64, u32)>,
}

impl Elsewhere {
    /// Hears a stir; says what follows for the clients at which the same message stirs, and for what came
    /// in its company. Costs a few passes over what is kept; of a client that takes no part yet nothing
    /// follows, but it counts for the usual.
    pub fn hear(&mut self, stir: Stir, clients: &Clients, config: &Config) -> Vec<Told> {
        let (signature, at) = (stir.signature, stir.at);
        self.expire(at);
        if !self.has_room(&stir) {
            return Vec::new();
        }
        if !clients.contains_key(&stir.tenant) {
            self.stirs.push_back(stir);
            return Vec::new();
        }
        let from = at - config.discover.clients_within;
        let is_same = |s: &&Stir| s.signature == signature && s.tenant == stir.tenant;
        if self.stirs.iter().filter(is_same).any(|s| s.at >= from) {
            return Vec::new();
        }
        self.stirs.push_back(stir);
        let Some(told) = self.ask(signature, at, clients, config) else {
            return Vec::new();
        };
        // What came before it in its company is in its company, too.
        let company = self.company(&told, config).into_iter();
        let again = company.filter_map(|other| self.ask(other, at, clients, config));
        let mut all: Vec<Told> = again.collect();
        all.insert(0, told);
        all
    }

    /// Counts a stir of its client's day; whether it may be heard.
    fn has_room(&mut self, stir: &Stir) -> bool {
        let day = stir.at.as_secs().div_euclid(86_400);
        let today = self.today.entry(stir.tenant.clone()).or_insert((day, 0));
        if today.0 != day {
            *today = (day, 0);
        }
        today.1 = today.1.saturating_add(1);
        today.1 <= STIRS_A_DAY_MAX
    }

    fn expire(&mut self, now: Timestamp) {
        let is_old = |stir: &Stir| now - stir.at > REMEMBERED;
        while self.stirs.len() >= STIRS_MAX || self.stirs.front().is_some_and(is_old) {
            self.stirs.pop_front();
        }
    }

    /// At how many clients a message stirs, and the odds; `None` where they are too few.
    fn ask(
        &self,
        signature: SignatureId,
        now: Timestamp,
        clients: &Clients,
        config: &Config,
    ) -> Option<Told> {
        let from = now - config.discover.clients_within;
        let of_it = self.stirs.iter().filter(|s| s.signature == signature);
        let (recent, earlier): (Vec<&Stir>, Vec<&Stir>) =
            of_it.partition(|s| s.at >= from && clients.contains_key(&s.tenant));
        // That it once was new says nothing of how often it rises.
        let is_new = recent.iter().any(|s| s.is_new);
        let earlier = earlier.iter().filter(|s| is_new || !s.is_new).count();
        let since = recent.iter().map(|s| s.at).min()?;
        let others = recent.len().checked_sub(1)?;
        if others < config.discover.clients_min as usize || clients.len() <= others {
            return None;
        }
        let (surprise, expected) = odds(others, now, since, earlier, clients);
        let mut told = Told {
            signature,
            tenants: recent.iter().map(|s| s.tenant.clone()).collect(),
            found: AtClients {
                others: others as u32,
                is_new: recent.iter().all(|s| s.is_new),
                of: clients.len() as u32 - 1,
                since,
                at: now,
                expected,
                surprise,
                company: 1,
            },
        };
        told.found.company += self.company(&told, config).len() as u32;
        Some(told)
    }

    /// Other kinds that were new at most of the clients at the time at which this one stirred there.
    fn company(&self, told: &Told, config: &Config) -> BTreeSet<SignatureId> {
        let within = config.discover.change_within;
        let from = told.found.since - within;
        let mut came: BTreeMap<&TenantId, Timestamp> = BTreeMap::new();
        for stir in self.stirs.iter().filter(|s| s.signature == told.signature && s.at >= from) {
            came.insert(&stir.tenant, stir.at);
        }
        let mut shared: BTreeMap<SignatureId, BTreeSet<&TenantId>> = BTreeMap::new();
        for stir in self.stirs.iter().filter(|s| s.is_new && s.signature != told.signature) {
            let near = came.get(&stir.tenant).is_some_and(|at| stir.at.apart(*at) <= within);
            if near {
                shared.entry(stir.signature).or_default().insert(&stir.tenant);
            }
        }
        let most = told.tenants.len().div_ceil(2).max(2);
        shared.into_iter().filter(|(_, at)| at.len() >= most).map(|(kind, _)| kind).collect()
    }
}

/// How unlikely it is, in decades, that a message which stirred `earlier` times over these clients
/// stirs at so many others in this time; and how many would be usual. The client that was first
/// opened the window and is no evidence.
fn odds(
    others: usize,
    now: Timestamp,
    since: Timestamp,
    earlier: usize,
    clients: &Clients,
) -> (f64, f64) {
    let heard = |first: &Timestamp| (since - *first).clamp(Span::ZERO, REMEMBERED).as_days_f64();
    let usual = Usual {
        occasions: earlier as f64,
        days: clients.values().map(heard).sum::<f64>().max(1.0),
    };
    let within = (now - since).as_days_f64().max(WITHIN_MIN_DAYS) * (clients.len() as f64 - 1.0);
    (usual.surprise_of_distinct(others as u64, within), usual.per_day() * within)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says by panicking")]
mod tests {
    use super::*;

    const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    fn hour(hours: i64) -> Timestamp {
        Timestamp::default() + Span::HOUR.times(hours)
    }

    /// Six clients, known since the hour 0.
    fn clients() -> Clients {
        NAMES.iter().map(|name| (TenantId::new(*name), hour(0))).collect()
    }

    fn stir(kind: &str, tenant: &str, at: Timestamp) -> Stir {
        let signature = SignatureId::derive(&[kind.as_bytes()]);
        Stir { signature, tenant: TenantId::new(tenant), at, is_new: true }
    }

    fn hear(elsewhere: &mut Elsewhere, stir: Stir) -> Option<AtClients> {
        elsewhere.hear(stir, &clients(), &Config::default()).first().map(|told| told.found)
    }

    #[test]
    fn the_third_client_is_the_first_evidence() {
        let mut elsewhere = Elsewhere::default();
        assert_eq!(hear(&mut elsewhere, stir("x", "a", hour(240))), None);
        assert_eq!(hear(&mut elsewhere, stir("x", "b", hour(241))), None);
        assert_eq!(hear(&mut elsewhere, stir("x", "b", hour(242))), None, "the same client again");
        let found = hear(&mut elsewhere, stir("x", "c", hour(243))).unwrap();
        assert_eq!((found.others, found.of, found.is_new, found.company), (2, 5, true, 1));
        assert_eq!(found.within(), Span::HOUR.times(3));
        // 60 client-days without it, 5 × ⅛ in the window: half an occasion stands for none.
        assert!((found.expected - 0.5 / 60.0 * 0.625).abs() < 1e-9, "{found:?}");
        assert!((3.5..5.0).contains(&found.surprise), "{found:?}");
        let more = hear(&mut elsewhere, stir("x", "d", hour(244))).unwrap();
        assert!(more.others == 3 && more.surprise > found.surprise, "{more:?}");
    }

    #[test]
    fn what_stirs_here_and_there_all_the_time_is_usual() {
        let mut elsewhere = Elsewhere::default();
        for day in 0..20 {
            let tenant = NAMES[day as usize % NAMES.len()];
            elsewhere.hear(stir("x", tenant, hour(200 + 24 * day)), &clients(), &Config::default());
        }
        hear(&mut elsewhere, stir("x", "a", hour(800)));
        hear(&mut elsewhere, stir("x", "b", hour(820)));
        let found = hear(&mut elsewhere, stir("x", "c", hour(840))).unwrap();
        assert!(found.surprise < 1.0, "{found:?}");
    }

    #[test]
    fn an_update_brings_company() {
        let mut elsewhere = Elsewhere::default();
        let mut last = Vec::new();
        for (n, tenant) in ["a", "b", "c"].into_iter().enumerate() {
            for kind in ["x", "y", "z"] {
                let stir = stir(kind, tenant, hour(240 + 2 * n as i64));
                last = elsewhere.hear(stir, &clients(), &Config::default());
            }
        }
        // The last to come makes the others known as company, too.
        assert_eq!(last.len(), 3);
        assert!(last.iter().all(|told| told.found.is_change(&Config::default())), "{last:?}");
    }

    #[test]
    fn a_flood_at_one_client_and_old_stirs_are_not_kept() {
        let mut elsewhere = Elsewhere::default();
        for n in 0..5_000 {
            let at = hour(240 + 24 * (n / 1_000));
            elsewhere.hear(stir(&n.to_string(), "a", at), &clients(), &Config::default());
        }
        assert_eq!(elsewhere.stirs.len(), 5 * STIRS_A_DAY_MAX as usize);
        hear(&mut elsewhere, stir("x", "b", hour(240 + 24 * 60)));
        assert_eq!(elsewhere.stirs.len(), 1);
    }

    /// Independent clients whose messages differ a thousandfold in how often they come: of all tests,
    /// so many reach a surprise of two decades or more as two decades say, or fewer.
    #[test]
    fn chance_alone_is_as_rare_as_it_says() {
        let mut seed = 7_u64;
        let mut share = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((seed >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        };
        let mut stirs = Vec::new();
        for kind in 0..3_000 {
            let name = format!("kind {kind}");
            let per_day = 10_f64.powf(-1.0 - 3.0 * share());
            for tenant in NAMES {
                let mut day = 0.0;
                loop {
                    day += -share().ln() / per_day;
                    if day > 60.0 {
                        break;
                    }
                    stirs.push(stir(&name, tenant, Timestamp::default() + Span::DAY.scaled(day)));
                }
            }
        }
        stirs.sort_by(|a, b| (a.at, &a.tenant, a.signature).cmp(&(b.at, &b.tenant, b.signature)));
        let (mut elsewhere, mut tests, mut false_ones) = (Elsewhere::default(), 0, 0);
        for stir in stirs {
            let has_part = takes_part(hour(0), stir.at, &Config::default());
            let clients = if has_part { clients() } else { Clients::new() };
            let told = elsewhere.hear(stir, &clients, &Config::default());
            tests += usize::from(has_part);
            let found = told.first().map(|told| told.found);
            false_ones += usize::from(found.is_some_and(|found| found.surprise >= 2.0));
        }
        assert!(tests > 5_000, "{tests}");
        assert!(false_ones * 100 <= tests, "{false_ones} of {tests}");
    }
}
