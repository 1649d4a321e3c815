//! A stream of events → what the engine opened over it, and what each opening is about. The engine is
//! run with its defaults and asked through its public face only, as a program would.

use crate::rhythm::{MINUTE, Millis};
use crate::words::Message;
use engine::{Config, Engine, Sighting};
use model::{CandidateId, CandidateType, Change, Seq, Span, TenantId, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One event: when, and of which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Event {
    pub(crate) at: Millis,
    pub(crate) message: u32,
}

/// How often the engine is told the time.
const TICK: Millis = 5 * MINUTE;

/// Monday, 2 March 2026.
const MIDNIGHT: Timestamp = Timestamp::from_secs(1_772_409_600);

fn clock(at: Millis) -> Timestamp {
    MIDNIGHT + Span::from_micros(i64::from(at) * 1_000)
}

/// One candidate at the moment at which it was opened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Opening {
    pub(crate) at: Millis,
    pub(crate) id: CandidateId,
    /// As what it was opened.
    pub(crate) kind: CandidateType,
    /// What it was in the end: a story may be told by a better name later.
    pub(crate) last_kind: CandidateType,
    /// Messages that it is named after: one signature, on one host or several.
    pub(crate) leads: Vec<usize>,
    /// Those and all others whose records it shows.
    pub(crate) touches: BTreeSet<usize>,
}

/// What came of a stream.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    pub(crate) openings: Vec<Opening>,
    /// Kinds of message that the engine saw.
    pub(crate) born: usize,
    /// The answers to the questions, in their order.
    pub(crate) answers: Vec<bool>,
}

/// Was this message part of an open candidate at this time?
pub(crate) type Question = (Millis, usize);

/// Runs a stream, in order of time, up to `end`.
pub(crate) fn watch(
    messages: &[Message],
    events: &[Event],
    end: Millis,
    questions: &[Question],
) -> Watched {
    let mut watch = Watch::new(messages, events, questions);
    for (place, event) in events.iter().enumerate() {
        watch.advance(event.at);
        watch.see(place, event);
    }
    watch.advance(end);
    watch.finish()
}

struct Watch<'a> {
    engine: Engine,
    tenant: TenantId,
    messages: &'a [Message],
    events: &'a [Event],
    questions: Vec<(usize, Question)>,
    by_body: HashMap<&'a str, Vec<usize>>,
    ticked: Millis,
    changes: Vec<Change>,
    open: BTreeSet<CandidateId>,
    answers: BTreeMap<usize, bool>,
    watched: Watched,
}

