//! Records and events of a stretch → what was heard of each source, for whoever watches over sources.
//!
//! A source is what a technician knows: a file, a token, a socket of this machine; and of a network listener each host
//! that its messages name, or else the address that delivered them. Everything here adds up, however the records
//! are cut.

use engine::Latest;
use model::intake::Kind;
use model::{Origin, Span, Timestamp, Transport};
use std::collections::HashMap;
use std::sync::Arc;
use store::spool::Record;

/// One delay of a source is taken in so long, by the time of receipt: a flood of one minute must not be all that is
/// known of a clock.
const SAMPLE_EVERY: Span = Span::from_secs(10);

/// What was heard of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) origin: Arc<Origin>,
    /// The host, of a listener that hears several; else empty.
    pub(super) host: String,
    pub(super) records: u64,
    pub(super) bytes: u64,
    /// Events that break the form that they claim to have.
    pub(super) broken: u64,
    /// Losses that the source told …
    pub(super) gaps: u64,
    /// … and how many records they were, as far as that is known.
    pub(super) lost: u64,
    /// Receipt of the latest record …
    pub(super) received: Timestamp,
    /// … and where that of a file's old lines does not count.
    pub(super) last: Option<Timestamp>,
    /// From an event's own time to its receipt, with the latter in steps of [`SAMPLE_EVERY`].
    pub(super) delays: Vec<(i64, Span)>,
}

/// What is being heard.
#[derive(Debug, Default)]
pub(super) struct Ears {
    all: Vec<Heard>,
    /// Places in `all` by the place of a voice and the host that it names.
    places: Vec<HashMap<String, usize>>,
    last: Option<(usize, usize)>,
}

/// Whether a listener hears hosts of a network.
pub(super) fn hears_hosts(transport: Transport) -> bool {
    matches!(transport, Transport::Udp | Transport::Tcp | Transport::Tls)
}

impl Ears {
    /// Takes in a record, and what became of it; `voice` is the number of its source within the sheet.
    pub(super) fn hear(&mut self, voice: usize, record: &Record<'_>, latest: Option<Latest<'_>>) {
        let (facts, at) = (record.facts, record.facts.received_at);
        let is_of_host = facts.kind == Kind::Raw && hears_hosts(record.origin.transport);
        let host = latest.filter(|_| is_of_host).map_or("", |latest| latest.host);
        let heard = self.of(voice, host, record.origin);
        heard.bytes += record.payload.len() as u64;
        heard.received = heard.received.max(at);
        if facts.kind == Kind::Gap {
            heard.gaps += 1;
            heard.lost += lost(record.payload);
            return;
        }
        heard.records += 1;
        heard.broken += latest.map_or(0, |latest| u64::from(latest.broken));
        if facts.old {
            return;
        }
        heard.last = heard.last.max(Some(at));
        let Some(latest) = latest else { return };
        let slot = at.as_micros().div_euclid(SAMPLE_EVERY.as_micros());
        if let Some(delay) = latest.delay
            && heard.delays.last().is_none_or(|(last, _)| *last != slot)
        {
            heard.delays.push((slot, delay));
        }
    }

    /// What was heard since it was asked last.
    pub(super) fn take(&mut self) -> Vec<Heard> {
        (self.last, self.places) = (None, Vec::new());
        std::mem::take(&mut self.all)
    }

    fn of(&mut self, voice: usize, host: &str, origin: &Arc<Origin>) -> &mut Heard {
        // Records that follow each other are mostly of one source.
        if let Some((last, place)) = self.last
            && last == voice
            && self.all[place].host == host
        {
            return &mut self.all[place];
        }
        if voice >= self.places.len() {
            self.places.resize_with(voice + 1, HashMap::new);
        }
        let place = match self.places[voice].get(host) {
            Some(place) => *place,
            None => {
                let place = self.all.len();
                self.places[voice].insert(host.to_owned(), place);
                self.all.push(Heard::new(origin, host));
                place
            }
        };
        self.last = Some((voice, place));
        &mut self.all[place]
    }
}

impl Heard {
    pub(super) fn new(origin: &Arc<Origin>, host: &str) -> Heard {
        Heard {
            origin: Arc::clone(origin),
            host: host.to_owned(),
            records: 0,
            bytes: 0,
            broken: 0,
            gaps: 0,
            lost: 0,
            received: Timestamp::default(),
            last: None,
            delays: Vec::new(),
        }
    }
}

/// How many records a gap says that were lost.
fn lost(payload: &[u8]) -> u64 {
    #[derive(serde::Deserialize)]
    struct Loss {
        records: Option<u64>,
    }
    serde_json::from_slice::<Loss>(payload).ok().and_then(|loss| loss.records).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::intake::Facts;
    use model::{Seq, SourceId, TenantId};

    #[test]
    fn hosts_of_a_listener_are_apart_and_one_delay_is_taken_in_ten_seconds() {
        let origin = Arc::new(Origin {
            source_id: SourceId::new("udp"),
            tenant_id: TenantId::new("t"),
            source_type: "syslog".into(),
            source_name: "udp".into(),
            transport: Transport::Udp,
        });
        let mut ears = Ears::default();
        let mut hear = |secs: i64, kind, payload: &[u8], host: Option<&str>| {
            let at = Timestamp::from_secs(1_795_255_200 + secs);
            let facts = Facts { kind, ..Facts::received(at) };
            let record = Record { seq: Seq(0), facts, origin: &origin, peer: "", payload };
            let delay = Some(Span::from_secs(secs));
            ears.hear(0, &record, host.map(|host| Latest { host, delay, broken: 1 }));
        };
        (0..20).for_each(|secs| hear(secs, Kind::Raw, b"x", Some("a")));
        hear(20, Kind::Raw, b"x", Some("b"));
        hear(21, Kind::Raw, b" ", None);
        hear(22, Kind::Gap, br#"{"reason":"socket_buffer_full","records":7}"#, None);
        hear(23, Kind::Gap, br#"{"reason":"file_truncated","records":null}"#, None);
        let heard = ears.take();
        let told: Vec<_> = heard
            .iter()
            .map(|h| (&*h.host, h.records, h.broken, h.gaps, h.lost, h.delays.len()))
            .collect();
        assert_eq!(told, [("a", 20, 20, 0, 0, 2), ("b", 1, 1, 0, 0, 1), ("", 1, 0, 2, 7, 0)]);
        assert!(ears.take().is_empty());
    }
}
