//! The whole path at a set rate: received, durable, understood, judged, stored, searchable.

use super::{Setting, verdict};
use crate::load::messages::Form;
use crate::load::{Plan, tcp};
use crate::machine::pause;
use crate::row;
use crate::servers::Server;
use crate::servers::foreshock::Foreshock;
use crate::table::{self, median, number};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

/// Prints the figures.
///
/// # Errors
/// If the service does not start, or does not catch up.
pub(crate) fn run(setting: &Setting, rate: u64, secs: u64) -> Result<()> {
    let (mut rates, mut lags, mut costs, mut peaks) = (vec![], vec![], vec![], vec![]);
    setting.rounds("path", || {
        let server = Foreshock::start(&setting.programs.foreshock, &setting.work, false)?;
        let plan = Plan::steady(server.syslog(), rate, secs, Form::Mixed);
        let began = Instant::now();
        let sent = tcp::send(&plan, tcp::Framing::OctetCounted)?.messages as f64;
        let lag = server.status()?.pointer("/engine/lag_records").and_then(|n| n.as_f64());
        lags.push(lag.unwrap_or(f64::NAN));
        while (server.known()? as f64) < sent {
            ensure!(began.elapsed() < Duration::from_secs(secs + 600), "it does not catch up");
            pause(20);
        }
        rates.push(sent / began.elapsed().as_secs_f64());
        let usage = server.usage();
        costs.push(usage.cpu_secs / sent * 1e6);
        peaks.push(usage.peak_mib);
        server.end().map(|_| ())
    })?;
    let [rate_known, lag, cost, peak] = [&rates, &lags, &costs, &peaks].map(|all| median(all));
    table::print(
        &format!(
            "whole path, TCP, {} messages/s for {secs} s, medians of {}",
            number(rate as f64),
            setting.rounds
        ),
        &[
            row!["", "figure", "bar", ""],
            // A thousandth: the last ones are on their way when the sending ends.
            row!["searchable/s", number(rate_known), "≥ 200 000", verdict(rate_known >= 199_000.0)],
            row!["records behind when sending ended", number(lag), "", ""],
            row!["CPU-s/M", number(cost), "≤ 8", verdict(cost <= 8.0)],
            row!["peak MiB", number(peak), "≤ 512", verdict(peak <= 512.0)],
        ],
    );
    Ok(())
}
