//! `foreshock doctor`: looks at what a service needs, check by check; says what is wrong, why, and what to do.

use super::{Exit, Settings};
use crate::config::Service;
use crate::runtime::again;
use crate::runtime::serve::{self, Status};
use serde::Serialize;
use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const EXAMPLES: &str = "\
Examples:
  sudo -u foreshock foreshock doctor
      as the user of the service, by /etc/foreshock/foreshock.toml: before the first start, and whenever something
      seems wrong; changes nothing
  foreshock doctor --state ./state --json | jq '.[] | select(.ok | not)'
      for scripts; exit code 1 if a check fails";

/// Check what the service needs, and say what to do about what is wrong
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// State folder; else `service.state` of the settings
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY")]
    state: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    /// One JSON array
    #[arg(long)]
    json: bool,
}

/// What one check found.
#[derive(Debug, Serialize)]
struct Found {
    check: &'static str,
    ok: bool,
    /// What was seen.
    seen: String,
    /// What to do, where something is wrong, or would better be otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

fn good(check: &'static str, seen: impl Into<String>) -> Found {
    Found { check, ok: true, seen: seen.into(), remedy: None }
}

fn bad(check: &'static str, seen: impl Into<String>, remedy: impl Into<String>) -> Found {
    Found { check, ok: false, seen: seen.into(), remedy: Some(remedy.into()) }
}

/// Nothing that would fail, and still something to do.
fn warn(check: &'static str, seen: impl Into<String>, remedy: impl Into<String>) -> Found {
    Found { check, ok: true, seen: seen.into(), remedy: Some(remedy.into()) }
}

/// What a check looks at.
struct Case<'a> {
    state: Option<&'a Path>,
    service: &'a Service,
    runs: bool,
}

/// Every check, in the order in which they are told.
const CHECKS: &[fn(&Case<'_>) -> Option<Found>] = &[
    state_folder,
    running,
    spool,
    free_space,
    addresses,
    certificates,
    tokens,
    journal,
    kernel,
    files,
    clock,
];

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let settings = match args.settings.of_service() {
        Ok(settings) => settings,
        Err(mistake) => {
            let remedy = "correct the settings; `foreshock config show` prints all that can be set";
            let told = mistake.to_string();
            let found: Vec<Found> = told.lines().map(|one| bad("settings", one, remedy)).collect();
            return tell(&found, args.json);
        }
    };
    let state = args.state.as_deref().or(settings.service.state.as_deref());
    let runs = state.is_some_and(|folder| Status::runs(folder).unwrap_or(false));
    let case = Case { state, service: &settings.service, runs };
    let of_file =
        format!("{} are set, of {}", settings.origins.len(), super::settings::told(&settings));
    let mut found = vec![good("settings", of_file)];
    found.extend(CHECKS.iter().filter_map(|check| check(&case)));
    tell(&found, args.json)
}

fn tell(found: &[Found], json: bool) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(found)?)?;
    } else {
        for one in found {
            let mark = match (one.ok, &one.remedy) {
                (true, None) => "ok  ",
                (true, Some(_)) => "WARN",
                (false, _) => "BAD ",
            };
            writeln!(out, "{mark} {:<13} {}", one.check, outputs::safe::text(&one.seen))?;
            if let Some(remedy) = &one.remedy {
                writeln!(out, "                   → {}", outputs::safe::text(remedy))?;
            }
        }
    }
    out.flush()?;
    Ok(if found.iter().all(|one| one.ok) { Exit::Ok } else { Exit::Findings })
}

fn state_folder(case: &Case<'_>) -> Option<Found> {
    const CHECK: &str = "state folder";
    let Some(folder) = case.state else {
        return Some(bad(CHECK, "none is named", "add --state DIR, or `state` below [service]"));
    };
    let shown = folder.display();
    if !folder.exists() {
        return Some(good(CHECK, format!("{shown} is not there yet; the service makes it")));
    }
    let probe = folder.join(".doctor");
    let written = fs::write(&probe, b"probe").and_then(|()| fs::remove_file(&probe));
    Some(match written {
        Ok(()) => good(CHECK, format!("{shown} can be written to")),
        Err(error) => bad(
            CHECK,
            format!("{shown}: {error}"),
            "give the folder to the user that the service runs as",
        ),
    })
}

