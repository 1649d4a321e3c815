//! The lines of one report, gathered in bounded memory: what opens it, what belongs to it, where it ends.
//!
//! A report's lines share its context; lines of others pass by. It ends at the next report of a log
//! that does not say which thread speaks, at silence, at a bound, or with the boot.

use super::frames;
use super::grammar::Ready;
use super::record::Context;
use aho_corasick::AhoCorasick;
use model::Timestamp;
use std::sync::LazyLock;

/// Lines of a report; all processors of a large machine print less.
pub(super) const LINES_MAX: usize = 2_000;
/// Bytes of a report.
pub(super) const BYTES_MAX: usize = 1 << 20;
/// Lines that look like no report after which it is over.
const QUIET_LINES_MAX: usize = 200;
/// Lines of others after which it is over.
const PASSED_LINES_MAX: usize = 4_000;
/// A pause after which it is over.
const PAUSE_US_MAX: i64 = 120_000_000;
/// A panic after so many lines repeats a stack that is known; what follows only blurs the report.
const LINES_BEFORE_PANIC: usize = 22;
/// Reports on uninitialised memory are shorter.
const LINES_BEFORE_PANIC_KMSAN: usize = 16;

/// Lines that change how the following ones are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The panic that ends it.
    Panic,
    /// The report itself took locks in an order that lockdep dislikes.
    Locking,
    /// Not of the story.
    Aside,
    /// All processors print their stacks.
    AllCpus,
}

const TURNS: [(&str, Turn); 4] = [
    ("Kernel panic - not syncing", Turn::Panic),
    ("WARNING: possible circular locking dependency detected", Turn::Locking),
    ("Disabling lock debugging due to kernel taint", Turn::Aside),
    ("Sending NMI from CPU", Turn::AllCpus),
];

static TURN_WORDS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(TURNS.map(|(words, _)| words)).ok());

fn turn(text: &str) -> Option<Turn> {
    let found = TURN_WORDS.as_ref()?.find(text)?;
    Some(TURNS[found.pattern().as_usize()].1)
}

/// One line as it reaches the builder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) context: Context,
    pub(super) place: u64,
    pub(super) byte: u64,
    pub(super) mono_us: Option<i64>,
    pub(super) wall: Option<Timestamp>,
}

/// A line that is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    from: usize,
    to: usize,
    pub(super) place: u64,
    /// It goes into the analysis: not doubted, not behind the end.
    is_said: bool,
}

/// A report that is being gathered.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) ready: &'static Ready,
    pub(super) context: Context,
    pub(super) first: (u64, u64, Option<i64>, Option<Timestamp>),
    pub(super) last_place: u64,
    last_mono_us: Option<i64>,
    text: String,
    lines: Vec<Kept>,
    /// How many lines stand before the one that opens it.
    prefix: usize,
    said: usize,
    quiet: usize,
    /// Lines of others since the last one of its own.
    passed: usize,
    is_tail: bool,
    all_cpus: bool,
    is_kmsan: bool,
    pub(super) has_panic: bool,
    /// The kernel marked its end.
    pub(super) is_ended: bool,
    pub(super) is_full: bool,
}

impl Block {
    /// Opens a report with the lines right before it.
    pub(super) fn open<'p>(
        ready: &'static Ready,
        piece: Piece<'_>,
        prefix: impl Iterator<Item = (&'p str, u64)>,
    ) -> Block {
        let mut block = Block {
            ready,
            context: piece.context,
            first: (piece.place, piece.byte, piece.mono_us, piece.wall),
            last_place: piece.place,
            last_mono_us: piece.mono_us,
            text: String::with_capacity(4_096),
            lines: Vec::with_capacity(64),
            prefix: 0,
            said: 0,
            quiet: 0,
            passed: 0,
            is_tail: false,
            all_cpus: false,
            is_kmsan: piece.text.contains("BUG: KMSAN:"),
            has_panic: false,
            is_ended: false,
            is_full: false,
        };
        for (text, place) in prefix {
            block.keep(text, place, false);
            block.prefix += 1;
        }
        block.said = 1;
        block.has_panic = piece.text.contains("Kernel panic");
        block.keep(piece.text, piece.place, true);
        block
    }

    /// Whether lines of this context belong to it.
    pub(super) fn takes(&self, context: Context) -> bool {
        self.context == context || self.all_cpus && matches!(context, Context::Cpu(_))
    }

