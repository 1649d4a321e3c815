//! A series with what was expected, alerts, a limit and a forecast → an SVG that stands by itself: no
//! script, no font and no address from outside, readable in light and dark.

use model::Timestamp;
use std::fmt::Write;

/// Size of the drawing and of its margins, in pixels.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 32.0;
const BOTTOM: f64 = 28.0;
/// Columns of pixels that a line is drawn in: of more values in one the least and the largest are kept.
const COLUMNS: usize = 880;
/// A cone without an end is drawn so many times its middle.
const ENDLESS: f64 = 3.0;

/// A value at an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Seconds.
    pub x: f64,
    /// The value.
    pub y: f64,
}

/// A forecast of the time until a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cone {
    /// Where it was made.
    pub from: Point,
    /// What will be met.
    pub limit: f64,
    /// Seconds until then, at the soonest.
    pub lo: f64,
    /// In the middle.
    pub mid: f64,
    /// At the latest; may be infinite.
    pub hi: f64,
}

/// What is drawn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chart {
    /// Above the drawing.
    pub title: String,
    /// The series, in order of time.
    pub points: Vec<Point>,
    /// What was expected.
    pub expected: Vec<Point>,
    /// Values that were alerts.
    pub alerts: Vec<Point>,
    /// Instants at which the level changed for good.
    pub changes: Vec<f64>,
    /// A limit.
    pub limit: Option<f64>,
    /// A forecast.
    pub cone: Option<Cone>,
}

