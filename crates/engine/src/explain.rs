//! Why something stands where it stands: candidate or signature → item, band history, and the
//! sentences that say what speaks for it, what does not, and what would move it.

use crate::attention::cell::{CellIndex, OCCASIONS};
use crate::config::Config;
use crate::discover::View;
use crate::discover::budget;
use crate::discover::gate::{self, Gate};
use crate::discover::recurrence::least_likely;
use crate::score;
use crate::signature::SignatureIndex;
use crate::tenant::Tenant;
use model::{Band, CandidateId, Explanation, SignatureId, Span};

impl Tenant {
    /// The candidates, open and closed, whose id begins so as it is shown, in order of their ids.
    pub fn candidates_beginning(&self, shown: &str) -> Vec<CandidateId> {
        let ids = self.stories.iter().map(|c| c.id);
        beginning(ids, shown)
    }

    /// The signatures whose id begins so as it is shown, in order of their ids.
    pub fn signatures_beginning(&self, shown: &str, config: &Config) -> Vec<SignatureId> {
        let view = self.view(config);
        let known = (0..view.ledger.kinds.len() as u32).map(SignatureIndex);
        beginning(known.map(|i| view.library.signature(i).id), shown)
    }

    /// The band of a signature.
    pub fn band(&self, id: SignatureId, config: &Config) -> Option<Band> {
        let view = self.view(config);
        let index = self.index_of(id)?;
        Some(view.ledger.kind(index).standing.band)
    }

    /// Explains a candidate, open or closed.
    pub fn explain_candidate(&self, id: CandidateId, config: &Config) -> Option<Explanation> {
        let view = self.view(config);
        let candidate = self.stories.find(id)?;
        let lead = view.ledger[candidate.lead()].signature;
        let history = view.ledger.kinds[lead.0 as usize].history();
        let mut notes = vec![format!(
            "told at {}, {} after it began",
            candidate.opened.to_minute_text(),
            candidate.opened - candidate.onset
        )];
        notes.push(match (&candidate.ending, candidate.admitted) {
            (Some(ending), _) => {
                format!("closed at {}: {}", ending.at.to_minute_text(), ending.outcome)
            }
            (None, Some(at)) => format!("open, in the digest since {}", at.to_minute_text()),
            (None, None) => {
                "open, not in the digest yet: still learning, or the day's budget is used up".into()
            }
        });
        let price = budget::price(candidate, &self.tests, view);
        notes.extend(price.map(|price| price.words(config)));
        notes.extend(candidate.eve.as_ref().map(ToString::to_string));
        Some(Explanation {
            item: Some(self.item(candidate, view)),
            signature: Some(view.library.signature(lead).clone()),
            band: self.band_of(candidate),
            history: history.iter().map(|moved| (*moved).into()).collect(),
            notes,
        })
    }

    /// Explains a signature: also one that nothing speaks for.
    pub fn explain_signature(&self, id: SignatureId, config: &Config) -> Option<Explanation> {
        let view = self.view(config);
        let index = self.index_of(id)?;
        let kind = &view.ledger.kinds[index.0 as usize];
        let mut cells = view.ledger.cells_of(index);
        let open = cells.find_map(|c| view.ledger[c].candidate).or(kind.spread());
        let band = kind.standing.band;
        let mut notes = notes(index, view);
        if open.is_none() {
            let moves = self.kind_would_change(index, view);
            notes.extend(moves.iter().map(|change| change.words(band)));
            notes.extend(moves.is_empty().then(|| unmoved(view)));
        }
        Some(Explanation {
            item: open.map(|i| self.item(&self.stories[i], view)),
            signature: Some(view.library.signature(index).clone()),
            band,
            history: kind.history().iter().map(|moved| (*moved).into()).collect(),
            notes,
        })
    }
}

fn beginning<I: Ord + ToString>(ids: impl Iterator<Item = I>, shown: &str) -> Vec<I> {
    let mut ids: Vec<I> = ids.filter(|id| id.to_string().starts_with(shown)).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// What is known of a signature, and why it stands no higher.
fn notes(index: SignatureIndex, view: View<'_>) -> Vec<String> {
    let kind = view.ledger.kind(index);
    let mut notes = vec![format!(
        "{} on {} from {} to {}",
        counted(kind.events, "event"),
        counted(u64::from(kind.hosts), "host"),
        kind.first.at().to_minute_text(),
        kind.last.at().to_minute_text()
    )];
    notes.extend(kind.ignored().map(|(since, passed_over)| {
        let known = (view.now - kind.first.at()).as_days_f64();
        format!(
            "ignored since {}: {} a day are its usual on the busiest host; {} passed over since, counted all the same, and any rule of a higher band lifts it at once",
            since.to_minute_text(),
            score::number(kind.busiest as f64 / known.max(1.0)),
            counted(passed_over, "event")
        )
    }));
    // The busiest cells tell most; a few are enough.
    let mut cells: Vec<CellIndex> = view.ledger.cells_of(index).collect();
    cells.sort_by_key(|c| std::cmp::Reverse(view.ledger[*c].events));
    for cell in cells.iter().take(3) {
        notes.push(of_cell(*cell, view));
        notes.extend(not_told(*cell, view));
    }
    notes
}

/// What is said where neither occasions nor time would move it.
fn unmoved(view: View<'_>) -> String {
    format!(
        "nothing that was tried would move it: neither 12 occasions on a host within a day, nor 2,000 events at once, nor quiet; it rises to watch when its occasions on one host have a chance below 10^-{:.1} under their usual, or when a candidate opens for it",
        view.config.attention.watch_surprise_min
    )
}

fn of_cell(cell: CellIndex, view: View<'_>) -> String {
    let state = &view.ledger[cell];
    let host = &view.ledger.host_of(cell).name;
    let days = (view.now - state.since()).as_days_f64().max(1.0);
    let is_regular = state.is_regular(view.config.discover.silence_spread_max);
    let rhythm = match state.gaps.count() >= 3 && is_regular {
        true => format!(", every {} like clockwork", state.gaps.usual()),
        false => String::new(),
    };
    let run = match least_likely(view, cell, 0) {
        Err(Gate::PassedOver(_)) => String::new(),
        Ok(run) if run.surprise > 0.0 => format!(
            "; its latest {} within {} have a chance of 10^-{:.1} against {} a day by {}",
            counted(u64::from(run.occasions), "occasion"),
            run.within(),
            run.surprise,
            score::number(run.usual_per_day),
            run.learnt_from
        ),
        _ => "; nothing unusual in its latest occasions".to_owned(),
    };
    let day = state.occasions_since(view.now - Span::DAY) as u64;
    // Only the latest occasions are kept one by one.
    let or_more = if day >= OCCASIONS as u64 { " or more" } else { "" };
    format!(
        "on {host}: {}, {} a day{rhythm}, {}{or_more} in the last day{run}",
        counted(state.events, "event"),
        score::number(state.events as f64 / days),
        counted(day, "occasion"),
    )
}

/// Which gates of `recurrence` are shut to a cell that no candidate tells of.
fn not_told(cell: CellIndex, view: View<'_>) -> Option<String> {
    let shut: Vec<String> = match view.ledger[cell].candidate {
        Some(_) => return None,
        None => gate::shut_to(view, cell).iter().map(Gate::to_string).collect(),
    };
    let host = &view.ledger.host_of(cell).name;
    (!shut.is_empty()).then(|| format!("no recurrence on {host}: {}", shut.join("; ")))
}

/// `1 host`, `3 hosts`.
fn counted(n: u64, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}
