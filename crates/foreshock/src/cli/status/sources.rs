//! The sources of a service as a table: what is wrong first, then each with its figures.

use crate::runtime::serve::{CoverageNow, SourceNow, Status};
use outputs::coverage::{duration, of_those_known, percent};
use std::fmt::Write as _;

/// Columns of a name; a longer one is cut.
const NAME_MAX: usize = 40;
/// … and of a client's.
const TENANT_MAX: usize = 16;

/// Coverage, then a row for each source.
pub(super) fn text(status: &Status) -> String {
    let mut page = String::new();
    let _ = writeln!(page, "coverage  {}", coverage(status));
    for (tenant, coverage) in &status.coverage {
        for missed in &coverage.missed {
            let told = outputs::safe::text(&format!("{tenant}: {missed}")).into_owned();
            let _ = writeln!(page, "          ! {told}");
        }
    }
    let look = status.sources.iter().filter(|source| source.reason.is_some()).count();
    if look > 0 {
        let need = if look == 1 { "source needs" } else { "sources need" };
        let _ = writeln!(page, "look      {look} {need} a look: the lines with ! below");
    }
    let head = [
        "source",
        "client",
        "state",
        "a minute",
        "usual",
        "lag",
        "clock",
        "last heard",
        "received",
        "dropped",
        "broken",
    ];
    let mut rows: Vec<Vec<String>> = vec![head.map(str::to_owned).to_vec()];
    rows.extend(status.sources.iter().map(row));
    let widths: Vec<usize> = (0..head.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let reasons = std::iter::once(None).chain(status.sources.iter().map(|s| s.reason.as_ref()));
    page.push('\n');
    for (row, reason) in rows.iter().zip(reasons) {
        let mut line = String::new();
        for (place, (cell, width)) in row.iter().zip(&widths).enumerate() {
            // Names and words to the left, numbers to the right.
            let _ = match place {
                0..=2 | 7 => write!(line, "{cell:<width$}  "),
                _ => write!(line, "{cell:>width$}  "),
            };
        }
        let _ = writeln!(page, "{}", line.trim_end());
        if let Some(reason) = reason {
            let _ = writeln!(page, "    ! {}", outputs::safe::text(reason));
        }
    }
    if status.sources_more > 0 {
        let _ = writeln!(page, "{} more sources", status.sources_more);
    }
    page += "Listeners, tokens and \"files\" count since the start; hosts and single files since they were first heard.\n";
    if status.beyond_records > 0 {
        let _ = writeln!(
            page,
            "{} records of hosts that are too many to be watched one by one",
            status.beyond_records
        );
    }
    page
}

/// How much of what is usual was heard, and of how many sources that is known.
fn coverage(status: &Status) -> String {
    let sum = |of: fn(&CoverageNow) -> u64| status.coverage.values().map(of).sum::<u64>();
    let (sources, learning) = (sum(|of| of.sources), sum(|of| of.learning));
    match status.coverage_percent {
        None => "unknown: what the sources usually say is still being learnt".to_owned(),
        Some(all) => {
            let of = match learning {
                0 => String::new(),
                _ => format!(", of {}", of_those_known(sources, learning)),
            };
            format!("{} of what is usual was heard in the last day{of}", percent(all))
        }
    }
}

fn row(source: &SourceNow) -> Vec<String> {
    let name = match &source.host {
        Some(host) => format!("{} / {host}", source.name),
        None => source.name.clone(),
    };
    let name = outputs::safe::clip(&outputs::safe::text(&name), NAME_MAX).into_owned();
    let figure =
        |figure: Option<f64>| figure.map_or("-".to_owned(), |figure| format!("{figure:.1}"));
    let secs = |secs: Option<f64>| secs.map_or("-".to_owned(), duration);
    let tenant = outputs::safe::text(source.tenant.as_deref().unwrap_or("-"));
    // To the second: RFC 3339, without its fraction.
    let last = source.last_record_at.as_deref().map_or("never", |at| &at[..at.len().min(19)]);
    vec![
        name,
        outputs::safe::clip(&tenant, TENANT_MAX).into_owned(),
        source.state.clone(),
        figure(Some(source.rate_per_sec * 60.0)),
        figure(source.usual_rate_per_sec.map(|rate| rate * 60.0)),
        secs(source.lag_secs),
        secs(source.clock_skew_secs),
        last.to_owned(),
        source.received.to_string(),
        (source.lost + source.shed).to_string(),
        (source.malformed + source.parse_failures).to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells_what_is_wrong_and_lets_no_name_steer_the_terminal() {
        let source = |host: &str, state: &str, reason: Option<&str>| SourceNow {
            name: "syslog-udp-514".into(),
            host: Some(host.into()),
            state: state.into(),
            reason: reason.map(str::to_owned),
            last_record_at: Some("2026-11-20T04:12:31.204511Z".into()),
            received: 12_345,
            rate_per_sec: 0.5,
            usual_rate_per_sec: Some(1.25),
            tenant: Some("acme".into()),
            lag_secs: Some(0.04),
            clock_skew_secs: Some(-2_400.0),
            ..SourceNow::default()
        };
        let status = Status {
            coverage_percent: Some(98.0),
            coverage: [(
                "acme".to_owned(),
                CoverageNow { sources: 12, learning: 3, ..CoverageNow::default() },
            )]
            .into(),
            sources: vec![
                source("switch-3\u{1b}[31m", "silent", Some("silent since 04:12\u{7}")),
                source("fw", "ok", None),
            ],
            sources_more: 3,
            ..Status::default()
        };
        let page = text(&status);
        assert!(!page.chars().any(|c| c.is_control() && c != '\n'), "{page:?}");
        for said in [
            "98 % of what is usual was heard in the last day, of the 9 sources whose",
            "1 source needs a look",
            "switch-3",
            "! silent since 04:12",
            "3 more sources",
        ] {
            assert!(page.contains(said), "{said}: {page}");
        }
        let fw = page.lines().find(|line| line.contains("/ fw")).unwrap();
        for cell in
            ["acme", "ok", "30.0", "75.0", "0.0 s", "-40 min", "2026-11-20T04:12:31 ", "12345"]
        {
            assert!(fw.contains(cell), "{cell}: {fw}");
        }
    }
}
