//! One event of a known message on a known host → what it changes in the rows of its cell, its
//! signature and its host. The ledger does it to what is; a supposition does it to copies, so that
//! what would be is counted by the same rules.

use super::cell::{Cell, CellIndex, HostIndex};
use super::known::{Host, Kind, Rare, Reach, worse};
use super::mark::{Mark, Secs};
use crate::config::Config;
use crate::entities::Entities;
use crate::sighting::Process;
use crate::signature::SignatureIndex;
use model::{Severity, Span};

/// Rows that can be changed.
pub trait Rows {
    /// The row of a cell.
    fn cell_mut(&mut self, index: CellIndex) -> &mut Cell;
    /// The row of a signature.
    fn kind_mut(&mut self, index: SignatureIndex) -> &mut Kind;
    /// The row of a host.
    fn host_mut(&mut self, index: HostIndex) -> &mut Host;
}

/// What of an event is counted in its rows.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// When, and the record.
    pub mark: Mark,
    /// Occurrences that it stands for.
    pub n: u32,
    /// How bad its source says it is.
    pub severity: Option<Severity>,
    /// Which process said it.
    pub process: Process,
    /// What it names.
    pub entities: Entities,
}

/// Counts an event in its cell, its signature and among the companions on its host; says whether
/// it begins a new occasion.
pub fn see(rows: &mut impl Rows, index: CellIndex, event: &Event, config: &Config) -> bool {
    let host = rows.cell_mut(index).host;
    let host_since = rows.host_mut(host).first;
    let (at, n, gap) = (event.mark.at, event.n, config.attention.occasion_gap);
    let cell = rows.cell_mut(index);
    let starts = cell.see(event.mark, n, event.severity, gap, host_since);
    let (signature, events, worst) = (cell.signature, cell.events, cell.worst);
    let kind = rows.kind_mut(signature);
    kind.last = kind.last.max(Secs::of(at));
    kind.events += u64::from(n);
    kind.busiest = kind.busiest.max(events);
    kind.worst = worse(kind.worst, worst);
    if starts {
        kind.occasions = kind.occasions.saturating_add(1);
        kind.named = event.entities;
        if let Some(wide) = &mut kind.wide {
            wide.entities.add(event.entities);
            wide.reach.push(Reach { at: Secs::of(at), cell: index, entities: event.entities });
        }
        meet(rows, index, event, config);
    }
    starts
}

/// Counts a new occasion of a rare cell against the rare occasions shortly before it.
fn meet(rows: &mut impl Rows, cell: CellIndex, event: &Event, config: &Config) {
    let Event { mark, process, .. } = *event;
    let at = mark.at;
    let row = rows.cell_mut(cell);
    let host = row.host;
    if !row.is_rare(at, config.attention.rare_per_day_max) {
        return;
    }
    let rare = rows.host_mut(host).rare;
    for Rare { mark: then, cell: other, process: its } in rare.iter() {
        let lag = at - then.at;
        if other == cell || lag > config.discover.pair_within || lag < Span::ZERO {
            continue;
        }
        let lag_secs = lag.as_secs_f64() as u32;
        let shared = process.is(its).then_some(process);
        rows.cell_mut(other).pairs.get_or_insert_default().came_after(cell, lag_secs, shared);
        rows.cell_mut(cell).pairs.get_or_insert_default().came_before(other);
    }
    rows.host_mut(host).rare.push(Rare { mark, cell, process });
}
