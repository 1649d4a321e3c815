//! As many malformed messages a second as well-formed ones: does anything break, grow, or fill a log?

use super::{SILENCE, Setting, verdict};
use crate::load::messages::Form;
use crate::load::{Plan, tcp};
use crate::machine::pause;
use crate::row;
use crate::servers::foreshock::Foreshock;
use crate::servers::{Server, wait_for};
use crate::table::{self, median, number, ratio};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

/// Of each round.
#[derive(Default)]
struct Figures {
    durable: Vec<f64>,
    known: Vec<f64>,
    costs: Vec<f64>,
    peaks: Vec<f64>,
    lines: Vec<f64>,
}

impl Figures {
    fn row(&self, name: &str) -> Vec<String> {
        let Figures { durable, known, costs, peaks, lines } = self;
        let [durable, known, costs, peaks, lines] =
            [durable, known, costs, peaks, lines].map(|all| number(median(all)));
        row![name, durable, known, costs, peaks, lines]
    }
}

/// Prints the comparison.
///
/// # Errors
/// If the service does not start, or loses something.
pub(crate) fn run(setting: &Setting, rate: u64, secs: u64) -> Result<()> {
    let (mut good, mut bad) = (Figures::default(), Figures::default());
    setting.rounds("flood", || {
        one(setting, Form::Mixed, rate, secs, &mut good)?;
        one(setting, Form::Malformed, rate, secs, &mut bad)
    })?;
    table::print(
        &format!(
            "TCP by lines at {} messages/s, {secs} s, medians of {}",
            number(rate as f64),
            setting.rounds
        ),
        &[
            row!["", "durable/s", "searchable/s", "CPU-s/M", "peak MiB", "own log lines"],
            good.row("well-formed"),
            bad.row("malformed"),
        ],
    );
    let (durable, lines) =
        (ratio(&bad.durable, &good.durable), median(&bad.lines) - median(&good.lines));
    let known = ratio(&bad.known, &good.known);
    let within = |ratio: f64| (0.8..=1.25).contains(&ratio);
    table::print(
        "as ratios of the same round",
        &[
            row!["", "figure", "bar", ""],
            row![
                "durable, malformed / well-formed",
                number(durable),
                "± 20 %",
                verdict(within(durable))
            ],
            row![
                "searchable, malformed / well-formed",
                number(known),
                "± 20 %",
                verdict(known >= 0.8)
            ],
            row!["further log lines", number(lines), "0", verdict(lines <= 0.0)],
        ],
    );
    Ok(())
}

fn one(setting: &Setting, form: Form, rate: u64, secs: u64, figures: &mut Figures) -> Result<()> {
    let mut server = Foreshock::start(&setting.programs.foreshock, &setting.work, false)?;
    let plan = Plan { limit: None, ..Plan::steady(server.syslog(), rate, secs, form) };
    let began = Instant::now();
    let sent = tcp::send(&plan, tcp::Framing::Lines)?.messages;
    let arrived = wait_for(&mut server, sent, SILENCE)?;
    ensure!(arrived >= sent, "of {sent} messages {arrived} arrived");
    figures.durable.push(sent as f64 / began.elapsed().as_secs_f64());
    while server.status()?.pointer("/engine/lag_records").and_then(|n| n.as_u64()) > Some(1) {
        ensure!(began.elapsed() < Duration::from_secs(600), "it does not catch up");
        pause(50);
    }
    figures.known.push(sent as f64 / began.elapsed().as_secs_f64());
    let usage = server.usage();
    figures.costs.push(usage.cpu_secs / sent as f64 * 1e6);
    figures.peaks.push(usage.peak_mib);
    figures.lines.push(server.lines_said() as f64);
    server.end()?;
    Ok(())
}
