//! An item and its lines of evidence, read again → the item with what only the lines can say: what all or most of
//! them name, what they name several of, and the blanks of its commands. The engine remembers values as small hashes
//! only; whoever has read the lines again can say them.

use super::phrase::{joined, shorten};
use crate::checks::{find, refill};
use crate::normalize::{Reference, normalize};
use crate::signature::{HoleKind, Skeleton, fingerprint};
use model::{Blank, BlankKind, CandidateType, Check, Item, Timestamp};

/// Lines from which it is worth a sentence: two may agree by chance.
const LINES_MIN: usize = 3;
/// Values that are named.
const NAMED_MAX: usize = 3;
/// Checks without an open blank beside which those with one are left out.
const WHOLE_ENOUGH: usize = 2;
/// Share of the lines that most of them are.
const MOST: f64 = 0.75;

/// Fills an item with what these lines of its evidence say, the latest last.
pub fn tell_of_lines(item: &mut Item, lines: &[&str]) {
    let holes = holes_of(item);
    let named = named_by_most(lines, &holes);
    // The thread of a spread is what its lines share, not the program that says them.
    if let Some((name, _)) = named.first().filter(|_| item.candidate_type == CandidateType::Spread)
        && !item.title.contains(name.as_str())
    {
        item.title = shorten(&format!("{name}: {}", item.title), super::item::TITLE_MAX);
    }
    item.why.extend(said_of_named(&named, lines.len()));
    item.why.extend(holes.iter().filter_map(|hole| several(hole, lines)));
    fill_checks(&mut item.check_next, lines);
}

/// The blanks of the family's commands, which say where values stand in its lines.
fn holes_of(item: &Item) -> Vec<Blank> {
    let blanks = item.check_next.iter().find_map(|check| check.blanks.as_ref());
    blanks.map(|blanks| blanks.holes.clone()).unwrap_or_default()
}

/// Fills the blanks. Of the family's checks those that are whole go first: one that asks for what the lines do not agree
/// on has to be completed by hand.
fn fill_checks(checks: &mut Vec<Check>, lines: &[&str]) {
    let wholes: Vec<bool> = checks.iter_mut().map(|check| refill(check, lines)).collect();
    let is_exact = |check: &Check| check.source.is_some();
    let Some(from) = checks.iter().position(is_exact) else { return };
    let until = checks[from..].iter().position(|c| !is_exact(c)).map_or(checks.len(), |n| from + n);
    let mut exact: Vec<(bool, Check)> =
        (from..until).map(|at| (!wholes[at], std::mem::take(&mut checks[at]))).collect();
    // Stable: among equals the family's order holds.
    exact.sort_by_key(|(is_open, _)| *is_open);
    // What has to be completed by hand is no help beside several that can be pasted.
    if exact.iter().filter(|(is_open, _)| !is_open).count() >= WHOLE_ENOUGH {
        exact.retain(|(is_open, _)| !is_open);
    }
    checks.splice(from..until, exact.into_iter().map(|(_, check)| check));
}

/// The values that all of the lines name, or most of them, with their number; what more lines name first.
fn named_by_most(lines: &[&str], holes: &[Blank]) -> Vec<(String, usize)> {
    if lines.len() < LINES_MIN {
        return Vec::new();
    }
    let mut counts = tally(lines.iter().flat_map(|line| values(line, holes)));
    counts.retain(|(_, n)| *n as f64 >= MOST * lines.len() as f64 && *n >= LINES_MIN);
    counts.truncate(NAMED_MAX);
    counts
}

/// `all 4 lines of evidence name svc_backup and 10.20.4.57`, `13 of the 15 lines of evidence name svc_scan`.
fn said_of_named(named: &[(String, usize)], of: usize) -> Vec<String> {
    let mut said = Vec::new();
    let all: Vec<&str> = named.iter().filter(|(_, n)| *n == of).map(|(v, _)| v.as_str()).collect();
    if !all.is_empty() {
        said.push(format!("all {of} lines of evidence name {}", joined(&all)));
    }
    let most = named.iter().filter(|(_, n)| *n < of);
    said.extend(most.map(|(value, n)| format!("{n} of the {of} lines of evidence name {value}")));
    said
}

/// `the lines of evidence name ata1, ata3 and ata5: several ports, so rather …`, where the family knows what that points to and
/// no value stands for most of them.
fn several(hole: &Blank, lines: &[&str]) -> Option<String> {
    let points_to = hole.several.as_deref()?;
    let counts = tally(lines.iter().filter_map(|line| find(hole, line)));
    let all: usize = counts.iter().map(|(_, n)| n).sum();
    let (_, most) = *counts.first()?;
    if counts.len() < 2 || all < LINES_MIN || most as f64 >= MOST * all as f64 {
        return None;
    }
    let more = counts.len().saturating_sub(NAMED_MAX);
    let named: Vec<&str> = counts.iter().take(NAMED_MAX).map(|(value, _)| *value).collect();
    let named = match more {
        0 => joined(&named),
        more => format!("{} and {more} more", named.join(", ")),
    };
    Some(format!("the lines of evidence name {named}: {points_to}"))
}