fn running(case: &Case<'_>) -> Option<Found> {
    const CHECK: &str = "service";
    let folder = case.state?;
    let Ok(status) = Status::read(folder) else {
        return case.runs.then(|| good(CHECK, "runs, and has not said yet how it is"));
    };
    Some(match (case.runs, status.reasons.first()) {
        (true, None) => good(CHECK, format!("runs since {}", status.started_at)),
        (true, Some(reason)) => bad(CHECK, reason.as_str(), "see `foreshock status`"),
        (false, _) if status.state == "stopped" => {
            good(CHECK, format!("ended in order at {}", status.at))
        }
        (false, _) => bad(
            CHECK,
            format!("did not end in order; last heard of at {}", status.at),
            "nothing acknowledged is lost; start it again, and look at the system's log for what ended it",
        ),
    })
}

fn spool(case: &Case<'_>) -> Option<Found> {
    const CHECK: &str = "spool";
    let folder = case.state.filter(|folder| folder.join("spool").is_dir())?;
    Some(match again::view(folder) {
        Err(error) => good(CHECK, format!("{error:#}")),
        Ok(view) => {
            let (opened, counts) = (view.opened(), view.counts());
            match counts.bad_blocks {
                0 => good(
                    CHECK,
                    format!(
                        "{} records in {} segments, all whole",
                        opened.records, opened.segments
                    ),
                ),
                n => bad(
                    CHECK,
                    format!("{n} damaged places with {} records", counts.bad_records),
                    "the bytes are kept in spool/*.bad, the rest is read; check the disk (smartctl, dmesg)",
                ),
            }
        }
    })
}

/// Below this, the spool stops taking records soon (it leaves 64 MiB alone).
const FREE_BYTES_MIN: u64 = 1 << 30;

fn free_space(case: &Case<'_>) -> Option<Found> {
    use store::disk::Disk;
    const CHECK: &str = "free space";
    let folder = case.state.filter(|folder| folder.is_dir())?;
    let free = store::disk::Folder::open(folder).ok()?.free().ok()??;
    let shown = format!("{:.1} GiB", free as f64 / f64::from(1 << 30));
    Some(match free >= FREE_BYTES_MIN {
        true => good(CHECK, shown),
        false => {
            bad(CHECK, shown, "free some, or lower retention.raw_bytes and retention.events_bytes")
        }
    })
}

fn addresses(case: &Case<'_>) -> Option<Found> {
    const CHECK: &str = "addresses";
    if case.runs {
        return None;
    }
    let service = case.service;
    let tcp = service.syslog_tcp.iter().chain(&service.syslog_tls).chain(&service.http);
    let tcp = tcp.map(|address| (*address, TcpListener::bind(address).err()));
    let udp = service.syslog_udp.iter().map(|address| (*address, UdpSocket::bind(address).err()));
    let all: Vec<(SocketAddr, Option<io::Error>)> = tcp.chain(udp).collect();
    let taken: Vec<String> = all
        .iter()
        .filter_map(|(address, error)| Some(format!("{address}: {}", error.as_ref()?)))
        .collect();
    Some(match taken.is_empty() {
        true => good(CHECK, format!("{} can be listened on", all.len())),
        false => bad(
            CHECK,
            taken.join("; "),
            "stop who has it (ss -lntup), or name others below [listen]; ports below 1024 want a right",
        ),
    })
}

fn tokens(case: &Case<'_>) -> Option<Found> {
    const CHECK: &str = "tokens";
    // By the door that a start goes through; it has the remedy.
    let file = match (&case.service.tokens, serve::tokens_of(case.service)) {
        (None, Ok(_)) => return None,
        (_, Err(error)) => {
            let remedy = "see docs/service.md, settings";
            return Some(bad(CHECK, format!("{error:#}"), remedy));
        }
        (Some(file), Ok(tokens)) if tokens.0.is_empty() => {
            let remedy = format!("make one: {}", serve::TOKEN_NEW);
            return Some(warn(CHECK, format!("none in {}", file.display()), remedy));
        }
        (Some(file), Ok(tokens)) => (file, tokens.0.len()),
    };
    Some(good(CHECK, format!("{} in {}", file.1, file.0.display())))
}

fn journal(case: &Case<'_>) -> Option<Found> {
    const CHECK: &str = "journal";
    case.service.journal.then(|| {
        let read =
            Command::new("journalctl").args(["--lines=1", "--output=json", "--no-pager"]).output();
        match read {
            Ok(output) if output.status.success() && !output.stdout.is_empty() => {
                good(CHECK, "can be read")
            }
            Ok(output) => bad(
                CHECK,
                String::from_utf8_lossy(&output.stderr).trim().to_owned(),
                "add the service's user to the group systemd-journal",
            ),
            Err(error) => bad(
                CHECK,
                format!("journalctl: {error}"),
                "install systemd's journalctl, or set listen.journal = false",
            ),
        }
    })
}