impl<'a> Watch<'a> {
    fn new(messages: &'a [Message], events: &'a [Event], questions: &[Question]) -> Watch<'a> {
        let mut by_body: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, message) in messages.iter().enumerate() {
            by_body.entry(message.body.as_str()).or_default().push(place);
        }
        let mut questions: Vec<(usize, Question)> = questions.iter().copied().enumerate().collect();
        questions.sort_by_key(|(_, (at, _))| std::cmp::Reverse(*at));
        Watch {
            engine: Engine::new(Config::default()),
            tenant: TenantId::new("acme"),
            messages,
            events,
            questions,
            by_body,
            ticked: 0,
            changes: Vec::new(),
            open: BTreeSet::new(),
            answers: BTreeMap::new(),
            watched: Watched::default(),
        }
    }

    /// Lets the clock run up to `now`.
    fn advance(&mut self, now: Millis) {
        while self.ticked + TICK <= now {
            self.ticked += TICK;
            self.engine.tick(clock(self.ticked), &mut self.changes);
            self.note(self.ticked);
            while let Some((number, (_, message))) =
                self.questions.pop_if(|(_, (at, _))| *at <= self.ticked)
            {
                let is_told = self.open.iter().any(|id| self.about(*id).1.contains(&message));
                self.answers.insert(number, is_told);
            }
        }
    }

    fn see(&mut self, place: usize, event: &Event) {
        let message = &self.messages[event.message as usize];
        let sighting = Sighting {
            seq: Seq(place as u64),
            at: clock(event.at),
            host: &message.host,
            source: "",
            service: &message.service,
            severity: Some(message.severity),
            process: engine::sighting::Process::default(),
            body: &message.body,
            key: message.key,
            entities: message.entities,
            // One body stands for all messages of its kind here: it measures nothing.
            values: engine::values::Values::default(),
            occurrences: 1,
            kernel: None,
            sample: None,
            is_start: false,
        };
        self.engine.observe(&self.tenant, &sighting, &mut self.changes);
        self.note(event.at);
    }

    /// Writes down what has changed.
    fn note(&mut self, at: Millis) {
        for change in std::mem::take(&mut self.changes) {
            match change {
                Change::CandidateOpened { candidate_id: id, candidate_type: kind, .. } => {
                    self.open.insert(id);
                    let (leads, touches) = self.about(id);
                    let opening = Opening { at, id, kind, last_kind: kind, leads, touches };
                    self.watched.openings.push(opening);
                }
                Change::CandidateClosed { candidate_id, .. } => {
                    self.open.remove(&candidate_id);
                }
                Change::SignatureBorn { .. } => self.watched.born += 1,
                Change::BandChanged { .. }
                | Change::SignalJudged { .. }
                | Change::LimitReached { .. } => {}
            }
        }
    }

    /// The messages that a candidate is named after, and all that it shows records of.
    fn about(&self, id: CandidateId) -> (Vec<usize>, BTreeSet<usize>) {
        let tenant = self.engine.tenant(&self.tenant);
        let told = tenant.and_then(|t| t.explain_candidate(id, self.engine.config()));
        let Some((item, signature)) = told.and_then(|t| t.item.zip(t.signature)) else {
            return Default::default();
        };
        let is_named = |place: &usize| item.place.hosts.contains(&self.messages[*place].host);
        let same = self.by_body.get(signature.template.as_str());
        let leads: Vec<usize> = same.into_iter().flatten().copied().filter(is_named).collect();
        let shown = item.evidence.iter().map(|e| self.events[e.seq.0 as usize].message as usize);
        let touches = shown.chain(leads.iter().copied()).collect();
        (leads, touches)
    }

    fn finish(mut self) -> Watched {
        let mut openings = std::mem::take(&mut self.watched.openings);
        let tenant = self.engine.tenant(&self.tenant);
        for opening in &mut openings {
            let told = tenant.and_then(|t| t.explain_candidate(opening.id, self.engine.config()));
            if let Some(item) = told.and_then(|t| t.item) {
                opening.last_kind = item.candidate_type;
            }
        }
        let answers = self.answers.into_values().collect();
        Watched { openings, answers, ..self.watched }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::rhythm::{Beat, DAY, HOUR, Rhythm};
    use crate::words::Press;
    use model::Severity;

    /// An opening names the message, the host and the time of what it is about.
    #[test]
    fn openings_are_traced_to_their_messages() {
        let (mut press, mut chance) = (Press::default(), Chance::of(&[1]));
        let first = press.message(&mut chance, "oak", "svc", Severity::Info);
        let second = press.message(&mut chance, "oak", "svc", Severity::Info);
        let messages = [first.on("elm"), first, second];
        let rhythm = Rhythm { per_hour: 4.0, beat: Beat::Single, tide: None };
        let mut events: Vec<Event> = Vec::new();
        for message in 0..3 {
            let times = rhythm.times(&mut Chance::of(&[2, u64::from(message)]), 10 * DAY);
            events.extend(times.into_iter().map(|at| Event { at, message }));
        }
        let burst = 8 * DAY + HOUR;
        events.extend((0..300).map(|n| Event { at: burst + n * 6_000, message: 1 }));
        events.sort_unstable();
        let questions = [(burst + HOUR, 2), (burst + HOUR, 1), (burst - HOUR, 1)];
        let watched = watch(&messages, &events, 10 * DAY, &questions);
        assert_eq!((watched.born, watched.answers.as_slice()), (2, &[false, true, false][..]));
        let [opening] = watched.openings.as_slice() else { panic!("{:?}", watched.openings) };
        assert_eq!((opening.kind, opening.last_kind), (CandidateType::Burst, CandidateType::Burst));
        assert_eq!(opening.leads, [1]);
        assert_eq!(opening.touches, BTreeSet::from([1]));
        assert!((burst..burst + HOUR).contains(&opening.at));
    }
}
