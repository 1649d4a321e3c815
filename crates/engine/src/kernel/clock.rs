//! Pairs of wall time and time since boot → when the machine booted, and how sure that is.
//!
//! The kernel's stamp stands still while the machine sleeps, and wall clocks get set; so the map has
//! pieces, and each piece its own base. A logger that starts late writes the lines of early boot
//! with its own time; therefore each second of the wall clock counts once, with its last line.

use model::{Span, Timestamp};

/// Seconds of the wall clock that a piece learns from; more add nothing.
const SAMPLES_MAX: usize = 512;
/// Pieces of one boot; a laptop that sleeps more often keeps its first ones.
const PIECES_MAX: usize = 64;
/// Clocks that differ by no more than this are of the same time.
const AGREE_US_MAX: i64 = 2_000_000;
/// What a stamp of whole seconds leaves open on average.
const HALF_A_SECOND_US: i64 = 500_000;

/// How sure the wall times of a boot are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Nothing ties the kernel's clock to the wall clock.
    None,
    /// From stamps of whole seconds, the hardware clock, or a single note.
    Estimated,
    /// From stamps that have both times to the microsecond.
    Exact,
}

/// One stretch of a boot without sleep.
#[derive(Debug, Clone)]
struct Piece {
    from_mono_us: i64,
    /// Differences wall − mono: the second of the wall clock and the smallest difference in it.
    coarse: Vec<(i64, i64)>,
    fine: Vec<i64>,
    /// From a note of the kernel itself, with its error.
    noted: Option<(i64, i64)>,
}

impl Piece {
    fn new(from_mono_us: i64) -> Piece {
        Piece { from_mono_us, coarse: Vec::new(), fine: Vec::new(), noted: None }
    }

    /// Wall time of the kernel's zero, its error, and how sure it is.
    fn base(&self) -> Option<(i64, i64, Confidence)> {
        if !self.fine.is_empty() {
            return Some((median(self.fine.clone()), 1_000, Confidence::Exact));
        }
        if !self.coarse.is_empty() {
            let base = median(self.coarse.iter().map(|c| c.1).collect()) + HALF_A_SECOND_US;
            // A note of the kernel that agrees is finer than whole seconds, and its year is no guess.
            if let Some((noted, error)) = self.noted.filter(|n| n.1 < HALF_A_SECOND_US)
                && (noted - base).abs() <= AGREE_US_MAX
            {
                return Some((noted, error, Confidence::Estimated));
            }
            return Some((base, 1_000_000, Confidence::Estimated));
        }
        self.noted.map(|(base, error)| (base, error, Confidence::Estimated))
    }
}

/// The clock of one boot.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    pieces: Vec<Piece>,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock { pieces: vec![Piece::new(0)] }
    }
}

impl Clock {
    /// A line that has both times.
    pub(super) fn pair(&mut self, mono_us: i64, wall: Timestamp, is_fine: bool) {
        let difference = wall.as_micros() - mono_us;
        let Some(piece) = self.pieces.last_mut() else {
            return;
        };
        if is_fine {
            if piece.fine.len() < SAMPLES_MAX {
                piece.fine.push(difference);
            }
            return;
        }
        let second = wall.as_secs();
        if let Some(last) = piece.coarse.last_mut().filter(|last| last.0 == second) {
            last.1 = last.1.min(difference);
        } else if piece.coarse.len() < SAMPLES_MAX {
            piece.coarse.push((second, difference));
        }
    }

    /// What the kernel says of the time: the hardware clock or the audit system.
    pub(super) fn hint(&mut self, text: &str, mono_us: i64) {
        if let Some((epoch_us, error_us)) = noted_time(text)
            && let Some(piece) = self.pieces.last_mut()
            && piece.noted.is_none_or(|(_, held)| error_us < held)
        {
            piece.noted = Some((epoch_us - mono_us, error_us));
        }
        let woke = text.starts_with("PM: suspend exit")
            || text.starts_with("PM: hibernation: hibernation exit")
            || text.starts_with("ACPI: PM: Waking up from system sleep state")
            || text.starts_with("ACPI: Waking up from system sleep state");
        if woke && self.pieces.len() < PIECES_MAX {
            self.pieces.push(Piece::new(mono_us));
        }
    }

    /// When the boot began: wall time, error in milliseconds, confidence.
    pub(super) fn start(&self) -> Option<(Timestamp, i64, Confidence)> {
        let (base, error_us, confidence) = self.pieces.first()?.base()?;
        Some((Timestamp::from_micros(base), error_us / 1_000, confidence))
    }

    /// The wall time of a moment of this boot.
    pub(super) fn wall(&self, mono_us: i64) -> Option<Timestamp> {
        let piece = self.pieces.iter().rev().find(|p| p.from_mono_us <= mono_us);
        // A piece that learnt nothing is no better than none: sleep may have lasted for days.
        let (base, _, _) = piece?.base()?;
        Some(Timestamp::from_micros(base) + Span::from_micros(mono_us))
    }
}

fn median(mut values: Vec<i64>) -> i64 {
    values.sort_unstable();
    values[values.len() / 2]
}

/// Epoch microseconds that a message states, and their error.
fn noted_time(text: &str) -> Option<(i64, i64)> {
    if let Some(at) = text.find("audit(") {
        let inside = &text[at + 6..];
        let (secs, rest) = inside.split_once('.')?;
        let (millis, _) = rest.split_once(':')?;
        let secs: i64 = secs.parse().ok().filter(|s| *s > 0)?;
        let millis: i64 = millis.parse().ok().filter(|m| (0..1_000).contains(m))?;
        return Some((secs.checked_mul(1_000_000)? + millis * 1_000, 50_000));
    }
    if let Some(at) = text.find("setting system clock to ") {
        let open = text[at..].rfind('(')? + at;
        let secs: i64 = text[open + 1..].strip_suffix(')')?.parse().ok().filter(|s| *s > 0)?;
        return Some((secs.checked_mul(1_000_000)?, 1_000_000));
    }
    None
}
