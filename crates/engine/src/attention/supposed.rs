//! A few rows as they would be, laid over the ledger as it is: who asks the one cannot tell it from
//! the other, so every detector answers "what if" without knowing it.

use super::cell::{Cell, CellIndex, HostIndex};
use super::known::{Host, Kind};
use super::ledger::Ledger;
use super::mark::Mark;
use super::rows::Rows;
use crate::signature::SignatureIndex;
use model::Timestamp;
use std::collections::BTreeMap;
use std::ops::{Deref, Index};

/// Rows that differ from the ledger's.
#[derive(Debug, Clone, Default)]
pub struct Supposed {
    cells: BTreeMap<CellIndex, Cell>,
    kinds: BTreeMap<SignatureIndex, Kind>,
    hosts: BTreeMap<HostIndex, Host>,
}

/// What is known, or supposed to be: the ledger, and the rows that are laid over it.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    ledger: &'a Ledger,
    supposed: Option<&'a Supposed>,
}

impl<'a> Known<'a> {
    /// What is known.
    pub fn of(ledger: &'a Ledger) -> Known<'a> {
        Known { ledger, supposed: None }
    }

    /// What would be known if these rows were so.
    pub fn supposing(ledger: &'a Ledger, supposed: &'a Supposed) -> Known<'a> {
        Known { ledger, supposed: Some(supposed) }
    }

    /// The ledger as it is.
    pub fn as_it_is(self) -> &'a Ledger {
        self.ledger
    }

    fn cell(self, index: CellIndex) -> &'a Cell {
        let supposed = self.supposed.and_then(|s| s.cells.get(&index));
        supposed.unwrap_or_else(|| &self.ledger[index])
    }

    /// A signature, over all hosts.
    pub fn kind(self, index: SignatureIndex) -> &'a Kind {
        let supposed = self.supposed.and_then(|s| s.kinds.get(&index));
        supposed.unwrap_or_else(|| &self.ledger.kinds[index.0 as usize])
    }

    /// The signature of a cell, over all hosts.
    pub fn kind_of(self, cell: CellIndex) -> &'a Kind {
        self.kind(self.cell(cell).signature)
    }

    /// The host of a cell.
    pub fn host_of(self, cell: CellIndex) -> &'a Host {
        let index = self.cell(cell).host;
        let supposed = self.supposed.and_then(|s| s.hosts.get(&index));
        supposed.unwrap_or_else(|| &self.ledger.hosts[index.0 as usize])
    }

    /// When the host's service first spoke there.
    pub fn service_since(self, cell: CellIndex) -> Timestamp {
        let row = self.cell(cell);
        let service = self.kind(row.signature).service;
        let since = self.ledger.service_on_host(service, row.host);
        since.unwrap_or_else(|| row.since())
    }
}

impl Deref for Known<'_> {
    type Target = Ledger;
    fn deref(&self) -> &Ledger {
        self.ledger
    }
}

impl Index<CellIndex> for Known<'_> {
    type Output = Cell;
    fn index(&self, index: CellIndex) -> &Cell {
        self.cell(index)
    }
}

/// Supposed rows that are copied from the ledger when they are first changed.
pub struct Changing<'a> {
    /// What is known.
    pub ledger: &'a Ledger,
    /// What is supposed.
    pub supposed: &'a mut Supposed,
}

impl Changing<'_> {
    /// A message comes to a host that never said it.
    pub fn new_cell(
        &mut self,
        signature: SignatureIndex,
        host: HostIndex,
        mark: Mark,
    ) -> CellIndex {
        let beyond = self.supposed.cells.keys().next_back().map_or(0, |last| last.0 + 1);
        let index = CellIndex(beyond.max(self.ledger.cells.len() as u32));
        self.supposed.cells.insert(index, Cell::new(signature, host, mark));
        self.kind_mut(signature).reaches_a_host();
        self.host_mut(host).births.push((mark.at, signature));
        index
    }
}

impl Rows for Changing<'_> {
    fn cell_mut(&mut self, index: CellIndex) -> &mut Cell {
        self.supposed.cells.entry(index).or_insert_with(|| self.ledger[index].clone())
    }

    fn kind_mut(&mut self, index: SignatureIndex) -> &mut Kind {
        let known = || self.ledger.kinds[index.0 as usize].clone();
        self.supposed.kinds.entry(index).or_insert_with(known)
    }

    fn host_mut(&mut self, index: HostIndex) -> &mut Host {
        let known = || self.ledger.hosts[index.0 as usize].clone();
        self.supposed.hosts.entry(index).or_insert_with(known)
    }
}
