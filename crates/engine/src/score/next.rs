//! Candidate → what to check next: exact checks of its family from the catalogue, then what fits any
//! program of this type. Where no family fits, the item says so.

use super::{crash, sites, start};
use crate::attention::cell::CellIndex;
use crate::checks::{CheckRule, Family, On, choose, is_plain_word, refill};
use crate::discover::candidate::Candidate;
use crate::discover::{Facts, View};
use model::{Blank, Blanks, Check, Knowledge, Shell, Span, Timestamp};

/// Checks of an item: what a person does in ten minutes.
const CHECKS_MAX: usize = 4;
/// Signatures of a story that are asked for their family; the lead is the first.
const ASKED_MAX: usize = 5;
/// Letters of a program's name from which its mention is no chance.
const NAME_LETTERS_MIN: usize = 4;
/// How far around an occasion lines are read.
const AROUND: Span = Span::from_secs(300);

/// What an item says of what to do.
pub(super) struct Next {
    pub(super) check_next: Vec<Check>,
    pub(super) knowledge: Option<Knowledge>,
    /// What quiet does not prove of such programs.
    pub(super) quiet: Option<String>,
    /// That no family fits.
    pub(super) unknown: Option<String>,
}

/// Checks for what follows each time: half of an item's places, as that is what hurts.
const FOLLOWER_CHECKS: usize = 2;

/// What to check next. Where it is known what comes first every time, the first check tells it instead
/// of asking.
pub(super) fn of(candidate: &Candidate, comes_first: Option<String>, view: View<'_>) -> Next {
    // A host that says nothing is silent with all of its programs; a signal brings its own checks.
    let brings_its_own = match &candidate.facts {
        Facts::HostSilence { .. } | Facts::Pressure(_) => Some(true),
        Facts::Start(start) => Some(!start.is_windows),
        _ => None,
    };
    if let Some(is_unix) = brings_its_own {
        let generic = generic(candidate, comes_first, view, is_unix);
        return Next { check_next: generic, knowledge: None, quiet: None, unknown: None };
    }
    let Some((family, template)) = family(candidate, view) else {
        let mut generic = generic(candidate, comes_first, view, true);
        if !matches!(candidate.facts, Facts::Silence { .. }) {
            generic.extend(of_any_program(candidate, view));
            generic.truncate(CHECKS_MAX);
        }
        return Next {
            check_next: generic,
            knowledge: None,
            quiet: None,
            unknown: Some(
                "what to check in this program: the catalogue has no family for it, so these checks fit any program".into(),
            ),
        };
    };
    let chosen = choose(family, candidate.kind, template);
    let chosen = chosen.into_iter().map(|rule| exact(family, rule, candidate, template, view));
    // What it ended in comes first: it may be so now.
    let mut exact = ended_in(candidate, family, view);
    exact.extend(chosen);
    // An answer goes before questions; so does what asks for this very kind of finding.
    let leads = match candidate.facts {
        Facts::Breakthrough { .. } => 1,
        // The catalogue knows more of disks and file systems than what fits any report.
        Facts::Crash(_) if crash::is_of_storage(candidate, view) => 0,
        Facts::Crash(_) => CHECKS_MAX,
        _ => usize::from(comes_first.is_some()),
    };
    let generic = generic(candidate, comes_first, view, family.shell == Shell::Posix);
    let knowledge = Knowledge {
        family: family.family.clone(),
        title: family.title.clone(),
        follows: family.follows.clone(),
        counter_evidence: family.counter.clone(),
    };
    let check_next = in_order(generic, leads, exact);
    Next { check_next, knowledge: Some(knowledge), quiet: family.quiet.clone(), unknown: None }
}

