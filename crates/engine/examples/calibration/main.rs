//! A seed → how often the engine is wrong and how much it finds, on invented streams whose truth is
//! known: false-alarm rates are measured, not hoped.
//!
//! `cargo run --release -p engine --example calibration -- [--seed N] [--signatures 2000] [--days 21]
//! [--replays 200] [--part bursts|precursors|all] [--json]`
//!
//! | file | turns | into |
//! |---|---|---|
//! | `chance` | a seed | numbers by the laws that are needed |
//! | `words` | chance | invented messages, each a kind of its own |
//! | `rhythm` | a manner of coming | times |
//! | `fleet`, `inject`, `bursts` | a seed | a tenant; trouble in it; figures of bursts and escalations |
//! | `reference` | the same stream and its true rates | what could be found at best |
//! | `scene`, `precursors` | a seed | a small tenant with bad messages; figures of claims of order |
//! | `watch` | a stream | what the engine opened over it |
//! | `report` | figures | a table or JSON, the bars beside them |

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints a table")]

mod bursts;
mod chance;
mod fleet;
mod inject;
mod precursors;
mod reference;
mod report;
mod rhythm;
mod scene;
mod watch;
mod words;

use fleet::Size;
use inject::Wanted;
use scene::Arm;
use std::process::ExitCode;

/// Signatures to one injected burst, and to one escalation: 120 and 100 of 2,000.
const TO_ONE_BURST: f64 = 2_000.0 / 120.0;
const TO_ONE_ESCALATION: f64 = 20.0;
/// Trouble lies in so many last days; what comes before is the past that it is unusual against.
const TROUBLED_DAYS: u32 = 6;
/// Shorter streams have no room for learning, a past and an escalation; longer ones none in a number
/// of milliseconds.
const DAYS: (u64, u64) = (10, 42);
/// Fewer have too few flows to inject into.
const SIGNATURES_MIN: u64 = 50;

const USAGE: &str = "usage: calibration [--seed N] [--signatures 2000] [--days 21] [--replays 200] [--part bursts|precursors|all] [--json]";

/// What was asked for.
struct Args {
    seed: u64,
    signatures: usize,
    days: u32,
    replays: usize,
    part: String,
    json: bool,
}

fn args() -> Result<Args, String> {
    let mut args = Args {
        seed: 1,
        signatures: 2_000,
        days: 21,
        replays: 200,
        part: "all".into(),
        json: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--json" {
            args.json = true;
            continue;
        }
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{word} {value}: not a number"));
        match word.as_str() {
            "--seed" => args.seed = number()?,
            "--signatures" => args.signatures = number()?.max(SIGNATURES_MIN) as usize,
            "--days" => args.days = number()?.clamp(DAYS.0, DAYS.1) as u32,
            "--replays" => args.replays = number()? as usize,
            "--part" if ["bursts", "precursors", "all"].contains(&value.as_str()) => {
                args.part = value;
            }
            _ => return Err(format!("not understood: {word} {value}")),
        }
    }
    Ok(args)
}

fn bursts(args: &Args) -> (bursts::Figures, bursts::Figures) {
    // Hosts and services grow with the kinds of message, as fleets do.
    let hosts = (args.signatures / 50).max(4);
    let size =
        Size { signatures: args.signatures, hosts, services: hosts * 3 / 2, days: args.days };
    let wanted = Wanted {
        bursts: (args.signatures as f64 / TO_ONE_BURST).round() as usize,
        escalations: (args.signatures as f64 / TO_ONE_ESCALATION).round() as usize,
        from_day: args.days - TROUBLED_DAYS,
    };
    bursts::study(args.seed, size, wanted)
}

fn precursors(args: &Args) -> report::Arms {
    let of = |arm| precursors::study(args.seed, arm, args.replays, args.days);
    report::Arms {
        shuffled: of(Arm::Shuffled),
        same_hour: of(Arm::SameHour),
        planted: of(Arm::Planted),
    }
}

fn main() -> ExitCode {
    let args = match args() {
        Ok(args) => args,
        Err(error) => {
            eprintln!("calibration: {error}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let mut object = serde_json::json!({ "seed": args.seed, "days": args.days });
    if args.part != "precursors" {
        let (figures, known) = bursts(&args);
        object["bursts"] = report::bursts_as_json(&figures);
        object["bursts"]["reference"] = report::reference_as_json(&known);
        if !args.json {
            print!("{}", report::bursts_as_text(args.seed, &figures));
            print!("{}", report::reference_as_text(&known));
        }
    }
    if args.part != "bursts" {
        let arms = precursors(&args);
        object["precursors"] = report::precursors_as_json(&arms);
        if !args.json {
            print!("{}", report::precursors_as_text(args.seed, args.days, &arms));
        }
    }
    if args.json {
        println!("{object:#}");
    }
    ExitCode::SUCCESS
}
