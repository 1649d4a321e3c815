//! What a host said around the occasions of what is watched: a few lines before and after each, by
//! their records. A person reads them, and comparison asks them what keeps coming first.
//!
//! On a busy host the neighbouring lines are mostly its chatter, so what is rare on it gets places of
//! its own. Costs nothing for a host that nothing is watched on.

use super::cell::{CellIndex, HostIndex};
use super::known::{Host, Line};
use super::ledger::Ledger;
use super::mark::Mark;
use crate::config::Config;
use model::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Neighbouring lines kept on each side of an occasion: what one glance takes in.
const NEXT_MAX: usize = 5;
/// Beginnings of rare messages that are kept further off on each side.
const RARE_MAX: usize = 3;
/// Contexts of a cell that are kept of its beginning.
const FIRST_MAX: usize = 2;
/// Latest contexts of a cell that are kept: enough to tell a habit from a coincidence.
const LATEST_MAX: usize = 6;
/// Occasions of one host that wait for what comes after them. A boot begins a hundred at once;
/// beyond these, only what came before is kept.
const WAITING_MAX: usize = 16;

/// What was said around one occasion. The occasion's own message is no part of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// The occasion's first record.
    pub mark: Mark,
    /// What came before, in order of time.
    pub before: Vec<Line>,
    /// What came after.
    pub after: Vec<Line>,
}

impl Context {
    /// Takes in a later line, if there is a place for it.
    fn hear(&mut self, line: Line, begins_rare: bool) {
        let places = if begins_rare { NEXT_MAX + RARE_MAX } else { NEXT_MAX };
        if line.mark.at >= self.mark.at && self.after.len() < places {
            self.after.push(line);
        }
    }
}

/// The contexts of one cell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Around {
    /// Those that became too old to be among the latest, the first ones of them.
    first: Vec<Context>,
    latest: VecDeque<Context>,
}

impl Around {
    fn push(&mut self, context: Context) {
        self.latest.push_back(context);
        if self.latest.len() > LATEST_MAX
            && let Some(old) = self.latest.pop_front()
            && self.first.len() < FIRST_MAX
        {
            self.first.push(old);
        }
    }
}

/// All contexts of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Contexts {
    kept: BTreeMap<CellIndex, Around>,
    /// Cells whose latest context still fills, by their host.
    waiting: BTreeMap<HostIndex, Vec<CellIndex>>,
    /// Occasions whose context found no room.
    pub overflowed: u64,
}

impl Contexts {
    /// The contexts of a cell, oldest first.
    pub fn of(&self, cell: CellIndex) -> impl Iterator<Item = &Context> {
        self.kept.get(&cell).into_iter().flat_map(|a| a.first.iter().chain(&a.latest))
    }

    /// Lets go of the cells that need none any more.
    pub fn retain(&mut self, is_needed: impl Fn(CellIndex) -> bool) {
        self.kept.retain(|cell, _| is_needed(*cell));
    }

    /// Stops waiting for what came after occasions that began before `since`, where the host has
    /// said nothing more.
    pub fn expire(&mut self, since: Timestamp) {
        let kept = &self.kept;
        let newest = |cell: &CellIndex| kept.get(cell).and_then(|a| a.latest.back());
        self.waiting.retain(|_, cells| {
            cells.retain(|cell| newest(cell).is_some_and(|context| context.mark.at >= since));
            !cells.is_empty()
        });
    }

    /// Keeps a context; says whether there was room. What is older than the story that goes on
    /// (`since`) no longer counts as its beginning.
    fn push(
        &mut self,
        cell: CellIndex,
        context: Context,
        since: Option<Timestamp>,
        cells_max: usize,
    ) -> bool {
        let has_room = self.kept.len() < cells_max || self.kept.contains_key(&cell);
        if !has_room {
            self.overflowed += 1;
            return false;
        }
        let around = self.kept.entry(cell).or_default();
        if let Some(since) = since {
            around.first.retain(|context| context.mark.at >= since);
        }
        around.push(context);
        true
    }

    fn wait(&mut self, host: HostIndex, cell: CellIndex) {
        let waiting = self.waiting.entry(host).or_default();
        if waiting.len() < WAITING_MAX && !waiting.contains(&cell) {
            waiting.push(cell);
        }
    }
}

impl Ledger {
    /// Hands a line to the occasions of its host that wait for what comes after them.
    pub fn overhear(&mut self, cell: CellIndex, mark: Mark, starts: bool, config: &Config) {
        if self.contexts.waiting.is_empty() {
            return;
        }
        let host = self[cell].host;
        if !self.contexts.waiting.contains_key(&host) {
            return;
        }
        let begins_rare = starts && self[cell].is_rare(mark.at, config.attention.rare_per_day_max);
        let line = Line { mark, signature: self[cell].signature };
        let Ledger { cells, contexts: Contexts { kept, waiting, .. }, .. } = self;
        let Some(due) = waiting.get_mut(&host) else { return };
        due.retain(|of| {
            let newest = kept.get_mut(of).and_then(|around| around.latest.back_mut());
            let Some(context) =
                newest.filter(|c| mark.at - c.mark.at <= config.attention.context_after)
            else {
                return false;
            };
            if cells[of.0 as usize].signature != line.signature {
                context.hear(line, begins_rare);
            }
            true
        });
        if due.is_empty() {
            waiting.remove(&host);
        }
    }

