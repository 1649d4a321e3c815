//! A line on a terminal that says how far reading has come: bytes, lines a second, time left, and
//! the file. Drawn on standard error and taken away at the end; in pipes and logs there is none.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line is drawn anew: smooth to the eye, free for the processor.
const EVERY: Duration = Duration::from_millis(100);
/// A run that is over before this shows no line at all.
const FIRST_AFTER: Duration = Duration::from_millis(400);
/// Columns when the terminal does not tell.
const COLUMNS: u16 = 80;

/// What reading has come to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Position<'a> {
    /// Bytes read, as they stand on disk, of all inputs together.
    pub(crate) bytes: u64,
    /// Lines read.
    pub(crate) lines: u64,
    /// The input that is being read.
    pub(crate) name: &'a str,
}

/// The line.
#[derive(Debug)]
pub(crate) struct Progress {
    is_on: bool,
    /// Bytes that there are to read; 0 if nobody knows.
    total: u64,
    started: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    /// A line for a run over `total` bytes (0: unknown); none if standard error is no terminal or
    /// the user wants quiet.
    pub(crate) fn new(total: u64, is_quiet: bool) -> Progress {
        Progress {
            is_on: !is_quiet && io::stderr().is_terminal(),
            total,
            started: Instant::now(),
            drawn: None,
        }
    }

    /// Whether the line would be drawn now, so that its text need not be made for nothing.
    pub(crate) fn is_due(&self) -> bool {
        self.is_on
            && match self.drawn {
                Some(drawn) => drawn.elapsed() >= EVERY,
                None => self.started.elapsed() >= FIRST_AFTER,
            }
    }

    /// Draws the line, unless it was drawn a moment ago.
    pub(crate) fn show(&mut self, position: Position<'_>) {
        if self.is_due() {
            let now = Instant::now();
            self.drawn = Some(now);
            let columns = usize::from(columns());
            let text = line(position, self.total, now - self.started, columns);
            // A terminal that cannot be written to is nobody's concern.
            let _ = write!(io::stderr(), "\r{text:<width$}", width = columns - 1);
        }
    }

    /// Takes the line away, so that something else can be written. It comes back when it is shown.
    pub(crate) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let width = usize::from(columns()) - 1;
            let _ = write!(io::stderr(), "\r{:width$}\r", "");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn columns() -> u16 {
    let size = terminal_size::terminal_size_of(io::stderr());
    size.map_or(COLUMNS, |(width, _)| width.0).max(20)
}

/// The line's text, at most `columns` − 1 characters.
fn line(position: Position<'_>, total: u64, elapsed: Duration, columns: usize) -> String {
    let secs = elapsed.as_secs_f64().max(0.001);
    let mut text = match total {
        0 => size(position.bytes),
        _ => format!(
            "{:3}%  {} of {}",
            (position.bytes.saturating_mul(100) / total).min(100),
            size(position.bytes),
            size(total)
        ),
    };
    text += &format!("  {} lines/s", count(position.lines as f64 / secs));
    if total > 0 && position.bytes > 0 {
        let left = secs / position.bytes as f64 * total.saturating_sub(position.bytes) as f64;
        text += &format!("  {} left", model::Span::from_secs(left.ceil() as i64));
    }
    text += "  ";
    let room = (columns - 1).saturating_sub(text.len());
    // Of a long path the end says more than the beginning; control characters could be commands.
    let name: Vec<char> = position.name.chars().filter(|c| !c.is_control()).collect();
    if name.len() <= room {
        text.extend(&name);
    } else if room > 1 {
        text.push('…');
        text.extend(&name[name.len() - (room - 1)..]);
    }
    text.chars().take(columns - 1).collect()
}

/// `512 B`, `1.5 MiB`.
fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut units = ["B", "KiB", "MiB", "GiB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    for larger in units {
        if value < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, larger);
    }
    match unit {
        "B" => format!("{bytes} B"),
        _ => format!("{value:.1} {unit}"),
    }
}

/// `950`, `12.3k`, `1.2M`.
fn count(value: f64) -> String {
    match value {
        v if v < 1e3 => format!("{v:.0}"),
        v if v < 1e6 => format!("{:.1}k", v / 1e3),
        v => format!("{:.1}M", v / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_fits_and_says_what_is_left() {
        let position = Position {
            bytes: 50 << 20,
            lines: 500_000,
            name: "/var/log/a-very-long-folder-name/and-another-one/messages.1",
        };
        let text = line(position, 200 << 20, Duration::from_secs(1), 80);
        assert_eq!(
            text,
            " 25%  50.0 MiB of 200.0 MiB  500.0k lines/s  3s left  …d-another-one/messages.1"
        );
        for columns in 20..100 {
            assert!(line(position, 0, Duration::ZERO, columns).chars().count() < columns);
        }
    }

    #[test]
    fn names_give_no_commands_to_the_terminal() {
        let position = Position { name: "evil\x1b[2Jname", ..Position::default() };
        assert!(!line(position, 0, Duration::from_secs(1), 80).contains('\x1b'));
    }
}