/// The first checks for what the story ended in, for what one like it had ended in, or for what follows it each time,
/// where that is of another family than the story itself: of a drive whose errors broke a file system, whether that is
/// read-only now.
fn ended_in(candidate: &Candidate, of: &Family, view: View<'_>) -> Vec<Check> {
    let said_by = |signature| {
        let signature = view.library.signature(signature);
        (signature.service.as_str(), signature.template.as_str())
    };
    let recalled = || candidate.recalls.iter().find(|recall| recall.painful);
    let follower = match (&candidate.facts, &candidate.cells[..]) {
        (Facts::Precursor { .. }, [_, follower, ..]) => Some(view.ledger[*follower].signature),
        _ => None,
    };
    let ((service, said), n) = if let Some(pain) = candidate.pain {
        (said_by(pain.signature), 1)
    } else if let Some(follower) = follower {
        (said_by(follower), FOLLOWER_CHECKS)
    } else if let Some(recall) = recalled() {
        (("", recall.outcome.as_str()), 1)
    } else {
        return Vec::new();
    };
    let family = view.config.checks.catalogue().family_of(service, said);
    let Some(family) = family.filter(|found| found.family != of.family) else { return Vec::new() };
    let rules = choose(family, candidate.kind, said).into_iter().take(n);
    rules.map(|rule| exact(family, rule, candidate, said, view)).collect()
}

/// The first generic ones, the exact ones, and as many more generic ones as there is room for; the look at the
/// lines themselves has a place in every item.
fn in_order(mut generic: Vec<Check>, leads: usize, exact: Vec<Check>) -> Vec<Check> {
    let is_look = |check: &Check| check.shows.is_some();
    let mut rest = generic.split_off(leads.min(generic.len()));
    let mut checks: Vec<Check> = generic.into_iter().chain(exact).take(CHECKS_MAX).collect();
    if let Some(place) = rest.iter().position(is_look).filter(|_| !checks.iter().any(is_look)) {
        checks.truncate(CHECKS_MAX - 1);
        checks.push(rest.remove(place));
    }
    checks.extend(rest);
    checks.truncate(CHECKS_MAX);
    checks
}

/// The family of what the story is about, and the template that fits it: of its lead, or else of a companion that
/// names the lead's program, as whoever starts a program tells how it ends. Other companions only came at the same time.
fn family<'a>(candidate: &Candidate, view: View<'a>) -> Option<(&'a Family, &'a str)> {
    let catalogue = view.config.checks.catalogue();
    let signature = |cell: &CellIndex| view.library.signature(view.ledger[*cell].signature);
    let lead = signature(&candidate.lead());
    let names_lead = |template: &str| {
        lead.service.chars().count() >= NAME_LETTERS_MIN && template.contains(&lead.service)
    };
    let signatures = candidate.cells.iter().take(ASKED_MAX).map(signature);
    let of_program = signatures.enumerate().find_map(|(place, said)| {
        let asked = place == 0 || names_lead(&said.template);
        let family = catalogue.family_of(&said.service, &said.template).filter(|_| asked)?;
        (!family.is_of_words()).then_some((family, said.template.as_str()))
    });
    // What anybody might say tells less than who said it.
    of_program.or_else(|| {
        let family = catalogue.family_of(&lead.service, &lead.template)?;
        Some((family, lead.template.as_str()))
    })
}

/// A check of the catalogue for this candidate, its blanks filled as far as the engine knows what belongs
/// there: its own times and names. The rest is filled from the evidence.
fn exact(
    family: &Family,
    rule: &CheckRule,
    candidate: &Candidate,
    template: &str,
    view: View<'_>,
) -> Check {
    let host = view.ledger.host_of(candidate.lead()).name.clone();
    let service = &view.ledger.services[view.ledger.kind_of(candidate.lead()).service.0 as usize];
    let utc = |at: Timestamp| format!("{} UTC", at.to_minute_text());
    let (from, to) = window(candidate);
    let known = [
        ("began", utc(candidate.onset - AROUND)),
        ("since", utc(from)),
        ("until", utc(to + Span::MINUTE)),
        ("host", host.clone()),
        ("service", service.name.clone()),
    ];
    let blanks = rule.command.as_ref().map(|template| {
        let blank = |(name, hole): (&String, &crate::checks::HoleRule)| Blank {
            name: name.clone(),
            kind: hole.is,
            after: hole.after.clone(),
            several: hole.several.clone(),
        };
        Box::new(Blanks {
            template: template.clone(),
            shell: rule.shell.unwrap_or(family.shell),
            holes: family.holes.iter().map(blank).collect(),
            known: known.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        })
    });
    let mut check = Check {
        text: rule.text.clone(),
        command: None,
        host: (rule.on == On::Host).then_some(host),
        read_only: rule.read_only,
        expected_if_bad: Some(rule.bad.clone()),
        platform: Some(rule.platform.as_ref().unwrap_or(&family.platform).clone()),
        source: Some(format!("{} <{}>", rule.source, rule.url)),
        shows: None,
        blanks,
    };
    refill(&mut check, &[template]);
    check
}