    /// Keeps what the host said before an occasion that began just now, and awaits what it says
    /// after. `since` is when the open story of the cell began.
    pub fn keep_context(
        &mut self,
        cell: CellIndex,
        mark: Mark,
        since: Option<Timestamp>,
        config: &Config,
    ) {
        let host = self[cell].host;
        let before = self.said_before(&self.hosts[host.0 as usize], cell, mark, config);
        let context = Context { mark, before, after: Vec::new() };
        if self.contexts.push(cell, context, since, config.limits.contexts_max) {
            self.contexts.wait(host, cell);
        }
    }

    /// The lines next to the occasion, and the rare messages that began shortly before these.
    fn said_before(&self, host: &Host, cell: CellIndex, mark: Mark, config: &Config) -> Vec<Line> {
        let own = self[cell].signature;
        let since = mark.at - config.attention.context_before;
        let is_before = |line: &Line| {
            line.signature != own && (since..=mark.at).contains(&line.mark.at) && line.mark != mark
        };
        let lines = host.lines.iter().rev().filter(is_before);
        let mut kept: Vec<Line> = lines.take(NEXT_MAX).collect();
        let rare = host.rare.iter().rev();
        let rare = rare.map(|r| Line { mark: r.mark, signature: self[r.cell].signature });
        let further = rare.filter(|line| is_before(line) && !kept.contains(line));
        let further: Vec<Line> = further.take(RARE_MAX).collect();
        kept.extend(further);
        kept.sort_by_key(|line| line.mark);
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SignatureIndex;
    use model::{Seq, Span};

    fn mark(secs: i64) -> Mark {
        Mark { at: Timestamp::from_secs(1_772_409_600 + secs), seq: Seq(secs as u64) }
    }

    fn context(secs: i64) -> Context {
        Context { mark: mark(secs), ..Context::default() }
    }

    #[test]
    fn the_first_and_the_latest_are_kept() {
        let mut contexts = Contexts::default();
        (0..20).for_each(|n| assert!(contexts.push(CellIndex(1), context(n * 1_000), None, 1)));
        let kept: Vec<i64> =
            contexts.of(CellIndex(1)).map(|c| c.mark.seq.0 as i64 / 1_000).collect();
        assert_eq!(kept, [0, 1, 14, 15, 16, 17, 18, 19]);
        // A later story has a beginning of its own.
        contexts.push(CellIndex(1), context(20_000), Some(mark(14_000).at), 1);
        let kept: Vec<i64> =
            contexts.of(CellIndex(1)).map(|c| c.mark.seq.0 as i64 / 1_000).collect();
        assert_eq!(kept, [14, 15, 16, 17, 18, 19, 20]);
    }

    #[test]
    fn beyond_the_cap_contexts_are_counted_only() {
        let mut contexts = Contexts::default();
        let keeps: Vec<bool> =
            (0..5).map(|n| contexts.push(CellIndex(n), context(0), None, 3)).collect();
        assert_eq!(keeps, [true, true, true, false, false]);
        assert_eq!(contexts.overflowed, 2);
        assert!(contexts.push(CellIndex(0), context(1), None, 3), "a known cell keeps its place");
        contexts.retain(|cell| cell == CellIndex(2));
        assert!(contexts.push(CellIndex(9), context(1), None, 3), "a place that was left is free");
    }

    #[test]
    fn what_comes_after_has_few_places_and_rare_ones_have_their_own() {
        let mut context = context(100);
        let line = |secs| Line { mark: mark(secs), signature: SignatureIndex(7) };
        context.hear(line(99), false);
        assert!(context.after.is_empty(), "a late line came before");
        (100..120).for_each(|secs| context.hear(line(secs), false));
        assert_eq!(context.after.len(), NEXT_MAX);
        (120..140).for_each(|secs| context.hear(line(secs), true));
        assert_eq!(context.after.len(), NEXT_MAX + RARE_MAX);
    }

    #[test]
    fn a_host_awaits_a_few_and_not_for_ever() {
        let mut contexts = Contexts::default();
        for n in 0..WAITING_MAX as u32 + 5 {
            contexts.push(CellIndex(n), context(i64::from(n)), None, 100);
            contexts.wait(HostIndex(0), CellIndex(n));
        }
        assert_eq!(contexts.waiting[&HostIndex(0)].len(), WAITING_MAX);
        contexts.expire(mark(10).at);
        assert_eq!(contexts.waiting[&HostIndex(0)].len(), WAITING_MAX - 10);
        contexts.expire(mark(10).at + Span::HOUR);
        assert!(contexts.waiting.is_empty());
    }
}
