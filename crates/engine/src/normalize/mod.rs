//! Envelope → event: reads one line in whatever format it is; never fails.
//!
//! The format is decided line by line, so a file may mix them: the first byte picks the few
//! readers of `FORMATS` that a line could belong to, the first reader that recognises its header
//! wins, and what none recognises is plain text. A new format is one file and one line in the list.
//!
//! A header is *stripped*: `body` is what the program said. If that message is itself structured
//! (JSON, Cisco, CEF, an access log behind a syslog header), `content` reads it a second time.

mod access;
mod apache;
mod as_sent;
mod assemble;
mod cef;
mod cisco;
mod clean;
pub(crate) mod clock;
mod content;
mod dated;
mod fields;
mod header;
mod iso;
mod journal;
mod json;
pub(crate) mod kernel;
mod late;
pub(crate) mod level;
mod logcat;
mod logfmt;
mod nginx;
mod rfc5424;
mod syslog;
mod text;

pub use as_sent::{AsSent, Element, as_sent};
pub use assemble::{Assembled, Assembler, AssemblerConfig};

use model::{Defect, Event, Timestamp};
use std::borrow::Cow;

/// What a line without a full time of its own needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// The time of receipt, or the modification time of an old file. A date without a year gets the
    /// year that brings it nearest to this.
    pub now: Timestamp,
    /// The offset from UTC of times without a zone, in seconds; 0 is UTC.
    pub zone_offset_secs: i32,
}

/// Reads one format: `None` if the text is not of it.
type Read = for<'a> fn(&'a str, &Reference) -> Option<Event<'a>>;

/// One format's reader and the bytes that its lines can begin with.
struct Reader {
    begins: &'static [u8],
    read: Read,
}

const fn reader(begins: &'static [u8], read: Read) -> Reader {
    Reader { begins, read }
}

const DIGITS: &[u8] = b"0123456789";
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// First letters of the months.
const MONTHS: &[u8] = b"JFMASONDjfmasond";
/// What a host, an address or a name begins with.
const WORDS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_/-";

/// Every format, the more particular before the more general.
const FORMATS: &[Reader] = &[
    reader(b"<", syslog::with_priority),
    reader(MONTHS, syslog::read),
    reader(b"1", rfc5424::without_priority),
    reader(DIGITS, iso::read),
    reader(b"MTWFS", iso::short_full),
    reader(b"{", journal::json),
    reader(b"{", json::read),
    reader(DIGITS, kernel::kmsg),
    reader(DIGITS, kernel::dmesg_iso),
    reader(b"[", apache::read),
    reader(b"[kumdaslncf", kernel::dmesg),
    reader(WORDS, access::read),
    reader(DIGITS, nginx::read),
    reader(b"%*.: \t0123456789", cisco::read),
    reader(b"CL", cef::read),
    reader(DIGITS, logcat::read),
    reader(b"VDIWEF0123456789", logcat::brief),
    reader(LETTERS, logfmt::read),
    reader(DIGITS, dated::container),
    reader(WORDS, dated::read),
    reader(b"[(<@", dated::read),
    reader(WORDS, text::tagged),
    reader(WORDS, late::read),
];

/// For each first byte a bit per reader of [`FORMATS`], so that most lines try one or two.
const CANDIDATES: [u32; 256] = {
    let mut table = [0; 256];
    let mut place = 0;
    while place < FORMATS.len() {
        let begins = FORMATS[place].begins;
        let mut at = 0;
        while at < begins.len() {
            table[begins[at] as usize] |= 1 << place;
            at += 1;
        }
        place += 1;
    }
    table
};

/// One line (or one record of several lines) → one event. Borrows from the payload wherever
/// nothing had to be changed.
pub fn normalize<'a>(payload: &'a [u8], reference: &Reference) -> Event<'a> {
    // The one format with binary lengths in it is read before any cleaning.
    let mut event = match journal::export(payload, reference) {
        Some(event) => event,
        None => {
            let (text, defects) = clean::clean(payload);
            let mut event = match text {
                Cow::Borrowed(text) => read(text, reference),
                Cow::Owned(text) => into_owned(read(&text, reference)),
            };
            event.defects.add_all(defects);
            event
        }
    };
    if event.occurred_at.is_none() && !event.defects.has(Defect::TimeInvalid) {
        event.defects.add(Defect::TimeMissing);
    }
    if event.host.is_none() {
        event.defects.add(Defect::HostMissing);
    }
    event
}

#[inline]
fn read<'a>(text: &'a str, reference: &Reference) -> Event<'a> {
    with_header(text, reference)
        .or_else(|| match text.as_bytes().first() {
            Some(b' ' | b'\t') => with_header(text.trim_start_matches([' ', '\t']), reference),
            _ => None,
        })
        .unwrap_or_else(|| text::read(text))
}

/// The event of a line whose header some reader knows.
#[inline]
fn with_header<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let mut candidates = CANDIDATES[usize::from(*text.as_bytes().first()?)];
    while candidates != 0 {
        let place = candidates.trailing_zeros() as usize;
        if let Some(event) = (FORMATS[place].read)(text, reference) {
            return Some(event);
        }
        candidates &= candidates - 1;
    }
    None
}

/// A line's bytes as text without escape sequences, and whether some of them were no text.
pub(crate) fn clean_text(line: &[u8]) -> (Cow<'_, str>, bool) {
    let (text, defects) = clean::clean(line);
    (text, defects.has(Defect::InvalidUtf8))
}

/// The event with its own copies of everything.
fn into_owned(event: Event<'_>) -> Event<'static> {
    fn own(text: Cow<'_, str>) -> Cow<'static, str> {
        Cow::Owned(text.into_owned())
    }
    Event {
        occurred_at: event.occurred_at,
        severity: event.severity,
        facility: event.facility,
        host: event.host.map(own),
        service: event.service.map(own),
        pid: event.pid.map(own),
        body: own(event.body),
        attributes: event.attributes.into_iter().map(|(k, v)| (own(k), own(v))).collect(),
        format: event.format,
        defects: event.defects,
    }
}

#[cfg(test)]
mod tests;
