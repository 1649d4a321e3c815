//! Series and judgements → what is to be drawn.

use super::table::Row;
use engine::host::forecast::Claim;
use engine::host::series::Judgement;
use outputs::chart::{Chart, Cone, Point};

/// Values, what was expected, and alerts.
pub(super) fn scores(title: &str, rows: &[Row], judged: &[Judgement]) -> String {
    let points = points(rows);
    let expected = rows
        .iter()
        .zip(judged)
        .filter(|(row, judged)| row.secs.is_finite() && !judged.is_learning)
        .map(|(row, judged)| Point { x: row.secs, y: judged.expected })
        .collect();
    let alerts = rows
        .iter()
        .zip(judged)
        .filter(|(row, judged)| row.secs.is_finite() && row.value.is_finite() && judged.is_alert)
        .map(|(row, _)| Point { x: row.secs, y: row.value })
        .collect();
    let changes =
        judged.iter().filter_map(|judged| judged.new_normal.map(|change| change.since)).collect();
    Chart { title: title.to_owned(), points, expected, alerts, changes, ..Chart::default() }
        .to_svg()
}

/// Values, the limit, and the cone of the last claim.
pub(super) fn forecast(title: &str, rows: &[Row], claims: &[Option<Claim>], limit: f64) -> String {
    let last =
        rows.iter().zip(claims).rev().find_map(|(row, claim)| claim.map(|claim| (row, claim)));
    let cone = last.map(|(row, claim)| Cone {
        from: Point { x: row.secs, y: row.value },
        limit,
        lo: claim.lo,
        mid: claim.mid,
        hi: claim.hi,
    });
    Chart {
        title: title.to_owned(),
        points: points(rows),
        limit: Some(limit),
        cone,
        ..Chart::default()
    }
    .to_svg()
}

fn points(rows: &[Row]) -> Vec<Point> {
    let known = rows.iter().filter(|row| row.secs.is_finite() && row.value.is_finite());
    known.map(|row| Point { x: row.secs, y: row.value }).collect()
}