const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#333}.t{font-size:14px}.a{stroke:#8886;fill:none}\
.s{stroke:#2563eb;fill:none;stroke-width:1.2}.e{stroke:#9aa;fill:none;stroke-dasharray:3 3}\
.m{fill:#dc2626}.l{stroke:#dc2626;stroke-dasharray:6 4}.n{stroke:#7c3aed;stroke-dasharray:2 4}\
.c{fill:#f59e0b55}.d{stroke:#b45309;fill:none}.b{fill:#fff}\
@media(prefers-color-scheme:dark){text{fill:#ddd}.b{fill:#16181d}.s{stroke:#7aa2ff}}";

impl Chart {
    /// The drawing.
    pub fn to_svg(&self) -> String {
        let scale = Scale::of(self);
        let mut svg = String::with_capacity(32 << 10);
        let _ = write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\
             <style>{STYLE}</style><title>{title}</title><rect class=\"b\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\
             <text class=\"t\" x=\"{LEFT}\" y=\"20\">{title}</text>",
            title = escaped(&self.title)
        );
        self.axes(&scale, &mut svg);
        if let Some(cone) = &self.cone {
            cone.draw(&scale, &mut svg);
        }
        for change in &self.changes {
            let x = scale.x(*change);
            let _ = write!(
                svg,
                "<line class=\"n\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{:.1}\"/>",
                HEIGHT - BOTTOM
            );
        }
        line("e", &self.expected, &scale, &mut svg);
        line("s", &self.points, &scale, &mut svg);
        if let Some(limit) = self.limit {
            let y = scale.y(limit);
            let _ = write!(
                svg,
                "<line class=\"l\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>",
                WIDTH - RIGHT
            );
        }
        for alert in thinned(&self.alerts, &scale) {
            let _ = write!(
                svg,
                "<circle class=\"m\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\"/>",
                scale.x(alert.x),
                scale.y(alert.y)
            );
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn axes(&self, scale: &Scale, svg: &mut String) {
        let bottom = HEIGHT - BOTTOM;
        let _ = write!(svg, "<path class=\"a\" d=\"M{LEFT} {TOP}V{bottom}H{}\"/>", WIDTH - RIGHT);
        for step in 0..=4 {
            let share = f64::from(step) / 4.0;
            let (y, value) =
                (bottom - share * (bottom - TOP), scale.low + share * (scale.high - scale.low));
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 6.0,
                y + 4.0,
                short(value)
            );
            let (x, at) = (
                LEFT + share * (WIDTH - LEFT - RIGHT),
                scale.from + share * (scale.to - scale.from),
            );
            let anchor = ["start", "middle", "middle", "middle", "end"][step as usize];
            let _ = write!(
                svg,
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
                bottom + 18.0,
                instant(at)
            );
        }
    }
}

impl Cone {
    fn draw(&self, scale: &Scale, svg: &mut String) {
        let end = |secs: f64| {
            scale.x(self.from.x + if secs.is_finite() { secs } else { self.mid * ENDLESS })
        };
        let (x, y, top) = (scale.x(self.from.x), scale.y(self.from.y), scale.y(self.limit));
        let _ = write!(
            svg,
            "<path class=\"c\" d=\"M{x:.1} {y:.1}L{:.1} {top:.1}H{:.1}Z\"/>",
            end(self.lo),
            end(self.hi)
        );
        let _ =
            write!(svg, "<path class=\"d\" d=\"M{x:.1} {y:.1}L{:.1} {top:.1}\"/>", end(self.mid));
    }
}

/// From values to pixels.
#[derive(Debug)]
struct Scale {
    from: f64,
    to: f64,
    low: f64,
    high: f64,
}

impl Scale {
    fn of(chart: &Chart) -> Scale {
        let all = || chart.points.iter().chain(&chart.alerts);
        let mut scale = Scale {
            from: all().map(|p| p.x).fold(f64::INFINITY, f64::min),
            to: all().map(|p| p.x).fold(f64::NEG_INFINITY, f64::max),
            low: all().map(|p| p.y).chain(chart.limit).fold(f64::INFINITY, f64::min),
            high: all().map(|p| p.y).chain(chart.limit).fold(f64::NEG_INFINITY, f64::max),
        };
        if let Some(cone) = &chart.cone {
            let end = if cone.hi.is_finite() { cone.hi } else { cone.mid * ENDLESS };
            scale.to = scale.to.max(cone.from.x + end);
        }
        // Nothing to draw, or one point: any frame will do that does not divide by 0.
        if scale.from >= scale.to {
            let from = if scale.from.is_finite() { scale.from } else { 0.0 };
            (scale.from, scale.to) = (from, from + 1.0);
        }
        if scale.low >= scale.high {
            let middle = if scale.low.is_finite() { scale.low } else { 0.0 };
            (scale.low, scale.high) = (middle - 1.0, middle + 1.0);
        }
        scale
    }

    fn x(&self, at: f64) -> f64 {
        LEFT + ((at - self.from) / (self.to - self.from)).clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT
            - BOTTOM
            - ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
                * (HEIGHT - TOP - BOTTOM)
    }
}

fn line(class: &str, points: &[Point], scale: &Scale, svg: &mut String) {
    let points = thinned(points, scale);
    let Some(first) = points.first() else { return };
    let _ =
        write!(svg, "<path class=\"{class}\" d=\"M{:.1} {:.1}", scale.x(first.x), scale.y(first.y));
    for point in &points[1..] {
        let _ = write!(svg, "L{:.1} {:.1}", scale.x(point.x), scale.y(point.y));
    }
    svg.push_str("\"/>");
}

/// Of many values in one column of pixels the least and the largest: no spike is lost, and the file
/// stays small.
fn thinned(points: &[Point], scale: &Scale) -> Vec<Point> {
    if points.len() <= 2 * COLUMNS {
        return points.to_vec();
    }
    let column = |point: &Point| {
        ((scale.x(point.x) - LEFT) / (WIDTH - LEFT - RIGHT) * COLUMNS as f64) as usize
    };
    let mut kept = Vec::with_capacity(2 * COLUMNS);
    for group in points.chunk_by(|a, b| column(a) == column(b)) {
        let least = group.iter().min_by(|a, b| a.y.total_cmp(&b.y));
        let most = group.iter().max_by(|a, b| a.y.total_cmp(&b.y));
        if let (Some(least), Some(most)) = (least, most) {
            let (first, second) = if least.x <= most.x { (least, most) } else { (most, least) };
            kept.extend([*first, *second]);
        }
    }
    kept
}

fn escaped(text: &str) -> String {
    let safe = crate::safe::text(text);
    safe.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn short(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e5).contains(&size) {
        format!("{value:.1e}")
    } else {
        format!("{value:.4}").trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// Seconds since 1970 as a date where they are large enough to be one, else as they are.
fn instant(secs: f64) -> String {
    if secs.abs() < 1e8 {
        format!("{secs:.0} s")
    } else {
        Timestamp::from_secs(secs as i64).to_minute_text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_leave_the_drawing() {
        let chart = Chart { title: "</text><script>alert(1)</script>".into(), ..Chart::default() };
        let svg = chart.to_svg();
        assert!(!svg.contains("<script"), "{svg}");
    }

    #[test]
    fn no_spike_is_lost_and_no_number_is_no_number() {
        let mut points: Vec<Point> =
            (0..50_000).map(|n| Point { x: f64::from(n), y: 1.0 }).collect();
        points[31_234].y = 99.0;
        let chart = Chart { points, limit: Some(120.0), ..Chart::default() };
        let thin = thinned(&chart.points, &Scale::of(&chart));
        assert!(thin.len() < 2_000 && thin.iter().any(|p| p.y == 99.0));
        for chart in [
            chart,
            Chart::default(),
            Chart { points: vec![Point { x: 5.0, y: 5.0 }], ..Chart::default() },
        ] {
            let svg = chart.to_svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