/// The time that shows most of a story: of a burst its peak, of others the latest occasion, with the severe message
/// that followed it.
fn window(candidate: &Candidate) -> (Timestamp, Timestamp) {
    let peak = candidate.highest().filter(|_| matches!(candidate.facts, Facts::Burst { .. }));
    if let Some(peak) = peak {
        let from = peak.since.at();
        return (from - AROUND, from + Span::MINUTE.times(10) + AROUND);
    }
    let last = candidate.last;
    let pain = candidate
        .pain
        .map(|pain| pain.mark.at)
        .filter(|at| *at >= last && *at - last <= Span::HOUR);
    (last - AROUND, pain.unwrap_or(last) + AROUND)
}

/// The command that shows the journal's lines of a time. Only our own times stand in it: nothing from a log may
/// reach a shell.
fn journal_of(from: Timestamp, to: Timestamp) -> String {
    format!(
        "journalctl --utc --no-pager --since '{} UTC' --until '{} UTC'",
        from.to_minute_text(),
        (to + Span::MINUTE).to_minute_text()
    )
}

/// The program that speaks, if every shell reads its name as a name: nothing else stands in a command.
fn program<'a>(candidate: &Candidate, view: View<'a>) -> Option<&'a str> {
    let service = view.ledger.kind_of(candidate.lead()).service;
    let name = view.ledger.as_it_is().services[service.0 as usize].name.as_str();
    (is_plain_word(name) && !name.contains('/')).then_some(name)
}

/// A question to a host that only reads, and what a bad answer looks like.
fn ask(host: &Option<String>, text: &str, command: Option<String>, bad: &str) -> Check {
    Check {
        text: text.to_owned(),
        command,
        host: host.clone(),
        read_only: true,
        expected_if_bad: Some(bad.to_owned()),
        ..Check::default()
    }
}

/// What to check when a message has stopped: does its program run, does it still say the message on its host,
/// and what happened when the next one was due.
fn silence(
    candidate: &Candidate,
    usual_gap: Span,
    host: Option<String>,
    view: View<'_>,
    with_commands: bool,
) -> Vec<Check> {
    let name = program(candidate, view).filter(|_| with_commands);
    let last = candidate.onset;
    let ask = |text, command, bad| ask(&host, text, command, bad);
    let (from, to) = (last - AROUND, last + usual_gap + AROUND);
    let window = with_commands.then(|| journal_of(from, to));
    vec![
        ask(
            "does the program run, and since when?",
            name.map(|name| {
                format!("systemctl list-units --all --no-pager '*{name}*'; pgrep -af -- {name}")
            }),
            "no process, or a unit that is failed, inactive or gone: it was stopped, removed or died",
        ),
        ask(
            "does it still say the message on its own host, so that only the way to us is broken?",
            name.map(|name| {
                format!(
                    "journalctl --utc --no-pager -n 5 -t {name} --since '{} UTC'",
                    last.to_minute_text()
                )
            }),
            "newer lines than the last one told here: they are lost on the way; none: it does not say them",
        ),
        Check {
            shows: Some((from, to)),
            ..ask(
                "what did the host say from the last message until the next one was due?",
                window,
                "a stop, a removal, an update, a crash or a full disk in these minutes",
            )
        },
    ]
}

/// What can be asked of a program that nobody told us about: does it run, and whom does it speak with?
fn of_any_program(candidate: &Candidate, view: View<'_>) -> Vec<Check> {
    let Some(name) = program(candidate, view) else { return Vec::new() };
    let host = Some(view.ledger.host_of(candidate.lead()).name.clone());
    let ask = |text, command, bad| ask(&host, text, Some(command), bad);
    vec![
        ask(
            "does the program run, since when, and how much memory and processor does it use?",
            format!(
                "systemctl list-units --all --no-pager '*{name}*'; ps -eo pid,etime,pcpu,rss,nlwp,args | grep -F -e {name} | grep -v grep"
            ),
            "failed or restarted a short while ago; memory or threads that grow between two looks",
        ),
        ask(
            "whom does it speak with, and do connections hang?",
            format!("sudo ss -H -t -n -p | grep -F -e {name}"),
            "SYN-SENT: the other side does not answer; many CLOSE-WAIT: the program does not close",
        ),
    ]
}

