//! The kernel's lines in order → finished reports: opens blocks at headers, gives lines to the blocks
//! that they belong to, folds signs, and hands over what is complete.

use super::block::{Block, Piece, Recent};
use super::detect::{self, Hits, word};
use super::grammar::Ready;
use super::record::Context;
use super::report::{Evidence, Moment, Report};
use super::signs;
use super::{
    build,
    signs::{Fold, Seen},
};
use std::collections::BTreeMap;

/// Reports that are gathered at the same time; each processor of a large machine may be in one, but
/// their lines come from few threads at once.
const OPEN_MAX: usize = 16;
/// Different reports of one boot.
const REPORTS_MAX: usize = 10_000;
/// Ways to look them up: a sign has one for each wording of its lines.
const KEYS_MAX: usize = 4 * REPORTS_MAX;
/// Lines of a sign that are kept as evidence, and their bytes.
const SIGN_LINES_MAX: u64 = 8;
const SIGN_BYTES_MAX: usize = 4 << 10;
/// Lines from one line of an episode to the next.
const EPISODE_LINES_MAX: u64 = 400;
/// A panic belongs to what came so shortly before.
const FOLLOWS_US_MAX: i64 = 10_000_000;

/// A header that waits for the next line: what is printed again must not open a report twice.
#[derive(Debug, Clone)]
struct Waiting {
    ready: &'static Ready,
    text: String,
    piece: Piece<'static>,
    hits: Hits,
}

/// Finds the reports of one machine's log.
#[derive(Debug, Clone, Default)]
pub(super) struct Extractor {
    open: Vec<Block>,
    recent: Recent,
    waiting: Option<Waiting>,
    episode: Option<(Report, u64)>,
    finished: Vec<Report>,
    /// Reports by what makes them the same.
    by_key: BTreeMap<String, usize>,
    /// The moment of the last report that ended the kernel's work, for panics that follow.
    last_report_us: Option<i64>,
    /// Lines carried the kernel's own mark before: a raw line is not the kernel's by default.
    pub(super) has_marks: bool,
    /// Reports beyond the cap.
    pub(super) lost: u64,
    /// Each occasion is a report of its own, to be taken as soon as it is complete.
    pub(super) is_live: bool,
}