/// How often each value comes, the most frequent first; among equals the one that came first.
fn tally<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<(T, usize)> {
    let mut counts: Vec<(T, usize)> = Vec::new();
    for value in values {
        match counts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, n)) => *n += 1,
            None => counts.push((value, 1)),
        }
    }
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    counts
}

/// The accounts, addresses, machines, drives and units that a line names, each once.
fn values(line: &str, holes: &[Blank]) -> Vec<String> {
    let reference = Reference { now: Timestamp::default(), zone_offset_secs: 0 };
    let event = normalize(line.as_bytes(), &reference);
    let mut skeleton = Skeleton::default();
    fingerprint(event.service.as_deref().unwrap_or_default(), &event.body, &mut skeleton);
    let is_name = |kind: HoleKind| {
        matches!(
            kind,
            HoleKind::Ip4
                | HoleKind::Ip6
                | HoleKind::Mac
                | HoleKind::Host
                | HoleKind::Email
                | HoleKind::User
        )
    };
    let mut found: Vec<String> = Vec::new();
    let mut add = |value: &str| {
        if !value.is_empty() && !found.iter().any(|known| known == value) {
            found.push(value.to_owned());
        }
    };
    for hole in skeleton.holes().iter().filter(|hole| is_name(hole.kind)) {
        add(event.body.get(hole.start as usize..hole.end as usize).unwrap_or_default());
    }
    let is_thing = |kind| matches!(kind, BlankKind::Device | BlankKind::AtaPort | BlankKind::Unit);
    for hole in holes.iter().filter(|hole| is_thing(hole.kind)) {
        add(find(hole, &event.body).unwrap_or_default());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named_by_all(lines: &[&str]) -> Vec<String> {
        said_of_named(&named_by_most(lines, &[]), lines.len())
    }

    #[test]
    fn what_all_or_most_lines_name_is_said() {
        let line = |host: &str, user: &str, from: &str| {
            format!(
                "2026-11-20T02:14:06Z {host} sshd[1]: Failed password for {user} from {from} port 4000 ssh2"
            )
        };
        let deploy = |host, from| line(host, "deploy", from);
        let lines = [deploy("a", "192.0.2.7"), deploy("b", "192.0.2.7"), deploy("c", "192.0.2.7")];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(named_by_all(&lines), ["all 3 lines of evidence name deploy and 192.0.2.7"]);
        assert!(named_by_all(&lines[..2]).is_empty());
        let other = deploy("d", "192.0.2.8");
        let mixed = [lines[0], lines[1], other.as_str()];
        assert_eq!(named_by_all(&mixed), ["all 3 lines of evidence name deploy"]);
        assert!(named_by_all(&["", "\u{0}", "a b"]).is_empty());
        let stranger = line("e", "guest", "192.0.2.9");
        let most = [lines[0], lines[1], other.as_str(), stranger.as_str()];
        assert_eq!(named_by_all(&most), ["3 of the 4 lines of evidence name deploy"]);
    }

    #[test]
    fn several_values_are_told_where_none_stands_for_most() {
        let hole = Blank {
            name: "ata".into(),
            kind: BlankKind::AtaPort,
            after: vec![],
            several: Some("several ports".into()),
        };
        let lines = ["ata1: a", "ata3.00: b", "ata5: c", "ata3: d"];
        let told = "the lines of evidence name ata3, ata1 and ata5: several ports";
        assert_eq!(several(&hole, &lines).as_deref(), Some(told));
        assert_eq!(several(&hole, &["ata1: a", "ata1: b", "ata1: c", "ata3: d"]), None);
        assert_eq!(several(&hole, &lines[..2]), None);
    }

    #[test]
    fn checks_that_are_whole_go_first() {
        let check = |template: &str, is_exact: bool| Check {
            source: is_exact.then(|| "x".to_owned()),
            blanks: Some(Box::new(model::Blanks {
                template: template.to_owned(),
                shell: model::Shell::Posix,
                holes: vec![Blank {
                    name: "address".into(),
                    kind: BlankKind::Address,
                    after: vec![],
                    several: None,
                }],
                known: vec![],
            })),
            ..Check::default()
        };
        let mut checks =
            vec![check("a {user}", false), check("b {user}", true), check("c {address}", true)];
        fill_checks(&mut checks, &["from 192.0.2.7"]);
        let commands: Vec<&str> = checks.iter().filter_map(|c| c.command.as_deref()).collect();
        assert_eq!(commands, ["a '<user>'", "c 192.0.2.7", "b '<user>'"]);
        checks.push(check("d {address}", true));
        fill_checks(&mut checks, &["from 192.0.2.7"]);
        let commands: Vec<&str> = checks.iter().filter_map(|c| c.command.as_deref()).collect();
        assert_eq!(commands, ["a '<user>'", "c 192.0.2.7", "d 192.0.2.7"]);
    }
}