/// Read-only checks that fit any program; the look at the lines themselves comes first. `with_commands` is
/// false where the host is no Linux machine: then only what shows lines of a file has a command.
fn generic(
    candidate: &Candidate,
    comes_first: Option<String>,
    view: View<'_>,
    with_commands: bool,
) -> Vec<Check> {
    // Of many hosts, the one that spoke last: the window around the latest occasion is its own.
    let lasts = candidate.cells.iter();
    let host = lasts
        .max_by_key(|cell| view.ledger[**cell].last.min(candidate.last))
        .map(|cell| view.ledger.host_of(*cell).name.clone());
    let check = |text: String, command: Option<String>| Check {
        text,
        command,
        host: host.clone(),
        read_only: true,
        ..Check::default()
    };
    // A check that shows the lines of a time.
    let look_at = |text: String, (from, to): (Timestamp, Timestamp)| {
        let command = with_commands.then(|| journal_of(from, to));
        Check { shows: Some((from, to)), ..check(text, command) }
    };
    let look = |text: String, at: Timestamp| look_at(text, (at - AROUND, at + AROUND));
    let ask = match candidate.facts {
        Facts::Burst { .. } => "read what the host said around the peak: what else rose with it?",
        _ => {
            "read what the host said around the latest occasion: is there a line that comes first every time?"
        }
    };
    let mut checks = vec![look_at(comes_first.unwrap_or_else(|| ask.into()), window(candidate))];
    match &candidate.facts {
        Facts::Silence { usual_gap, .. } => {
            checks = silence(candidate, *usual_gap, host.clone(), view, with_commands);
        }
        Facts::HostSilence { .. } => {
            checks[0] = look(
                "is the host up, does it reach its log server, and does whatever sends its logs run?"
                    .into(),
                candidate.onset,
            );
            checks.push(Check {
                host: None,
                ..check(
                    "does anything else hear of it: monitoring, its neighbours, its site?".into(),
                    None,
                )
            });
        }
        Facts::Drift { .. } => checks.push(check(
            "what is short on this host or on the one that it asks: time, memory, disk, network?"
                .into(),
            with_commands.then(|| "vmstat -w 1 3; df -h".into()),
        )),
        Facts::Pressure(pressed) => {
            let hints = pressed.hints.iter().map(|hint| check(hint.clone(), None));
            checks.splice(0..0, hints);
        }
        Facts::Start(start) => {
            let own = start::checks(start).into_iter();
            let own = own.map(|(text, command, bad)| Check {
                expected_if_bad: Some(bad.to_owned()),
                ..check(text.to_owned(), Some(command))
            });
            checks.splice(0..0, own);
        }
        Facts::Breakthrough { .. } => checks.insert(
            0,
            check(
                "who came in, from where, and are they still there? Ask the owner of the account."
                    .into(),
                with_commands.then(|| "last -F -w | head -n 20; who".into()),
            ),
        ),
        Facts::Crash(_) => {
            let known = crash::checks(candidate, view).into_iter();
            let known = known
                .map(|known| check(format!("{}?", known.why), Some(known.command.to_owned())));
            checks.splice(1..1, known);
        }
        Facts::Spread { .. } => checks.push(Check {
            host: None,
            ..check(sites::what_they_share(candidate, view), None)
        }),
        Facts::Clients(_) => checks.push(Check {
            host: None,
            ..check(
                "what does this client share with others: an update of these days, a provider, a service, a certificate?"
                    .into(),
                None,
            )
        }),
        Facts::SelfHeal { .. } => checks
            .push(check("does the other side tell of failures at the same times?".into(), None)),
        _ => {}
    }
    // A story of one moment began at its latest occasion.
    if candidate.last - candidate.onset > AROUND {
        // Of many hosts, the one that it reached first leads.
        let first = view.ledger.host_of(candidate.lead()).name.clone();
        checks.push(Check {
            host: Some(first),
            ..look("what changed on this host shortly before it began?".into(), candidate.onset)
        });
    }
    checks
}
