//! Notes → sentences, the newest and largest first; and what the hosts of the first days are.

use super::Notes;
use super::note::{Note, PARTS_MAX};
use crate::attention::cell::{CellIndex, HostIndex};
use crate::discover::View;
use crate::discover::passed::Reason;
use crate::score::{joined, number, shorten};
use model::{Span, Timestamp};
use std::cmp::Reverse;

/// Kinds of message quoted in a note.
const QUOTED: usize = 2;
/// Hosts that are named; of more only the number is told.
const NAMED: usize = 3;
/// Letters quoted of a message.
const LETTERS: usize = 40;

impl Notes {
    /// The changes recognised since then, and the hosts that are still learnt, in words.
    pub(in crate::tenant) fn told(&self, since: Timestamp, view: View<'_>) -> Vec<String> {
        let told = self.notes.iter().filter(|n| n.is_told(since, view));
        let mut notes: Vec<&Note> = told.collect();
        let day = |note: &Note| note.told.floor(Span::DAY);
        notes.sort_by_cached_key(|n| Reverse((day(n), n.lines(view.ledger.as_it_is()))));
        let most = view.config.digest.notes_max;
        let more = notes.len().saturating_sub(most);
        let mut told: Vec<String> = notes.iter().take(most).map(|n| n.words(view)).collect();
        told.extend((more > 0).then(|| match more {
            1 => "And one smaller change.".to_owned(),
            more => format!("And {more} smaller changes."),
        }));
        told.extend(self.young(view));
        told
    }

    /// The hosts in their first days, in one sentence. While the tenant itself is learnt, or where a
    /// host came on its first day, they are as new as everything.
    fn young(&self, view: View<'_>) -> Option<String> {
        let learnt = view.config.attention.learning_span;
        if view.now < view.ledger.first + learnt {
            return None;
        }
        let from = (view.now - learnt).max(view.ledger.first + Span::DAY);
        let hosts = view.ledger.hosts.iter().enumerate().filter(|(_, host)| host.first > from);
        let young: Vec<HostIndex> = hosts.map(|(index, _)| HostIndex(index as u32)).collect();
        let first = |index: &HostIndex| view.ledger.hosts[index.0 as usize].first;
        let (oldest, newest) = (young.iter().map(first).min()?, young.iter().map(first).max()?);
        let (names, until) = (names(&young, view), newest + learnt);
        let rises: usize = self.rises_of(&young, view);
        let rises = match rises {
            0 => String::new(),
            n => format!(
                " ({} rose there and {} not judged)",
                kinds(n),
                if n == 1 { "was" } else { "were" }
            ),
        };
        Some(match young.len() {
            1 => format!(
                "{names} is new since {}: its own usual is learnt until {}{rises}.",
                oldest.to_minute_text(),
                until.to_minute_text()
            ),
            n => format!(
                "{n} hosts are new since {}{}: their own usual is learnt, of the last until {}{rises}.",
                oldest.to_minute_text(),
                if n <= NAMED { format!(" ({names})") } else { String::new() },
                until.to_minute_text()
            ),
        })
    }

    /// Kinds of message that rose on these hosts and were passed over because they are young.
    fn rises_of(&self, young: &[HostIndex], view: View<'_>) -> usize {
        let ledger = view.ledger.as_it_is();
        let of_young = self.notes.iter().filter(|n| n.reason == Reason::NewHost);
        let parts = of_young.flat_map(|note| &note.parts);
        parts.filter(|part| young.contains(&ledger[part.cell].host)).count()
    }
}

impl Note {
    /// What has become a story is told there, and was not ordinary.
    fn is_told(&self, since: Timestamp, view: View<'_>) -> bool {
        if self.told <= since || self.reason == Reason::NewHost {
            return false;
        }
        let cells = self.cells(view.ledger.as_it_is());
        let is_story = |cell: &&CellIndex| {
            let row = &view.ledger[**cell];
            row.candidate.is_some() || row.told_until.at() > self.first
        };
        2 * cells.iter().filter(is_story).count() < cells.len()
    }

