//! What `explain` says would change a band, put to the test: every claim about every case of
//! `fixtures/discover/`, at several moments of its stream, is made to happen, and the band is looked at.
//! Where a claim names the smallest number, one less is made to happen too.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod streams;

use engine::counterfactual::{Counterfactual, Happens, Part};
use engine::{Config, Engine, signature};
use model::{Band, SignatureId, Span, TenantId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use streams::{Message, batch, cases, stream};

const QUARTER: Span = Span::from_secs(15 * 60);

/// An engine at a moment of a stream, and what its messages look like.
struct Scene {
    tenant: TenantId,
    now: Timestamp,
    state: Vec<u8>,
    engine: Engine,
    /// The message that began the latest occasion of each signature.
    looks: BTreeMap<SignatureId, Message>,
}

impl Scene {
    fn of(messages: &[Message], config: &Config) -> Scene {
        let tenant = TenantId::new("acme");
        let mut engine = Engine::new(config.clone());
        for sighting in batch(messages, 0).iter() {
            engine.observe(&tenant, &sighting, &mut Vec::new());
        }
        let now = messages.last().unwrap().at;
        engine.tick(now, &mut Vec::new());
        let (mut looks, mut last) = (BTreeMap::new(), BTreeMap::new());
        for message in messages {
            let id = signature::signature(&message.service, &message.body).id;
            let before = last.insert((id, &message.host), message.at);
            if before.is_none_or(|before| message.at - before > QUARTER) {
                looks.insert(id, message.clone());
            }
        }
        Scene { tenant, now, state: engine.snapshot(), engine, looks }
    }

    /// What comes, beside the ticks of every quarter of an hour until `until` → the band then.
    fn band_after(&self, id: SignatureId, mut comes: Vec<Message>, until: Timestamp) -> Band {
        let config = self.engine.config().clone();
        let mut engine = Engine::restore(&self.state, config).unwrap();
        comes.sort();
        let (mut tick, mut changes) = (self.now.floor(QUARTER) + QUARTER, Vec::new());
        for sighting in batch(&comes, 1 << 20).iter() {
            while tick <= sighting.at {
                engine.tick(tick, &mut changes);
                tick = tick + QUARTER;
            }
            engine.observe(&self.tenant, &sighting, &mut changes);
        }
        while tick <= until {
            engine.tick(tick, &mut changes);
            tick = tick + QUARTER;
        }
        engine.tick(until, &mut changes);
        engine.tenant(&self.tenant).unwrap().band(id, engine.config()).unwrap()
    }

    fn occasions(&self, n: u32, every: Span, parts: &[Part]) -> Vec<Message> {
        let occasion = |i: i64| parts.iter().map(move |part| (i, part));
        let all = (1..=i64::from(n)).flat_map(occasion);
        all.map(|(i, part)| {
            self.message(part.signature, &part.host, self.now + every.times(i) + part.after)
        })
        .collect()
    }

    fn message(&self, id: SignatureId, host: &str, at: Timestamp) -> Message {
        Message { at, host: host.to_owned(), ..self.looks[&id].clone() }
    }

    /// Makes a claim about a signature happen.
    fn check(&self, id: SignatureId, from: Band, claim: &Counterfactual, what: &str) {
        let what =
            format!("{what} at {}, {from}: {}", self.now.to_minute_text(), claim.words(from));
        match &claim.happens {
            Happens::Occasions { n, every, parts, until, is_enough } => {
                let band = |n| self.band_after(id, self.occasions(n, *every, parts), *until);
                assert_eq!(band(*n), claim.band, "{what}");
                assert_eq!(*is_enough, claim.band != from, "{what}");
                if *is_enough {
                    assert!(band(n - 1) <= from, "{what}: {} do as well", n - 1);
                }
            }
            Happens::AtOnce { n, part, at } => {
                let events =
                    |n: u32| vec![self.message(part.signature, &part.host, *at); n as usize];
                assert_eq!(self.band_after(id, events(*n), *at), claim.band, "{what}");
                assert!(self.band_after(id, events(n - 1), *at) <= from, "{what}: one less");
            }
            Happens::Hosts { hosts, every, signature, until, is_enough } => {
                let reach = |hosts: &[String]| {
                    let times = (1..).map(|i| self.now + every.times(i));
                    let comes = hosts.iter().zip(times);
                    comes.map(|(host, at)| self.message(*signature, host, at)).collect()
                };
                assert_eq!(self.band_after(id, reach(hosts), *until), claim.band, "{what}");
                assert_eq!(*is_enough, claim.band != from, "{what}");
                if *is_enough {
                    let fewer = reach(&hosts[..hosts.len() - 1]);
                    assert!(self.band_after(id, fewer, *until) <= from, "{what}: one less");
                }
            }
            Happens::Severe { service, host } => {
                let at = self.now + Span::MINUTE;
                let (host, service) = (host.clone(), service.clone());
                let body = "an entirely unheard of mishap befell the frobnicator".to_owned();
                let (tenant, severity) = ("acme".to_owned(), "error".to_owned());
                let comes = Message { at, tenant, host, service, severity, body };
                assert_eq!(self.band_after(id, vec![comes], at), claim.band, "{what}");
            }
            Happens::Quiet { until, .. } => {
                assert_eq!(self.band_after(id, vec![], *until), claim.band, "{what}");
            }
        }
    }
}

fn word(happens: &Happens) -> &'static str {
    match happens {
        Happens::Occasions { is_enough: true, .. } => "occasions",
        Happens::Occasions { .. } => "not even so many",
        Happens::AtOnce { .. } => "at once",
        Happens::Hosts { is_enough: true, .. } => "hosts",
        Happens::Hosts { .. } => "not even so many hosts",
        Happens::Severe { .. } => "severe",
        Happens::Quiet { closes: true, .. } => "closes",
        Happens::Quiet { .. } => "quiet",
    }
}

