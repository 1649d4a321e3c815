//! A sheet that survives what makes the program fail: the record at fault is set apart, and the sheet is understood again
//! without it. Nothing of this costs anything while nothing fails.
//!
//! What comes of a sheet still follows from its records alone: they are tried in order, and those that were set apart
//! are left out from the beginning when it is read again.

use super::quarantine::{Quarantine, said};
use super::sheet::{Sheet, Stretch, Understood, end_of_sheet};
use model::{Seq, SourceId, TenantId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use store::spool::{Block, Record};

/// After so many failures within a sheet the source of the next one is left out for the rest of it: each failure
/// costs reading the sheet again, and a sender must not hold up the others with them.
const FAILURES_MAX: usize = 16;

/// What was read of a sheet is kept at hand up to so many bytes. Of one with longer records less is read again: what a
/// source had held back by then is lost with its failure.
const KEPT_BYTES_MAX: usize = 16 << 20;

/// A source, as sheets know it.
type Voice = (SourceId, TenantId, String);

/// The sheet that is being read.
pub(super) struct Guarded {
    sheet: Sheet,
    zone_offset_secs: i32,
    quarantine: Arc<Quarantine>,
    /// What was read of it.
    past: Vec<Stretch>,
    /// Bytes of its blocks.
    kept_bytes: usize,
    failures: usize,
    /// Sources that are left out until it ends.
    shut: Vec<Voice>,
}

impl Guarded {
    /// See [`Sheet::new`].
    pub(super) fn new(zone_offset_secs: i32, quarantine: Arc<Quarantine>) -> Guarded {
        let sheet = Sheet::new(zone_offset_secs);
        let (past, shut) = (Vec::new(), Vec::new());
        Guarded { sheet, zone_offset_secs, quarantine, past, kept_bytes: 0, failures: 0, shut }
    }

    /// Takes the next stretch. Blocks that are not needed any more are given back, to be used again.
    pub(super) fn take(&mut self, mut stretch: Stretch, out: &mut Understood) -> Vec<Arc<Block>> {
        stretch.left_out = self.quarantine.within(stretch.from..stretch.to);
        self.leave_out_shut(&mut stretch);
        while let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.sheet.take(&stretch, out))) {
            out.clear();
            self.failures += 1;
            self.set_apart(&mut stretch, said(&*panic));
            self.begin_again();
        }
        self.kept_bytes += stretch.blocks.iter().map(|block| block.plain_bytes()).sum::<usize>();
        let is_over = stretch.to == end_of_sheet(stretch.from);
        self.past.push(stretch);
        if is_over {
            (self.failures, self.shut) = (0, Vec::new());
        }
        match is_over || self.kept_bytes > KEPT_BYTES_MAX {
            true => self.let_go(),
            false => Vec::new(),
        }
    }

    fn let_go(&mut self) -> Vec<Arc<Block>> {
        self.kept_bytes = 0;
        self.past.drain(..).flat_map(|stretch| stretch.blocks).collect()
    }

    /// The sheet as it was before the stretch that failed, as far as what was read of it is at hand.
    fn begin_again(&mut self) {
        let mut sheet = Sheet::new(self.zone_offset_secs);
        let mut scratch = Understood::default();
        for stretch in &self.past {
            sheet.take(stretch, &mut scratch);
            scratch.clear();
        }
        self.sheet = sheet;
    }

    /// Sets the record at fault apart, or all of the stretch where none is known.
    fn set_apart(&mut self, stretch: &mut Stretch, reason: &str) {
        let at_fault = self.sheet.busy_with().filter(|seq| !self.is_left_out(*seq, stretch));
        let of = |stretch: &Stretch| {
            at_fault.and_then(|seq| {
                records(stretch).find(|record| record.seq == seq).map(|record| {
                    self.quarantine.put(&record, reason);
                    (seq, voice(&record))
                })
            })
        };
        if let Some((seq, voice)) = of(stretch) {
            insert(&mut stretch.left_out, seq);
            if self.failures > FAILURES_MAX {
                self.shut.push(voice);
                self.leave_out_shut(stretch);
            }
            return;
        }
        // A line that is held back since an earlier stretch.
        let held = self.past.iter().enumerate().find_map(|(at, past)| Some((at, of(past)?.0)));
        if let Some((at, seq)) = held {
            return insert(&mut self.past[at].left_out, seq);
        }
        records(stretch).for_each(|record| self.quarantine.put(&record, reason));
        stretch.left_out = records(stretch).map(|record| record.seq).collect();
        self.past.clear();
    }

    fn is_left_out(&self, seq: Seq, stretch: &Stretch) -> bool {
        let all = self.past.iter().chain([stretch]);
        all.flat_map(|stretch| &stretch.left_out).any(|known| *known == seq)
    }

    fn leave_out_shut(&self, stretch: &mut Stretch) {
        if self.shut.is_empty() {
            return;
        }
        let mut more = Vec::new();
        for record in records(stretch).filter(|record| self.shut.contains(&voice(record))) {
            if stretch.left_out.binary_search(&record.seq).is_err() {
                self.quarantine.put(&record, "its source made the program fail again and again");
                more.push(record.seq);
            }
        }
        stretch.left_out.append(&mut more);
        stretch.left_out.sort();
    }
}

fn insert(seqs: &mut Vec<Seq>, seq: Seq) {
    if let Err(place) = seqs.binary_search(&seq) {
        seqs.insert(place, seq);
    }
}

fn voice(record: &Record<'_>) -> Voice {
    let origin = record.origin;
    (origin.source_id.clone(), origin.tenant_id.clone(), record.peer.to_owned())
}

/// The records of a stretch.
fn records(stretch: &Stretch) -> impl Iterator<Item = Record<'_>> {
    let within = |record: &Record<'_>| record.seq >= stretch.from && record.seq < stretch.to;
    stretch.blocks.iter().flat_map(|block| block.records()).filter(within)
}