fn files(case: &Case<'_>) -> Option<Found> {
    const CHECK: &str = "files";
    let patterns = &case.service.files;
    let looked: Vec<Looked> = patterns.iter().map(|pattern| look(pattern)).collect();
    let seen: Vec<String> = looked.iter().map(|one| one.seen.clone()).collect();
    let remedy = looked.iter().filter_map(|one| one.remedy.clone()).reduce(|all, one| {
        match all.contains(&one) {
            true => all,
            false => format!("{all}; {one}"),
        }
    });
    let is_bad = looked.iter().any(|one| one.is_bad);
    (!patterns.is_empty()).then(|| Found {
        check: CHECK,
        ok: !is_bad,
        seen: seen.join("; "),
        remedy,
    })
}

/// What a pattern of files leads to.
struct Looked {
    is_bad: bool,
    seen: String,
    remedy: Option<String>,
}

fn look(pattern: &str) -> Looked {
    let told = |is_bad, seen: String, remedy: &str| Looked {
        is_bad,
        seen: format!("{pattern}: {seen}"),
        remedy: Some(remedy.to_owned()),
    };
    let found: Vec<PathBuf> = match glob::glob(pattern) {
        Ok(found) => found.filter_map(Result::ok).collect(),
        Err(error) => return told(true, error.to_string(), "write paths with *, ?, [ab] or **"),
    };
    let (folders, files): (Vec<_>, Vec<_>) = found.into_iter().partition(|path| path.is_dir());
    if files.is_empty() && !folders.is_empty() {
        let inner = format!("{}/**/*.log", pattern.trim_end_matches('/'));
        return told(
            true,
            "is a folder, of which nothing is followed".into(),
            &format!("write \"{inner}\" below [listen]"),
        );
    }
    if files.is_empty() {
        // They may come yet: the service looks for them all the time.
        return told(
            false,
            "no file yet".into(),
            "if there should be some, correct the pattern below [listen], or let this user look into the folder",
        );
    }
    let unreadable: Vec<String> = files
        .iter()
        .filter_map(|path| Some(format!("{} ({})", path.display(), fs::File::open(path).err()?)))
        .collect();
    let some = unreadable.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>().join(", ");
    match unreadable.is_empty() {
        true => Looked {
            is_bad: false,
            seen: format!("{pattern}: {} files", files.len()),
            remedy: None,
        },
        false => told(
            true,
            format!(
                "{} files, of which {} cannot be read by this user: {some}",
                files.len(),
                unreadable.len()
            ),
            "add the service's user to the group that may read them (adm), and run doctor as that user",
        ),
    }
}

/// So many files are named, of those that cannot be read.
const SHOWN_MAX: usize = 3;

fn kernel(case: &Case<'_>) -> Option<Found> {
    const CHECK: &str = "kernel";
    case.service.kernel.then(|| match fs::File::open("/dev/kmsg") {
        Ok(_) => good(CHECK, "/dev/kmsg can be read"),
        Err(error) => bad(
            CHECK,
            format!("/dev/kmsg: {error}"),
            "give the service CAP_SYSLOG and the device (docs/service.md, rights), or read the journal, which has its messages too",
        ),
    })
}

fn certificates(case: &Case<'_>) -> Option<Found> {
    const CHECK: &str = "certificates";
    let service = case.service;
    if service.syslog_tls.is_empty() {
        return None;
    }
    if let Err(error) = serve::certificates(service) {
        return Some(bad(
            CHECK,
            format!("{error:#}"),
            "correct the files that are named below [listen]",
        ));
    }
    let key = service.tls.key.as_deref()?;
    let mode = fs::metadata(key).map_or(0, |metadata| metadata.permissions().mode() & 0o777);
    Some(match mode & 0o007 {
        0 => good(CHECK, "certificate and key can be used"),
        _ => warn(
            CHECK,
            format!("{} can be read by everybody on this machine (mode {mode:03o})", key.display()),
            format!("chmod o-rwx {}", key.display()),
        ),
    })
}

fn clock(_: &Case<'_>) -> Option<Found> {
    let now = super::parse::now();
    Some(match now.civil_date().0 {
        2025.. => good("clock", now.to_string()),
        _ => bad("clock", now.to_string(), "set it (timedatectl): times of receipt would be wrong"),
    })
}
