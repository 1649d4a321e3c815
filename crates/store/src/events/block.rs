//! Events in columns ⇄ a stored block: a head, a summary (what is in it, so that most blocks need not be
//! read), the filter of its words, and the columns. Values of one hole of one kind of message stand
//! together: they resemble each other, and compress best so.

use super::filter::Making;
use super::head::{BLOCK_EVENTS_MAX, Head, PLAIN_MAX};
use super::rows::{Fact, KindOf, NO_SEVERITY, Names, Rows};
use crate::varint::{Bytes, put, put_bytes, put_signed};
use model::{Seq, SignatureId, Timestamp};
use std::io;

/// What encoding needs; kept and used again.
pub(super) struct Encoder {
    zstd: zstd::bulk::Compressor<'static>,
    words: Making,
    spare: Rows,
}

impl Encoder {
    pub(super) fn new(level: i32) -> io::Result<Encoder> {
        let mut zstd = zstd::bulk::Compressor::new(level)?;
        zstd.include_checksum(false)?;
        Ok(Encoder { zstd, words: Making::new(), spare: Rows::default() })
    }

    /// Empty rows, with the buffers of some that were done.
    pub(super) fn spare(&mut self) -> Rows {
        std::mem::take(&mut self.spare)
    }

    /// Gives rows back, their buffers to be used again.
    pub(super) fn done(&mut self, mut rows: Rows) {
        rows.clear();
        self.spare = rows;
    }

    /// The block of these events.
    pub(super) fn encode(
        &mut self,
        rows: &Rows,
        through: Seq,
        thinned: bool,
    ) -> io::Result<Vec<u8>> {
        let summary = summary(rows);
        let summary_stored = self.zstd.compress(&summary)?;
        let filter = self.filter(rows);
        let columns = columns(rows);
        if columns.len() > PLAIN_MAX || rows.len() > BLOCK_EVENTS_MAX {
            return Err(io::Error::other("too many events for one block"));
        }
        let columns_stored = self.zstd.compress(&columns)?;
        let (earliest, latest) = rows.times().unwrap_or_default();
        let seqs = || rows.facts.iter().map(|fact| fact.seq);
        let head = Head {
            thinned,
            count: rows.len() as u32,
            summary_stored: summary_stored.len() as u32,
            summary: summary.len() as u32,
            filter: filter.len() as u32,
            columns_stored: columns_stored.len() as u32,
            columns: columns.len() as u32,
            earliest,
            latest,
            first: seqs().min().unwrap_or_default(),
            last: seqs().max().unwrap_or_default(),
            through,
            summary_crc: crc32c::crc32c_append(crc32c::crc32c(&summary_stored), &filter),
            columns_crc: crc32c::crc32c(&columns_stored),
        };
        Ok([&head.write()[..], &summary_stored, &filter, &columns_stored].concat())
    }
}

impl Encoder {
    /// The words of all texts: what a kind's template says is in each text of that kind, so it is looked at once.
    fn filter(&mut self, rows: &Rows) -> Vec<u8> {
        let mut is_known = vec![false; rows.kinds.len()];
        for (text, fact, values) in rows.split() {
            if !std::mem::replace(&mut is_known[fact.kind as usize], true) {
                self.words.add(text);
                continue;
            }
            values.iter().for_each(|value| self.words.add_around(text, value.range()));
        }
        self.words.take()
    }
}

fn put_names(out: &mut Vec<u8>, names: &Names) {
    put(out, names.all.len() as u64);
    names.all.iter().for_each(|name| put_bytes(out, name.as_bytes()));
}

fn summary(rows: &Rows) -> Vec<u8> {
    let mut out = Vec::new();
    put_names(&mut out, &rows.tenants);
    put_names(&mut out, &rows.hosts);
    put_names(&mut out, &rows.services);
    put(&mut out, rows.kinds.len() as u64);
    for kind in &rows.kinds {
        out.extend_from_slice(kind.signature.as_bytes());
        match &kind.text {
            Some(text) => {
                out.push(1);
                put_bytes(&mut out, text.as_bytes());
            }
            None => out.push(0),
        }
    }
    // The severities that occur, as bits.
    let severities = rows.facts.iter().fold(0, |bits, fact| bits | 1u64 << fact.severity);
    put(&mut out, severities);
    out
}

fn columns(rows: &Rows) -> Vec<u8> {
    let mut parts: [Vec<u8>; 7] = std::array::from_fn(|_| Vec::with_capacity(rows.len() * 2));
    let holes = rows.kinds.iter().map(|kind| vec![(Vec::new(), Vec::new()); kind.template.holes()]);
    let mut holes: Vec<Vec<(Vec<u8>, Vec<u8>)>> = holes.collect();
    let (mut at, mut seq) = (0i64, 0u64);
    for (text, fact, values) in rows.split() {
        put_signed(&mut parts[0], fact.at.as_micros().wrapping_sub(at));
        put_signed(&mut parts[1], fact.seq.0.wrapping_sub(seq) as i64);
        put(&mut parts[2], u64::from(fact.tenant));
        put(&mut parts[3], u64::from(fact.host));
        put(&mut parts[4], u64::from(fact.service));
        put(&mut parts[5], u64::from(fact.kind));
        parts[6].push(fact.severity);
        (at, seq) = (fact.at.as_micros(), fact.seq.0);
        for ((sizes, bytes), value) in holes[fact.kind as usize].iter_mut().zip(values) {
            let value = &text[value.range()];
            put(sizes, value.len() as u64);
            bytes.extend_from_slice(value);
        }
    }
    let mut out = Vec::new();
    parts.iter().for_each(|part| put_bytes(&mut out, part));
    // Kinds of message in the order in which they came first, each with its holes.
    for (sizes, bytes) in holes.iter().flatten() {
        put_bytes(&mut out, sizes);
        put_bytes(&mut out, bytes);
    }
    out
}

