//! A time for every event: carries the year over New Year, places times since boot, and lets the
//! line before stand in for a missing time.
//!
//! Years. A date without a year, in a line without a time of receipt, gets the year of the line
//! before it; if that throws it back by more than half a year, the next year has begun, and if it
//! throws it ahead by almost a whole one, it is a late line of the year before. The first line gets
//! the latest year that does not lie after the reference. If the reader tells the file's last line,
//! that line is reckoned from the modification time first and the first line from it.
//!
//! Belief. An event keeps the time that its source claims, but the stream goes by a time of its own,
//! in which a clock that is wrong for a line or two (see [`super::belief`]) does not count.

use super::super::{Reference, clock, kernel, normalize};
use super::belief::{self, Belief};
use model::{Defect, Event, Format, Span, Timestamp};

/// Thrown back this far, a date belongs to the next year.
const NEXT_YEAR: Span = Span::from_secs(183 * 86_400);
/// Thrown ahead this far, a date belongs to the year before: a line that comes a month late.
const YEAR_BEFORE: Span = Span::from_secs(335 * 86_400);
/// Clocks and modification times may differ by zones.
const AHEAD_MAX: Span = Span::DAY;
/// Going back further than a change of summer time or a late relay explains is told as a defect.
const BACKWARDS_MAX: Span = Span::from_secs(2 * 3_600);
/// Lines of several processors may stand out of order by less than this.
const REBOOT_BACK: Span = Span::from_secs(5);

/// The times of the lines so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Times {
    last: Option<Timestamp>,
    belief: Belief,
    /// When the machine was started whose uptimes we read, and the last uptime.
    boot: Option<(Timestamp, Span)>,
}

impl Times {
    /// Reckons from the end: the last line is as old as the file.
    pub(super) fn end_at(&mut self, last_line: &[u8], reference: &mut Reference) {
        let event = normalize(last_line, reference);
        if let Some(at) = event.occurred_at {
            reference.now = match event.defects.has(Defect::YearAssumed) {
                true => not_after(at, reference.now),
                false => at,
            };
        } else if let Some(uptime) = uptime(&event, last_line) {
            self.boot = Some((reference.now - uptime, Span::ZERO));
        }
    }

    /// Reckons from the beginning: where most of the first lines are, the stream begins, whatever
    /// its very first line says or leaves out.
    pub(super) fn begin_with<'a>(
        &mut self,
        lines: impl Iterator<Item = &'a [u8]>,
        reference: &Reference,
    ) {
        let claims = lines.filter_map(|line| {
            let event = normalize(line, reference);
            let at = event.occurred_at?;
            Some(match event.defects.has(Defect::YearAssumed) {
                true => not_after(at, reference.now),
                false => at,
            })
        });
        self.last = belief::beginning(&claims.collect::<Vec<_>>());
    }

    /// Gives the event its time, as well as it can be known, and returns the time in the stream:
    /// that of receipt, or one that can be believed.
    pub(super) fn settle(
        &mut self,
        event: &mut Event<'_>,
        line: &[u8],
        received_at: Option<Timestamp>,
        reference: &Reference,
    ) -> Timestamp {
        // A time that is only the reference's says nothing about the lines that follow.
        let mut is_known = true;
        match event.occurred_at {
            Some(at) => {
                if event.defects.has(Defect::YearAssumed) && received_at.is_none() {
                    event.occurred_at = Some(match self.last {
                        Some(last) => carry_year(at, last).unwrap_or_else(|| {
                            event.defects.add(Defect::TimeInvalid);
                            last
                        }),
                        None => not_after(at, reference.now),
                    });
                }
            }
            None => {
                event.occurred_at = match uptime(event, line) {
                    Some(uptime) => Some(self.since_boot(uptime, received_at, reference)),
                    None => {
                        is_known = received_at.or(self.last).is_some();
                        Some(received_at.or(self.last).unwrap_or(reference.now))
                    }
                };
            }
        }
        if let (Some(last), Some(at)) = (self.last, event.occurred_at)
            && last - at > BACKWARDS_MAX
        {
            event.defects.add(Defect::TimeBackwards);
        }
        let claim = event.occurred_at.unwrap_or(reference.now);
        let at = received_at.unwrap_or_else(|| match self.last {
            Some(last) if !self.belief.holds(claim, last, reference.now) => {
                event.defects.add(Defect::TimeLeap);
                last
            }
            _ => claim,
        });
        if is_known {
            self.last = Some(received_at.map_or(at, |_| claim));
        }
        at
    }

    /// The instant of a time since boot. Without a better anchor the first one seen stands for the
    /// time of receipt (or the reference); an uptime that goes back is a new boot, which goes on
    /// where the one before ended.
    fn since_boot(
        &mut self,
        uptime: Span,
        received_at: Option<Timestamp>,
        reference: &Reference,
    ) -> Timestamp {
        let boot = match self.boot {
            Some((boot, before)) if (boot + before) - (boot + uptime) <= REBOOT_BACK => boot,
            Some(_) => self.last.unwrap_or(reference.now) - uptime,
            None => received_at.or(self.last).unwrap_or(reference.now) - uptime,
        };
        self.boot = Some((boot, uptime));
        boot + uptime
    }
}

/// The time since boot, if that is all the line has.
fn uptime(event: &Event<'_>, line: &[u8]) -> Option<Span> {
    matches!(event.format, Format::Dmesg | Format::Kmsg)
        .then(|| kernel::uptime(std::str::from_utf8(&line[..line.len().min(128)]).ok()?))
        .flatten()
}

/// The latest year that keeps a date from lying after the reference.
fn not_after(at: Timestamp, reference: Timestamp) -> Timestamp {
    if at > reference + AHEAD_MAX {
        clock::with_year(at, at.civil_date().0 - 1).unwrap_or(at)
    } else {
        at
    }
}

/// The date in the year that follows on from the line before; `None` for a leap day in a year that
/// has none: the years of the lines before were a wrong guess then, but their order is right.
fn carry_year(at: Timestamp, last: Timestamp) -> Option<Timestamp> {
    // Nearly every line: less than half a year from the one before, so the rules agree with it.
    if (at - last).as_micros().unsigned_abs() < NEXT_YEAR.as_micros().unsigned_abs() {
        return Some(at);
    }
    let year = last.civil_date().0;
    let same = clock::with_year(at, year)?;
    let other = if last - same > NEXT_YEAR {
        year + 1
    } else if same - last > YEAR_BEFORE {
        year - 1
    } else {
        return Some(same);
    };
    Some(clock::with_year(at, other).unwrap_or(same))
}