impl Extractor {
    /// Takes one line with what the detector found in it.
    pub(super) fn line(&mut self, piece: Piece<'_>, hits: Hits) {
        if let Some(waiting) = self.waiting.take() {
            let is_repeated = hits.has(word::REPLAY);
            let piece = Piece { text: &waiting.text, ..waiting.piece };
            self.settle(piece, waiting.hits, Some(waiting.ready).filter(|_| !is_repeated));
        }
        match detect::header(hits, piece.text) {
            Some(ready) => {
                let text = piece.text.to_owned();
                let piece = Piece { text: "", ..piece };
                let piece: Piece<'static> = Piece {
                    text: "",
                    context: piece.context,
                    place: piece.place,
                    byte: piece.byte,
                    mono_us: piece.mono_us,
                    wall: piece.wall,
                };
                self.waiting = Some(Waiting { ready, text, piece, hits });
            }
            None => self.settle(piece, hits, None),
        }
    }

    /// A line whose meaning is known.
    fn settle(&mut self, piece: Piece<'_>, hits: Hits, header: Option<&'static Ready>) {
        let header = header.filter(|ready| self.may_open(piece, ready));
        let header = header.filter(|ready| !self.is_of_opening(piece, ready));
        let is_cut = header.is_some_and(|_| !continues(piece.text)) || hits.has(word::NOISE);
        if !self.open.is_empty() {
            self.close_over(piece, is_cut);
            for block in self.open.iter_mut().filter(|b| b.takes(piece.context)) {
                block.add(piece);
            }
        }
        if let Some(ready) = header
            && !self.is_part_of_open(piece)
        {
            self.open_block(ready, piece);
        }
        if hits.signs != 0 && piece.context != Context::Foreign {
            self.sign(piece, hits.signs);
        }
        self.recent.push(piece);
    }

    /// Whether a line with the words of a header may open a report: the kernel must have said it.
    fn may_open(&self, piece: Piece<'_>, ready: &Ready) -> bool {
        match piece.context {
            Context::Foreign => false,
            // Firmware and programs write to the same console; only what no one else says counts.
            Context::Raw => {
                !is_quoted(ready, piece.text)
                    && (ready.has_form(piece.text)
                        || !self.has_marks && is_only_kernels(ready, piece.text))
            }
            Context::Kernel | Context::Task(_) | Context::Cpu(_) => true,
        }
    }

    /// Whether the line is still the opening of the block before: symbolisers write it once for each
    /// inlined function, and allocators list what they know of an object under headings of their own.
    fn is_of_opening(&self, piece: Piece<'_>, ready: &Ready) -> bool {
        let Some(block) = self.open.last().filter(|b| b.takes(piece.context)) else {
            return false;
        };
        let same = std::ptr::eq(block.ready, ready) && block.is_at_opening();
        let of_slab = block.ready.header.words.starts_with("BUG ") && ready.header.words == "INFO:";
        of_slab || same && has_place(piece.text)
    }

    fn is_part_of_open(&self, piece: Piece<'_>) -> bool {
        if !continues(piece.text) {
            return false;
        }
        let is_follower = follows(piece.text);
        let is_repetition = piece.text.contains("---[ end ");
        let open = self.open.iter().any(|b| {
            b.takes(piece.context) && (!b.is_ended || is_follower || is_repetition && b.has_panic)
        });
        let recent = match (self.last_report_us, piece.mono_us) {
            (Some(last), Some(now)) => (0..FOLLOWS_US_MAX).contains(&(now - last)),
            _ => false,
        };
        open || is_follower && recent
    }

    fn open_block(&mut self, ready: &'static Ready, piece: Piece<'_>) {
        if self.open.len() >= OPEN_MAX {
            let block = self.open.remove(0);
            self.finish_block(&block);
        }
        self.last_report_us = piece.mono_us.or(self.last_report_us);
        // The line itself is not yet among the recent ones.
        let block = Block::open(ready, piece, self.recent.before(piece));
        self.open.push(block);
    }

    /// Ends the blocks that are over, and at a cut those that cannot tell whose lines come next.
    fn close_over(&mut self, piece: Piece<'_>, is_cut: bool) {
        let mut at = 0;
        while at < self.open.len() {
            let block = &mut self.open[at];
            let cannot_tell = matches!(block.context, Context::Raw | Context::Kernel);
            if block.is_over(piece) || is_cut && cannot_tell {
                let block = self.open.remove(at);
                self.finish_block(&block);
            } else {
                at += 1;
            }
        }
    }

    fn finish_block(&mut self, block: &Block) {
        if let Some(report) = build::from_block(block) {
            self.add(report);
        }
    }

    /// Adds a line of a sign. One like those before costs a look-up: a failing disk says it by the thousand.
    fn count(&mut self, seen: &Seen, piece: Piece<'_>, moment: Moment) {
        let device = seen.device.as_deref().unwrap_or_default();
        let words = format!("line {} {} {device}", seen.sign.class.kind, seen.key);
        if let Some(held) = self.by_key.get(&words).and_then(|at| self.finished.get_mut(*at)) {
            held.count += 1;
            held.last = moment;
            if held.count <= SIGN_LINES_MAX {
                add_evidence(&mut held.evidence, piece.text, piece.place, SIGN_BYTES_MAX);
            }
            return;
        }
        if let Some(at) = self.add(build::from_sign(seen, piece, moment))
            && self.by_key.len() < KEYS_MAX
        {
            self.by_key.insert(words, at);
        }
    }

    /// Adds a report, or an occasion to one that is the same, and says which; in a live log it stays alone.
    fn add(&mut self, report: Report) -> Option<usize> {
        let key = match &report.signature.strict {
            Some(strict) => format!("{strict} {}", report.device.as_ref().map_or("", |d| &d.name)),
            None => format!("damaged {} {}", report.kind, report.title),
        };
        if self.is_live {
            self.finished.push(report);
            return None;
        }
        if let Some(at) = self.by_key.get(&key).copied()
            && let Some(held) = self.finished.get_mut(at)
        {
            held.count += report.count;
            held.last = report.last;
            // Lines of a sign differ: a few more of them tell the story.
            if report.traces.is_empty() && held.count <= SIGN_LINES_MAX {
                let evidence = &report.evidence;
                add_evidence(
                    &mut held.evidence,
                    &evidence.text,
                    evidence.line_start,
                    SIGN_BYTES_MAX,
                );
            }
            return Some(at);
        }
        if self.finished.len() >= REPORTS_MAX {
            self.lost += 1;
            return None;
        }
        self.by_key.insert(key, self.finished.len());
        self.finished.push(report);
        Some(self.finished.len() - 1)
    }

    fn sign(&mut self, piece: Piece<'_>, candidates: u128) {
        let Some(seen) = signs::read(candidates, piece.text).filter(|s| !s.is_expected()) else {
            return;
        };
        let moment = Moment {
            byte: piece.byte,
            line: piece.place,
            mono_us: piece.mono_us,
            wall: piece.wall,
        };
        if seen.sign.fold == Fold::Count {
            return self.count(&seen, piece, moment);
        }
        let begins = seen.details.iter().any(|(name, _)| *name == "trigger");
        let belongs = self
            .episode
            .as_ref()
            .is_some_and(|(_, last)| piece.place.abs_diff(*last) <= EPISODE_LINES_MAX);
        // A second victim is a second occasion.
        let again = self.episode.as_ref().is_some_and(|(report, _)| {
            let pid = seen.details.iter().find(|(name, _)| *name == "victim_pid");
            pid.is_some_and(|(_, pid)| report.details.get("victim_pid").is_some_and(|p| p != pid))
        });
        if begins || !belongs || again {
            self.close_episode();
        }
        match &mut self.episode {
            Some((report, last)) => {
                build::join_sign(report, &seen, piece, moment);
                *last = piece.place;
            }
            None => self.episode = Some((build::from_sign(&seen, piece, moment), piece.place)),
        }
    }

    fn close_episode(&mut self) {
        if let Some((mut report, _)) = self.episode.take() {
            build::settle_episode(&mut report);
            self.add(report);
        }
    }

    /// Whether lines may still come that belong to what came before.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty() || self.waiting.is_some() || self.episode.is_some()
    }

    /// What is complete by now.
    pub(super) fn take(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.finished)
    }

    /// The log pauses: what is open is complete.
    pub(super) fn settle_all(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            let piece = Piece { text: &waiting.text, ..waiting.piece };
            self.settle(piece, waiting.hits, Some(waiting.ready));
        }
        for block in std::mem::take(&mut self.open) {
            self.finish_block(&block);
        }
        self.close_episode();
    }

    /// The boot is over in a live log: everything is complete, and stays to be taken.
    pub(super) fn finish_live(&mut self) {
        self.settle_all();
        self.recent.clear();
        self.last_report_us = None;
    }

    /// The boot is over: everything is.
    pub(super) fn finish(&mut self) -> Vec<Report> {
        self.finish_live();
        self.by_key.clear();
        self.take()
    }
}

