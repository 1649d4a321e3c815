//! The systemd journal as `journalctl` writes it: `-o json` (one object a line) and `-o export`
//! (a record of several lines, which the assembler joins).

use super::{Reference, content, fields, json};
use memchr::{memchr, memmem};
use model::{Attribute, Defect, Defects, Event, Format};

/// The field that every journal record has.
const REALTIME: &[u8] = b"\"__REALTIME_TIMESTAMP\"";

/// A record of `-o json`.
pub(super) fn json<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    memmem::find(text.as_bytes(), REALTIME)?;
    json::read_as(text, reference, Format::JournalJson)
}

/// Whether a line begins a record of `-o export`: the cursor stands first in each.
pub(super) fn begins_export(payload: &[u8]) -> bool {
    payload.starts_with(b"__CURSOR=") || payload.starts_with(b"__REALTIME_TIMESTAMP=")
}

/// A record of `-o export`: lines `NAME=value`; a value with line breaks or control characters is
/// written as `NAME`, its length in 8 bytes (little endian), the bytes.
pub(super) fn export<'a>(payload: &'a [u8], reference: &Reference) -> Option<Event<'a>> {
    if !begins_export(payload) {
        return None;
    }
    let mut values: Vec<Attribute<'a>> = Vec::new();
    let mut defects = Defects::NONE;
    let mut rest = payload;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        rest = rest.get(end + 1..).unwrap_or(&[]);
        let (name, value) = match memchr(b'=', line) {
            Some(equals) => (&line[..equals], &line[equals + 1..]),
            None if line.is_empty() => continue,
            None => match binary(rest) {
                Some((value, behind)) => {
                    rest = behind;
                    (line, value)
                }
                None => {
                    defects.add(Defect::FieldsMissing);
                    break;
                }
            },
        };
        let value = String::from_utf8_lossy(value);
        if matches!(value, std::borrow::Cow::Owned(_)) {
            defects.add(Defect::InvalidUtf8);
        }
        fields::push(&mut values, String::from_utf8_lossy(name), value, &mut defects);
    }
    let mut event = Event { format: Format::JournalExport, defects, ..Event::default() };
    fields::place(values, &mut event, reference);
    if event.body.is_empty() {
        event.defects.add(Defect::FieldsMissing);
    }
    content::refine(&mut event, reference);
    Some(event)
}

/// Whether a line can be a field of a record: a name in capitals, alone or with a value.
pub(super) fn is_field(line: &[u8]) -> bool {
    let name = line.split(|b| *b == b'=').next().unwrap_or_default();
    let plain = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
    !name.is_empty() && name.iter().all(plain)
}

/// Whether a record breaks off inside a value whose length was told.
pub(super) fn is_open(payload: &[u8]) -> bool {
    let mut rest = payload;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let is_text = end == 0 || memchr(b'=', &rest[..end]).is_some();
        rest = rest.get(end + 1..).unwrap_or(&[]);
        if !is_text {
            match binary(rest) {
                Some((_, behind)) => rest = behind,
                None => return true,
            }
        }
    }
    false
}

/// Length, bytes, line end.
fn binary(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = rest.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let value = rest.get(..length)?;
    let rest = &rest[length..];
    Some((value, rest.strip_prefix(b"\n").unwrap_or(rest)))
}
