//! An input → the lane that understands its lines, told beforehand what its name, its head and its end say: the same
//! for whoever reads inputs by themselves.

use engine::normalize::{AssemblerConfig, Reference};
use engine::{EventBatch, Lane};
use model::{Counts, Origin, Timestamp};
use sources::{Batch, Input, Kind};

/// Lines of a file's head that are understood before it is read.
const PEEK_LINES: usize = 64;

/// The lane of an input under this name; `now` is what its times without a year are reckoned from.
pub(crate) fn of(input: &Input, name: &str, now: Timestamp, zone_offset_secs: i32) -> Lane {
    let reference = Reference { now, zone_offset_secs };
    let mut lane = Lane::new(AssemblerConfig::default(), reference, Some(host_of(name)));
    if let Some(last) = sources::last_line(input) {
        lane.ends_with(&last);
    }
    lane
}

/// Tells a lane the first lines.
pub(crate) fn begin(lane: &mut Lane, head: &Batch) {
    let lines: Vec<&[u8]> = head.lines().take(PEEK_LINES).map(|line| line.bytes).collect();
    lane.begins_with(&lines);
}

/// The time of the first event in the first lines; the lane stays as it is.
pub(crate) fn first_time(lane: &Lane, head: &Batch, origin: &Origin) -> Option<Timestamp> {
    let mut lane = lane.clone();
    let (mut counts, mut events) = (Counts::default(), EventBatch::default());
    for line in head.lines().take(PEEK_LINES) {
        lane.push(&line.envelope(origin), &mut counts, &mut events);
    }
    lane.flush(&mut counts, &mut events);
    events.at(0)
}

/// When a file was written to last; `None` of a pipe, and where nobody says.
pub(crate) fn modified(input: &Input) -> Option<Timestamp> {
    if input.kind != Kind::File {
        return None;
    }
    let time = std::fs::metadata(&input.path).and_then(|m| m.modified()).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp::from_micros(since.as_micros() as i64))
}

/// What stands in for a host where lines name none: the file's name without what rotation and
/// compression added, so that `app.log` and `app.log.2.gz` are one.
pub(crate) fn host_of(source_name: &str) -> String {
    let name = source_name.rsplit(['/', '\\']).next().unwrap_or(source_name);
    let mut parts: Vec<&str> = name.split('.').collect();
    while parts.len() > 1 && parts.last().is_some_and(|part| is_rotation(part)) {
        parts.pop();
    }
    let name = parts.join(".");
    match name.rsplit_once('-') {
        Some((stem, date)) if date.len() >= 8 && is_rotation(date) => stem.to_owned(),
        _ => name,
    }
}

fn is_rotation(part: &str) -> bool {
    let is_number = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    is_number || matches!(part, "gz" | "xz" | "bz2" | "zst" | "old")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_share_a_name() {
        for name in ["/var/log/app.log", "app.log.1", "app.log.2.gz", "app.log-20260301.xz"] {
            assert_eq!(host_of(name), "app.log", "{name}");
        }
        assert_eq!(host_of("standard input"), "standard input");
    }
}
