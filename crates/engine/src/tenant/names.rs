//! What events name, counted for comparison: in the table of what is usual, and in the story that goes on.

use super::Tenant;
use crate::attention::cell::CellIndex;
use crate::attention::named::is_looked_at;
use crate::discover::compare::values::Names;
use crate::entities::Entities;
use crate::sighting::Sighting;
use crate::signature::fingerprint;

impl Tenant {
    /// Looks at what an event names, if it is one of those that are looked at.
    pub(super) fn name(&mut self, cell: CellIndex, starts: bool, sighting: &Sighting<'_>) {
        let row = &self.ledger[cell];
        if sighting.entities.is_empty() || !is_looked_at(row, starts) {
            return;
        }
        if let Some(index) = row.candidate
            && self.stories[index].lead() == cell
        {
            let candidate = &mut self.stories[index];
            // At its first event after it was told.
            if candidate.names.as_ref().is_none_or(|names| !names.is_of(cell)) {
                let usual = self.ledger.named.of(cell);
                let names = usual.and_then(|u| Names::since(candidate.onset, cell, u));
                candidate.names = names.map(Box::new);
            }
            if let Some(names) = &mut candidate.names {
                // Only the texts of what an open story names are kept.
                fingerprint(sighting.service, sighting.body, &mut self.skeleton);
                names.look(Entities::named(sighting.body, self.skeleton.holes()));
            }
        }
        self.ledger.look(cell, sighting.entities, sighting.at);
    }
}
