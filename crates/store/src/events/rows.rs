//! Events in columns, as they stand in memory: those that wait to become a block, and those of a block that
//! was read back.

use super::template::{Span, Template};
use hashbrown::HashMap;
use model::search::{Found, Place};
use model::{Seq, Severity, SignatureId, TenantId, Timestamp};

/// One event as it is handed in. Text is borrowed.
#[derive(Debug, Clone, Copy)]
pub struct EventRow<'a> {
    /// Its record in the spool.
    pub seq: Seq,
    /// When it happened, by the clock that the engine runs on.
    pub at: Timestamp,
    /// The client.
    pub tenant: &'a TenantId,
    /// The machine.
    pub host: &'a str,
    /// The program; empty if unknown.
    pub service: &'a str,
    /// How bad its source says it is.
    pub severity: Option<Severity>,
    /// The kind of message.
    pub signature: SignatureId,
    /// The text of that kind, with `<*>` where values stand. It need not fit: it only saves room.
    pub template: &'a str,
    /// The message.
    pub text: &'a str,
}

/// Number on disk of an event without a severity.
pub(super) const NO_SEVERITY: u8 = 8;

/// Strings, each once, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) all: Vec<Box<str>>,
    places: HashMap<Box<str>, u32>,
}

impl Names {
    pub(super) fn of(&mut self, name: &str, last: Option<u32>) -> u32 {
        if let Some(last) = last.filter(|last| &*self.all[*last as usize] == name) {
            return last;
        }
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.all.len() as u32;
        self.all.push(name.into());
        self.places.insert(name.into(), place);
        place
    }

    pub(super) fn find(&self, name: &str) -> Option<u32> {
        self.all.iter().position(|known| &**known == name).map(|place| place as u32)
    }
}

/// Fixed facts of one event; names by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) seq: Seq,
    pub(super) at: Timestamp,
    pub(super) tenant: u32,
    pub(super) host: u32,
    pub(super) service: u32,
    pub(super) kind: u32,
    pub(super) severity: u8,
}

impl Fact {
    pub(super) fn place(&self) -> Place {
        Place { at: self.at, seq: self.seq }
    }
}

/// A signature with the template by which its texts are stored.
#[derive(Debug, Clone)]
pub(super) struct KindOf {
    pub(super) signature: SignatureId,
    /// As it was given; empty for texts that do not fit theirs.
    pub(super) text: Option<Box<str>>,
    pub(super) template: Template,
}

impl KindOf {
    pub(super) fn new(signature: SignatureId, text: Option<&str>) -> KindOf {
        let template = text.map_or_else(Template::anything, Template::new);
        KindOf { signature, text: text.map(Box::from), template }
    }
}

/// A signature that came: its template, and the kinds of its texts that fit and of those that do not.
#[derive(Debug, Clone)]
struct Known {
    template: Template,
    fitting: Option<u32>,
    other: Option<u32>,
}

impl Known {
    fn new(template: &str) -> Known {
        Known { template: Template::new(template), fitting: None, other: None }
    }
}

/// Events in columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) tenants: Names,
    pub(super) hosts: Names,
    pub(super) services: Names,
    pub(super) kinds: Vec<KindOf>,
    known: HashMap<SignatureId, Known>,
    pub(super) facts: Vec<Fact>,
    /// All texts, one after the other, and where each ends. Of a block that was read back only if they were
    /// asked for.
    pub(super) texts: Vec<u8>,
    pub(super) ends: Vec<usize>,
    /// Where in its text each hole's value of each event stands. Of a block that was read back there are none.
    pub(super) values: Vec<Span>,
}

impl Rows {
    /// Takes in one event.
    pub(super) fn push(&mut self, row: &EventRow<'_>) {
        let last = self.facts.last().copied();
        let tenant = self.tenants.of(row.tenant.as_str(), last.map(|fact| fact.tenant));
        let host = self.hosts.of(row.host, last.map(|fact| fact.host));
        let service = self.services.of(row.service, last.map(|fact| fact.service));
        let kind = self.kind(row);
        let severity = row.severity.map_or(NO_SEVERITY, Severity::number);
        self.texts.extend_from_slice(row.text.as_bytes());
        self.ends.push(self.texts.len());
        let (seq, at) = (row.seq, row.at);
        self.facts.push(Fact { seq, at, tenant, host, service, kind, severity });
    }

    /// The kind of an event; the values of its text are kept.
    fn kind(&mut self, row: &EventRow<'_>) -> u32 {
        let known = self.known.entry(row.signature).or_insert_with(|| Known::new(row.template));
        let fits = known.template.split(row.text, &mut self.values);
        if !fits {
            self.values.push(Span::all(row.text));
        }
        let place = if fits { &mut known.fitting } else { &mut known.other };
        *place.get_or_insert_with(|| {
            self.kinds.push(KindOf::new(row.signature, fits.then_some(row.template)));
            (self.kinds.len() - 1) as u32
        })
    }

    /// Empties it; its larger buffers stay.
    pub(super) fn clear(&mut self) {
        let Rows { tenants, hosts, services, kinds, known, facts, texts, ends, values } = self;
        [tenants, hosts, services].into_iter().for_each(|names| *names = Names::default());
        kinds.clear();
        known.clear();
        facts.clear();
        texts.clear();
        ends.clear();
        values.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.facts.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// The text of one event.
    pub(super) fn text(&self, place: usize) -> &[u8] {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.texts[start..self.ends[place]]
    }

    /// Each event's text, its facts, and where its values stand in the text; of rows that were handed in.
    pub(super) fn split(&self) -> impl Iterator<Item = (&[u8], &Fact, &[Span])> {
        let (mut start, mut values) = (0, self.values.as_slice());
        self.facts.iter().zip(&self.ends).map(move |(fact, end)| {
            let text = &self.texts[start..*end];
            let holes = self.kinds[fact.kind as usize].template.holes();
            let (own, rest) = values.split_at_checked(holes).unwrap_or_default();
            (start, values) = (*end, rest);
            (text, fact, own)
        })
    }

    pub(super) fn times(&self) -> Option<(Timestamp, Timestamp)> {
        let earliest = self.facts.iter().map(|fact| fact.at).min()?;
        Some((earliest, self.facts.iter().map(|fact| fact.at).max()?))
    }

    /// One event as it is told.
    pub(super) fn found(&self, place: usize) -> Found {
        let fact = &self.facts[place];
        let name = |names: &Names, place: u32| names.all[place as usize].to_string();
        Found {
            seq: fact.seq,
            at: fact.at,
            tenant_id: TenantId::new(name(&self.tenants, fact.tenant)),
            host: name(&self.hosts, fact.host),
            service: name(&self.services, fact.service),
            severity: Severity::from_number(fact.severity),
            signature_id: self.kinds[fact.kind as usize].signature,
            text: String::from_utf8_lossy(self.text(place)).into_owned(),
        }
    }
}
