//! "last message repeated 3 times" and "message repeated 3 times: [ text ]": what they repeat. The
//! first refers to the line before it *of the same host*, which in a collected file is not the line
//! before it, so the last line of each host is kept.

use super::super::{Reference, into_owned, normalize};
use model::Event;
use xxhash_rust::xxh3::xxh3_64;

/// Hosts whose last line is kept; the one that was quiet longest gives way. A file of more hosts
/// that write repeats at the same time loses the reference, and counts that.
const HOSTS_MAX: usize = 64;
/// Longer lines are not kept to be repeated.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// A line about another line.
#[derive(Debug, Clone)]
pub(super) struct Repeat {
    /// Further occurrences.
    pub(super) times: u32,
    /// The text that was repeated, if the line carries it.
    text: Option<String>,
}

/// Reads the message of a "repeated" line.
pub(super) fn read(event: &Event<'_>) -> Option<Repeat> {
    // macOS writes dashes around it.
    let body = event.body.trim_matches([' ', '-']);
    let rest = match body.strip_prefix("last ") {
        Some(rest) => rest,
        None if body.starts_with("message repeated ") => body,
        None => return None,
    };
    let (number, rest) = rest.strip_prefix("message repeated ")?.split_once(' ')?;
    let times: u32 = number.parse().ok().filter(|n| *n > 0)?;
    let rest = rest.strip_prefix("times").or_else(|| rest.strip_prefix("time"))?;
    let text = rest.strip_prefix(": [").map(|t| t.strip_suffix(']').unwrap_or(t));
    let text = text.map(|t| t.strip_prefix(' ').unwrap_or(t).to_owned());
    (text.is_some() || rest.is_empty()).then_some(Repeat { times, text })
}

impl Repeat {
    /// The event that is repeated, at the time of the line that says so.
    pub(super) fn of(
        &self,
        line: &Event<'_>,
        recent: &Recent,
        reference: &Reference,
    ) -> Option<Event<'static>> {
        let mut event = match &self.text {
            Some(text) => Event { body: text.clone().into(), ..into_owned(line.clone()) },
            None => into_owned(normalize(recent.last(line.host.as_deref())?, reference)),
        };
        event.occurred_at = line.occurred_at;
        Some(event)
    }
}

/// The last line of each host.
#[derive(Debug, Clone, Default)]
pub(super) struct Recent {
    slots: Vec<Slot>,
    /// Counts the lines; a slot's mark is that of its last.
    clock: u64,
    /// The slot that was used last: the next line's, nearly always.
    latest: usize,
}

#[derive(Debug, Clone)]
struct Slot {
    hash: u64,
    host: String,
    line: Vec<u8>,
    used: u64,
}

impl Recent {
    /// Keeps a line as the last one of its host.
    pub(super) fn keep(&mut self, host: Option<&str>, line: &[u8]) {
        let host = host.unwrap_or_default();
        let hash = xxh3_64(host.as_bytes());
        let line = if line.len() > LINE_BYTES_MAX { &[][..] } else { line };
        self.clock += 1;
        let place = match self.find(hash, host) {
            Some(place) => place,
            None if self.slots.len() < HOSTS_MAX => {
                self.slots.push(Slot { hash, host: host.to_owned(), line: Vec::new(), used: 0 });
                self.slots.len() - 1
            }
            None => {
                let quietest = self.slots.iter().enumerate().min_by_key(|(_, s)| s.used);
                let place = quietest.map_or(0, |(place, _)| place);
                self.slots[place].hash = hash;
                self.slots[place].host.clear();
                self.slots[place].host.push_str(host);
                place
            }
        };
        let slot = &mut self.slots[place];
        slot.used = self.clock;
        slot.line.clear();
        slot.line.extend_from_slice(line);
        self.latest = place;
    }

    fn last(&self, host: Option<&str>) -> Option<&[u8]> {
        let host = host.unwrap_or_default();
        let slot = &self.slots[self.find(xxh3_64(host.as_bytes()), host)?];
        (!slot.line.is_empty()).then_some(&*slot.line)
    }

    fn find(&self, hash: u64, host: &str) -> Option<usize> {
        let is = |slot: &Slot| slot.hash == hash && slot.host == host;
        match self.slots.get(self.latest) {
            Some(slot) if is(slot) => Some(self.latest),
            _ => self.slots.iter().position(is),
        }
    }
}
