//! The words, the term and the checks of a start of a process that looks as no system starts one. Nothing that its
//! record says stands in a command but its number.

use super::{WEIGHTS, term as of};
use crate::discover::Facts;
use crate::discover::candidate::Candidate;
use crate::host::starts::OddStart;
use model::{Baseline, Contribution};

/// How odd it is.
pub(super) fn term(candidate: &Candidate) -> Contribution {
    match &candidate.facts {
        Facts::Start(start) => {
            let reason = format!("rules and odds together give {:.2} of 1", start.score);
            of("start", WEIGHTS.start * start.score, reason)
        }
        _ => of("start", 0.0, String::new()),
    }
}

/// `oak: unusual start of “bash” by “cron”: a schedule started …`
pub(super) fn title(start: &OddStart, host: &str) -> String {
    let by = match start.parent.as_str() {
        "" => String::new(),
        parent => format!(" by “{parent}”"),
    };
    format!("{host}: unusual start of “{}”{by}: {}", start.name, start.reason())
}

pub(super) fn what(start: &OddStart, host: &str) -> String {
    let by = match start.parent.as_str() {
        "" => "a program that the records do not name".to_owned(),
        parent => format!("“{parent}”"),
    };
    let user = match start.user.as_str() {
        "" => String::new(),
        user => format!(", as the user “{user}”"),
    };
    let line = match start.command_line.as_str() {
        "" => String::new(),
        line => format!(" Its command line begins with “{line}”."),
    };
    format!(
        "“{}” was started by {by} on {host} at {}{user}: {}.{line}",
        start.name,
        start.at.to_minute_text(),
        start.reasons.join("; ")
    )
}

pub(super) fn why_it_matters() -> String {
    "Who starts whom, from which folder and as which user hardly ever changes; a start outside of that is an administrator's own work, new software, or somebody who should not be there."
        .to_owned()
}

pub(super) fn baseline(start: &OddStart) -> Baseline {
    let now = match start.reasons.len() {
        1 => "one reason against it".to_owned(),
        n => format!("{n} reasons against it"),
    };
    Baseline {
        usual: "starts that no rule of the system speaks against".to_owned(),
        now: format!("{now}, severity {}", start.severity.word()),
    }
}

pub(super) fn unknown() -> String {
    "whether somebody meant to start it: the record names the process and its parent, not the reason"
        .to_owned()
}

/// What to check: the question, a command that only reads, and what a bad answer looks like.
pub(super) fn checks(start: &OddStart) -> [(&'static str, String, &'static str); 2] {
    let (runs, bad) = (
        "does it still run, since when, and which processes does it stand below?",
        "it runs, and nobody who may start it knows of it",
    );
    let who = "who was logged in at that time, and from where?";
    let stranger = "an account or an address that has no business there";
    match (start.is_windows, start.process_id) {
        (false, id) => {
            let which = match id {
                Some(id) => format!("ps -o pid,ppid,user,lstart,args -p {id}"),
                None => "ps -e -o pid,ppid,user,lstart,args --forest".to_owned(),
            };
            [(runs, which, bad), (who, "last -F -w | head -n 20; who".to_owned(), stranger)]
        }
        (true, id) => {
            let which = id.map_or_else(String::new, |id| format!(" -Filter 'ProcessId={id}'"));
            let which = format!(
                "Get-CimInstance Win32_Process{which} | Format-List Name,ProcessId,ParentProcessId,CreationDate,CommandLine"
            );
            [(runs, which, bad), (who, "quser".to_owned(), stranger)]
        }
    }
}