/// Headers that stand in the middle of reports too.
fn continues(text: &str) -> bool {
    const MIDDLE: [&str; 5] = [
        "invalid opcode: 0000",
        "Kernel panic - not syncing",
        "unregister_netdevice: waiting for",
        "PANIC: double fault",
        "Internal error:",
    ];
    // Since 6.9 the faults that are their own first line begin with the word, too.
    const FIRST: [&str; 4] = ["general protection fault", "divide error", "stack segment", "int3"];
    let has = |words: &&str| text.contains(*words);
    MIDDLE.iter().any(has) || text.contains("Oops") && !FIRST.iter().any(has)
}

/// `net/core/dev.c:123`: the line was symbolised.
fn has_place(text: &str) -> bool {
    [".c:", ".h:", ".rs:"].iter().any(|end| {
        text.find(end)
            .and_then(|at| text.as_bytes().get(at + end.len()))
            .is_some_and(u8::is_ascii_digit)
    })
}

/// Panics that only end what was reported before.
fn follows(text: &str) -> bool {
    let Some((_, why)) = text.split_once("Kernel panic - not syncing: ") else {
        return false;
    };
    ["Fatal exception", "panic_on_warn", "hung_task: ", "softlockup: ", "kernel: panic_on_warn"]
        .iter()
        .any(|head| why.starts_with(head))
}

/// Whether a line without the kernel's mark only tells what a kernel said: the words stand in quotes or in a field, or
/// behind a time of day and other words.
fn is_quoted(ready: &Ready, text: &str) -> bool {
    let before = text.find(ready.header.words).map_or("", |at| &text[..at]);
    let is_time = |w: &[u8]| {
        w[2] == b':' && w[5] == b':' && [0, 1, 3, 4, 6, 7].iter().all(|at| w[*at].is_ascii_digit())
    };
    let time = before.as_bytes().windows(8).position(is_time);
    let is_told = time.is_some_and(|at| before[at..].contains(|c: char| c.is_ascii_alphabetic()));
    before.contains(['"', '\'', '`', '=', '{']) || is_told
}

/// Whether only the kernel would say a line of no known form, in a log without any marks: words that
/// no firmware and no program uses, or a driver's name in front of them (`usb 5-1: WARNING: …`), or
/// what is left of a report when the rest of its line got lost.
fn is_only_kernels(ready: &Ready, text: &str) -> bool {
    if !matches!(ready.header.words, "WARNING:" | "INFO:" | "panic:" | "fatal error:") {
        return true;
    }
    let named = text.find(ready.header.words).is_some_and(|at| text[..at].ends_with(": "));
    named || text.trim_end() == ready.header.words
}

/// Adds a line to the evidence of a report.
pub(super) fn add_evidence(evidence: &mut Evidence, text: &str, place: u64, bytes_max: usize) {
    match evidence.lines.last_mut() {
        Some(last) if last.1 == place => {}
        Some(last) if last.1 + 1 == place => last.1 = place,
        _ => evidence.lines.push((place, place)),
    }
    evidence.line_start = evidence.line_start.min(place);
    evidence.line_end = evidence.line_end.max(place);
    if evidence.text.len() + text.len() + 1 > bytes_max {
        evidence.truncated = true;
        return;
    }
    if !evidence.text.is_empty() {
        evidence.text.push('\n');
    }
    evidence.text.push_str(text);
}
