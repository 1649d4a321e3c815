//! A long time at one rate: what the process holds, every ten seconds, and whether it grows.

use super::{Setting, verdict};
use crate::load::messages::Form;
use crate::load::{Plan, tcp};
use crate::machine::{Usage, pause};
use crate::row;
use crate::servers::Server;
use crate::servers::foreshock::Foreshock;
use crate::table::{self, number};
use anyhow::Result;
use std::time::{Duration, Instant};

/// The process is looked at so often.
const LOOK_MS: u64 = 10_000;
/// Rows of the table.
const ROWS: usize = 12;
/// What the allocator and the caches may move: growth of the last half in MiB that is none.
const GROWTH_MIB_MAX: f64 = 16.0;

/// Prints what it held.
///
/// # Errors
/// If the service does not start or ends.
pub(crate) fn run(setting: &Setting, rate: u64, secs: u64) -> Result<()> {
    let server = Foreshock::start(&setting.programs.foreshock, &setting.work, false)?;
    let plan = Plan::steady(server.syslog(), rate, secs, Form::Mixed);
    eprintln!("soak: {rate} messages/s for {secs} s");
    let began = Instant::now();
    let (sent, looks) = std::thread::scope(|scope| {
        let sending = scope.spawn(|| tcp::send(&plan, tcp::Framing::OctetCounted));
        let mut looks: Vec<(f64, Usage, f64)> = Vec::new();
        while !sending.is_finished() {
            let lag = server
                .status()
                .ok()
                .and_then(|status| status.pointer("/engine/lag_secs")?.as_f64());
            looks.push((began.elapsed().as_secs_f64(), server.usage(), lag.unwrap_or(f64::NAN)));
            let next = began + Duration::from_millis(LOOK_MS * looks.len() as u64);
            while !sending.is_finished() && Instant::now() < next {
                pause(100);
            }
        }
        let sent = sending.join().unwrap_or_else(|_| anyhow::bail!("the sender broke"));
        sent.map(|sent| (sent, looks))
    })?;
    server.end()?;
    let mut rows = vec![row!["secs", "RSS MiB", "descriptors", "threads", "CPU-s/M", "behind, s"]];
    for (secs, usage, lag) in looks.iter().step_by(looks.len().div_ceil(ROWS).max(1)) {
        let cost = usage.cpu_secs / (secs * rate as f64) * 1e6;
        rows.push(row![
            format!("{secs:.0}"),
            number(usage.rss_mib),
            usage.descriptors,
            usage.threads,
            number(cost),
            number(*lag)
        ]);
    }
    table::print(
        &format!(
            "{} messages at {}/s through foreshock serve",
            number(sent.messages as f64),
            number(rate as f64)
        ),
        &rows,
    );
    // The third quarter against the last: by then tables are filled and caches warm.
    let quarter = looks.len() / 4;
    let highest = |part: &[(f64, Usage, f64)], of: fn(&Usage) -> f64| {
        part.iter().map(|(_, usage, _)| of(usage)).fold(0.0, f64::max)
    };
    let grown = |of: fn(&Usage) -> f64| {
        let (third, last) = (&looks[2 * quarter..3 * quarter], &looks[3 * quarter..]);
        highest(last, of) - highest(third, of)
    };
    let (memory, descriptors) =
        (grown(|usage| usage.rss_mib), grown(|usage| usage.descriptors as f64));
    let peak = highest(&looks, |usage| usage.peak_mib);
    table::print(
        "growth from the third quarter to the last, of the highest values",
        &[
            row!["", "figure", "bar", ""],
            row!["memory, MiB", number(memory), "flat", verdict(memory <= GROWTH_MIB_MAX)],
            row!["descriptors", number(descriptors), "≤ 2", verdict(descriptors <= 2.0)],
            row!["peak MiB", number(peak), "≤ 512", verdict(peak <= 512.0)],
        ],
    );
    Ok(())
}
