//! Attention decides of which occasions the context is kept, and for how long: from `watch` up, or
//! with a story that is open.

use super::Tenant;
use crate::attention::cell::CellIndex;
use crate::attention::mark::Mark;
use crate::config::Config;
use model::Band;

impl Tenant {
    /// An occasion began and its bands were judged: keeps what was said around it, if it is watched.
    pub(super) fn surround(&mut self, cell: CellIndex, mark: Mark, config: &Config) {
        let story = self.ledger[cell].candidate;
        if story.is_none() && self.ledger.kind_of(cell).standing.band < Band::Watch {
            return;
        }
        let since = story.map(|index| self.stories[index].onset);
        self.ledger.keep_context(cell, mark, since, config);
    }

    /// Lets go of the contexts that nobody will ask for any more.
    pub(super) fn release_contexts(&mut self, config: &Config) {
        let mut contexts = std::mem::take(&mut self.ledger.contexts);
        let ledger = &self.ledger;
        contexts.retain(|cell| {
            let is_watched = ledger.kind_of(cell).standing.band >= Band::Watch;
            // The end of a story is noted in the cell; for never it is long past.
            let over_for = ledger.now - ledger[cell].told_until.at();
            is_watched
                || ledger[cell].candidate.is_some()
                || over_for < config.attention.context_kept_for
        });
        self.ledger.contexts = contexts;
    }
}