    /// Adds a line of its context.
    pub(super) fn add(&mut self, piece: Piece<'_>) {
        self.passed = 0;
        let is_doubted = self.context != Context::Raw && frames::is_doubted(piece.text);
        let mut is_said = !is_doubted && !self.is_tail;
        if !is_doubted {
            self.said += 1;
            let enough = if self.is_kmsan { LINES_BEFORE_PANIC_KMSAN } else { LINES_BEFORE_PANIC };
            let turn = turn(piece.text);
            self.has_panic |= turn == Some(Turn::Panic);
            if turn == Some(Turn::Aside) {
                is_said = false;
            } else if turn == Some(Turn::AllCpus) {
                self.all_cpus = true;
            } else if self.said > enough && matches!(turn, Some(Turn::Panic | Turn::Locking)) {
                (self.is_tail, is_said) = (true, false);
            }
            self.is_ended |= piece.text.starts_with("---[ end ");
        }
        self.keep(piece.text, piece.place, is_said);
        if frames::is_of_report(piece.text) {
            self.quiet = 0;
            self.last_place = piece.place;
        } else {
            self.quiet += 1;
        }
        self.last_mono_us = piece.mono_us.or(self.last_mono_us);
        self.is_full |= self.lines.len() >= LINES_MAX || self.text.len() >= BYTES_MAX;
    }

    /// Whether nothing more will come, now that another line did.
    pub(super) fn is_over(&mut self, piece: Piece<'_>) -> bool {
        self.passed += 1;
        let pause = match (self.last_mono_us, piece.mono_us) {
            // Other threads may be a report of long ago, printed late.
            (Some(last), Some(now)) if self.takes(piece.context) => now - last,
            _ => 0,
        };
        self.is_full
            || self.quiet > QUIET_LINES_MAX
            || self.passed > PASSED_LINES_MAX
            || pause > PAUSE_US_MAX
    }

    /// Only the line that opens it has come.
    pub(super) fn is_at_opening(&self) -> bool {
        self.lines[self.prefix..]
            .iter()
            .all(|line| self.text_of(line).contains(self.ready.header.words))
    }

    fn keep(&mut self, text: &str, place: u64, is_said: bool) {
        let mut end = text.len().min(BYTES_MAX.saturating_sub(self.text.len()));
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let from = self.text.len();
        self.text.push_str(&text[..end]);
        self.lines.push(Kept { from, to: self.text.len(), place, is_said });
    }

    fn text_of(&self, kept: &Kept) -> &str {
        &self.text[kept.from..kept.to]
    }

    /// The lines that the analysis reads, from the one that opens it.
    pub(super) fn said(&self) -> Vec<&str> {
        self.lines[self.prefix..].iter().filter(|l| l.is_said).map(|l| self.text_of(l)).collect()
    }

    /// All lines up to the last one that looks like the report's, with their places.
    pub(super) fn evidence(&self) -> impl Iterator<Item = (&str, u64)> {
        let end = self.lines.len().saturating_sub(self.quiet).max(self.prefix + 1);
        // A report of few lines has no marks; what came right behind its line may belong to it.
        let end = if end == self.prefix + 1 { end + self.quiet.min(3) } else { end };
        self.lines[..end.min(self.lines.len())].iter().map(|l| (self.text_of(l), l.place))
    }
}

/// The lines that were said last, for what stands before a report.
#[derive(Debug, Clone, Default)]
pub(super) struct Recent {
    lines: Vec<(Context, u64, Option<i64>, String)>,
    next: usize,
}

/// Lines that are remembered.
const RECENT_LINES: usize = 16;
/// Lines before a report that are shown with it.
const PREFIX_LINES: usize = 5;
/// Time from them to the report.
const PREFIX_US_MAX: u64 = 100_000;
/// Bytes of each.
const RECENT_BYTES: usize = 512;

impl Recent {
    pub(super) fn push(&mut self, piece: Piece<'_>) {
        let mut end = piece.text.len().min(RECENT_BYTES);
        while !piece.text.is_char_boundary(end) {
            end -= 1;
        }
        let text = &piece.text[..end];
        if self.lines.len() < RECENT_LINES {
            self.lines.push((piece.context, piece.place, piece.mono_us, text.to_owned()));
        } else if let Some(slot) = self.lines.get_mut(self.next) {
            (slot.0, slot.1, slot.2) = (piece.context, piece.place, piece.mono_us);
            slot.3.clear();
            slot.3.push_str(text);
        }
        self.next = (self.next + 1) % RECENT_LINES;
    }

    /// The lines of the same context right before a line, the oldest first.
    pub(super) fn before(&self, piece: Piece<'_>) -> impl Iterator<Item = (&str, u64)> {
        let (newer, older) = self.lines.split_at(self.next.min(self.lines.len()));
        let is_close = |mono_us: Option<i64>| match (mono_us, piece.mono_us) {
            (Some(before), Some(now)) => now.abs_diff(before) <= PREFIX_US_MAX,
            _ => true,
        };
        let wanted = |l: &&(Context, u64, Option<i64>, String)| {
            l.0 == piece.context && is_close(l.2) && !l.3.is_empty()
        };
        let all: Vec<_> = older.iter().chain(newer).filter(wanted).collect();
        let skip = all.len().saturating_sub(PREFIX_LINES);
        all.into_iter().skip(skip).map(|l| (l.3.as_str(), l.1))
    }

    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.next = 0;
    }
}