/// Every claim about every subject of a scene.
fn claims(scene: &Scene) -> Vec<(SignatureId, Counterfactual)> {
    let config = scene.engine.config();
    let tenant = scene.engine.tenant(&scene.tenant).unwrap();
    let mut claims = Vec::new();
    for id in tenant.candidates_beginning("cand_") {
        let lead = tenant.explain_candidate(id, config).unwrap().signature.unwrap().id;
        let moves = tenant.candidate_would_change(id, config);
        claims.extend(moves.into_iter().map(|claim| (lead, claim)));
    }
    for id in tenant.signatures_beginning("sig_", config) {
        if tenant.explain_signature(id, config).unwrap().item.is_none() {
            let moves = tenant.signature_would_change(id, config);
            claims.extend(moves.into_iter().map(|claim| (id, claim)));
        }
    }
    claims
}

#[test]
fn what_would_change_a_band_does() {
    let mut eager = Config::default();
    eager.attention.promote_score_min = 0.55;
    let mut seen: BTreeMap<(&'static str, &'static str), u32> = BTreeMap::new();
    for (case, config) in cases().iter().flat_map(|c| [(c, Config::default()), (c, eager.clone())])
    {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let messages = stream(&fs::read_to_string(case.join("input.txt")).unwrap());
        let ends: BTreeSet<usize> = (1..=8).map(|part| messages.len() * part / 8).collect();
        for end in ends {
            let scene = Scene::of(&messages[..end], &config);
            let tenant = scene.engine.tenant(&scene.tenant).unwrap();
            for (id, claim) in claims(&scene) {
                let from = tenant.band(id, &config).unwrap();
                scene.check(id, from, &claim, &name);
                *seen.entry((word(&claim.happens), claim.band.word())).or_default() += 1;
            }
        }
    }
    let kinds: BTreeSet<&str> = seen.keys().map(|(word, _)| *word).collect();
    assert_eq!(kinds.len(), 8, "not every kind of claim was put to the test: {seen:?}");
}

/// The last claim of the course of a quiet candidate is when it closes, and not a moment earlier.
#[test]
fn a_quiet_candidate_closes_at_the_time_that_is_told() {
    let case = cases().into_iter().find(|case| case.ends_with("self_heal")).unwrap();
    let scene = Scene::of(
        &stream(&fs::read_to_string(case.join("input.txt")).unwrap()),
        &Config::default(),
    );
    let tenant = scene.engine.tenant(&scene.tenant).unwrap();
    let mut told = 0;
    for id in tenant.candidates_beginning("cand_") {
        for claim in tenant.candidate_would_change(id, scene.engine.config()) {
            let Happens::Quiet { until, closes: true } = claim.happens else { continue };
            for (at, is_open) in [(until - Span::from_secs(1), true), (until, false)] {
                let mut engine = Engine::restore(&scene.state, Config::default()).unwrap();
                let mut tick = scene.now;
                while tick < at {
                    tick = (tick.floor(QUARTER) + QUARTER).min(at);
                    engine.tick(tick, &mut Vec::new());
                }
                let tenant = engine.tenant(&scene.tenant).unwrap();
                let item = tenant.explain_candidate(id, engine.config()).unwrap().item.unwrap();
                assert_eq!(item.outcome.is_none(), is_open, "{at}");
            }
            told += 1;
        }
    }
    assert!(told > 0);
}