    fn words(&self, view: View<'_>) -> String {
        let ledger = view.ledger.as_it_is();
        let hosts: Vec<HostIndex> = self.hosts(ledger).into_iter().collect();
        let (on, service) = (names(&hosts, view), self.service(view));
        let on = if self.parts.len() >= PARTS_MAX { format!("{on} or more") } else { on };
        let (said, quoted) = (kinds(self.kinds(ledger).len()), self.quoted(view));
        let (when, before) = (range(self.first, self.last_line(ledger)), self.as_before());
        let lines = lines(self.lines(ledger));
        match self.reason {
            Reason::Debug => {
                let goes_on = if self.is_going_on(view) { ", still going on" } else { "" };
                format!(
                    "Debug output of {service} on {on} ({lines}, {when}{goes_on}{before}) is left out: \
                     {quoted}."
                )
            }
            Reason::Nightly => format!(
                "{service} on {on} is as busy at about this hour every day ({lines}, {when}{before}): \
                 taken for a job and left out: {quoted}."
            ),
            Reason::NewProgram => format!(
                "{service} is new on {on} since {} and speaks {}: taken for a new program: {quoted}.",
                self.program_since(view).to_minute_text(),
                self.pace(hosts.len(), view),
            ),
            Reason::Window => format!(
                "Reboot or maintenance on {on}, {when} ({said} came together{before}) is left out: \
                 {quoted}."
            ),
            Reason::Rollout | Reason::NewHost => format!(
                "{said} came to {on} for the first time, {when}{before}: taken for a change such as a \
                 rollout or a reboot: {quoted}."
            ),
        }
    }

    /// Whether a flood has not paused yet.
    fn is_going_on(&self, view: View<'_>) -> bool {
        let quiet = view.now - self.last_line(view.ledger.as_it_is());
        self.over.is_none() && quiet <= view.config.attention.occasion_gap
    }

    /// `, as on 2026-03-01`, `, as 3 times before, last on 2026-03-01`.
    fn as_before(&self) -> String {
        let (date, _) = clock(self.latest_before);
        match self.before {
            0 => String::new(),
            1 => format!(", as on {date}"),
            n => format!(", as {n} times before, last on {date}"),
        }
    }

    fn service(&self, view: View<'_>) -> String {
        match view.ledger.services[self.service.0 as usize].name.as_str() {
            "" => "a program without a name".to_owned(),
            name => name.to_owned(),
        }
    }

    /// When a new program first spoke where it is new.
    fn program_since(&self, view: View<'_>) -> Timestamp {
        let cells = self.cells(view.ledger.as_it_is());
        let first = cells.iter().map(|cell| view.ledger[*cell].since()).min();
        first.unwrap_or(self.first)
    }

    /// How often it speaks on each host; a rate is known after a day.
    fn pace(&self, hosts: usize, view: View<'_>) -> String {
        let said = self.lines(view.ledger.as_it_is());
        let days = (view.now - self.program_since(view)).as_days_f64();
        if days < 1.0 {
            return format!("often ({} so far)", lines(said));
        }
        let a_day = said as f64 / days / hosts.max(1) as f64;
        let each = if hosts == 1 { "" } else { " on each" };
        format!("about {} times a day{each}", number(a_day))
    }

    fn quoted(&self, view: View<'_>) -> String {
        let kinds = self.kinds(view.ledger.as_it_is());
        let quote = |signature: &crate::signature::SignatureIndex| {
            let text = view.library.signature(*signature).template.replace("<*>", "…");
            format!("“{}”", shorten(&text, LETTERS))
        };
        let quoted: Vec<String> = kinds.iter().take(QUOTED).map(quote).collect();
        match kinds.len().saturating_sub(QUOTED) {
            0 => quoted.join(", "),
            more => format!("{} and {more} more", quoted.join(", ")),
        }
    }
}

/// `web1`, `web1 and web2`, `web1, web2 and web3`, `4 hosts`.
fn names(hosts: &[HostIndex], view: View<'_>) -> String {
    let name = |index: &HostIndex| view.ledger.hosts[index.0 as usize].name.as_str();
    if hosts.len() > NAMED {
        return format!("{} hosts", hosts.len());
    }
    let mut names: Vec<&str> = hosts.iter().map(name).collect();
    names.sort_unstable();
    match names.as_slice() {
        [] => "no host".to_owned(),
        names => joined(names),
    }
}

fn kinds(n: usize) -> String {
    if n == 1 { "1 kind of message".to_owned() } else { format!("{n} kinds of message") }
}

/// `1 line`, `4,000 lines`.
fn lines(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} {}", if n == 1 { "line" } else { "lines" })
}

/// Date and time of day.
fn clock(at: Timestamp) -> (String, String) {
    let text = at.to_minute_text();
    let (date, time) = text.split_once(' ').unwrap_or((&text, ""));
    (date.to_owned(), time.to_owned())
}

/// `2026-03-08 03:00–03:35`; with both dates where they differ.
fn range(first: Timestamp, last: Timestamp) -> String {
    let ((date, from), (until, to)) = (clock(first), clock(last));
    match date == until {
        true if from == to => format!("{date} {from}"),
        true => format!("{date} {from}–{to}"),
        false => format!("{date} {from} to {until} {to}"),
    }
}