/// What a block holds, without its events.
pub(super) struct Summary {
    pub(super) tenants: Names,
    pub(super) hosts: Names,
    pub(super) services: Names,
    pub(super) kinds: Vec<KindOf>,
    /// Severities that occur, as bits.
    pub(super) severities: u64,
    pub(super) filter: Vec<u8>,
}

impl Summary {
    /// Reads what follows the head. `None` if it is damaged.
    pub(super) fn read(head: &Head, bytes: &[u8]) -> Option<Summary> {
        if bytes.len() != head.summary_size() || crc32c::crc32c(bytes) != head.summary_crc {
            return None;
        }
        let (stored, filter) = bytes.split_at(head.summary_stored as usize);
        let plain = zstd::bulk::decompress(stored, head.summary as usize).ok()?;
        let mut rest = Bytes(&plain);
        let tenants = names(&mut rest)?;
        let (hosts, services) = (names(&mut rest)?, names(&mut rest)?);
        let mut kinds = Vec::new();
        for _ in 0..rest.size()? {
            let signature = SignatureId::from_bytes(rest.array()?);
            let text = match rest.byte()? {
                0 => None,
                _ => Some(rest.text()?),
            };
            kinds.push(KindOf::new(signature, text));
        }
        let severities = rest.number()?;
        let filter = filter.to_vec();
        Some(Summary { tenants, hosts, services, kinds, severities, filter })
    }
}

fn names(bytes: &mut Bytes<'_>) -> Option<Names> {
    let mut names = Names::default();
    for _ in 0..bytes.size()? {
        names.all.push(bytes.text()?.into());
    }
    Some(names)
}

/// The events of a block, with their texts if they are wanted. `None` if it is damaged.
pub(super) fn rows(head: &Head, summary: Summary, stored: &[u8], texts: bool) -> Option<Rows> {
    if crc32c::crc32c(stored) != head.columns_crc {
        return None;
    }
    let plain = zstd::bulk::decompress(stored, head.columns as usize).ok()?;
    let mut bytes = Bytes(&plain);
    let mut part = || bytes.part();
    let [mut ats, mut seqs, mut tenants] = [part()?, part()?, part()?];
    let [mut hosts, mut services, mut kinds] = [part()?, part()?, part()?];
    let mut severities = part()?;
    let mut rows = Rows::default();
    (rows.tenants, rows.hosts, rows.services) = (summary.tenants, summary.hosts, summary.services);
    rows.kinds = summary.kinds;
    if severities.0.len() != head.count as usize {
        return None;
    }
    rows.facts.reserve(head.count as usize);
    let (mut at, mut seq) = (0i64, 0u64);
    let within = |bytes: &mut Bytes<'_>, count: usize| {
        bytes.size().filter(|place| *place < count).map(|place| place as u32)
    };
    for _ in 0..head.count {
        at = at.wrapping_add(ats.signed()?);
        seq = seq.wrapping_add(seqs.signed()? as u64);
        rows.facts.push(Fact {
            seq: Seq(seq),
            at: Timestamp::from_micros(at),
            tenant: within(&mut tenants, rows.tenants.all.len())?,
            host: within(&mut hosts, rows.hosts.all.len())?,
            service: within(&mut services, rows.services.all.len())?,
            kind: within(&mut kinds, rows.kinds.len())?,
            severity: severities.byte().filter(|severity| *severity <= NO_SEVERITY)?,
        });
    }
    if texts {
        fill_texts(&mut rows, bytes)?;
    }
    Some(rows)
}

fn fill_texts(rows: &mut Rows, mut bytes: Bytes<'_>) -> Option<()> {
    let mut holes: Vec<Vec<(Bytes<'_>, Bytes<'_>)>> = Vec::with_capacity(rows.kinds.len());
    for kind in &rows.kinds {
        let mut own = Vec::with_capacity(kind.template.holes());
        for _ in 0..kind.template.holes() {
            own.push((bytes.part()?, bytes.part()?));
        }
        holes.push(own);
    }
    rows.ends.reserve(rows.facts.len());
    for fact in &rows.facts {
        let own = &mut holes[fact.kind as usize];
        rows.kinds[fact.kind as usize].template.join(&mut rows.texts, |hole| {
            let (sizes, bytes) = own.get_mut(hole)?;
            let size = sizes.size()?;
            bytes.take(size)
        })?;
        // A hostile block could make much of little: one literal of a megabyte, a million times.
        if rows.texts.len() > PLAIN_MAX {
            return None;
        }
        rows.ends.push(rows.texts.len());
    }
    Some(())
}
