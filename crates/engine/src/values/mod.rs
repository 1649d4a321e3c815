//! What a message measures: the first two numbers of its holes that are an amount of something (a
//! count, a length of time, a size), with the word before each. Numbers that name something (ports, process
//! ids, codes) are left out as far as the words and marks around them tell.

mod amount;

use crate::signature::{Hole, HoleKind};
use amount::{UNIT_BYTES_MAX, measured, word_before};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Values kept of one event: few messages measure more than one thing.
pub const VALUES: usize = 2;

/// What a value is an amount of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Something counted, or a unit that is not known.
    Count,
    /// Time.
    Seconds,
    /// Data.
    Bytes,
}

/// Which value it is, as far as the message says: its unit, and the word before it as fourteen bits of
/// its hash. Zero for no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Label(u16);

impl Label {
    fn of(unit: Unit, word: &[u8]) -> Label {
        Label((unit as u16 + 1) << 14 | (xxh3_64(word) as u16 & 0x3fff))
    }

    /// Whether it stands for no value.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// What the value is an amount of.
    pub fn unit(self) -> Unit {
        match self.0 >> 14 {
            2 => Unit::Seconds,
            3 => Unit::Bytes,
            _ => Unit::Count,
        }
    }

    /// The value on the scale on which amounts are compared: its logarithm, from one millisecond, one
    /// byte or one piece on, below which differences mean little.
    pub fn level(self, value: f32) -> f32 {
        (f64::from(value) * self.scale()).ln_1p() as f32
    }

    /// The value of a level.
    pub fn value(self, level: f64) -> f64 {
        level.exp_m1() / self.scale()
    }

    fn scale(self) -> f64 {
        if self.unit() == Unit::Seconds { 1_000.0 } else { 1.0 }
    }

    /// The part of a template that tells which value it is: `lookup took … s`. `None` where the
    /// template has no such place.
    pub fn phrase(self, template: &str) -> Option<String> {
        let word_of = |at: usize| Label::of(self.unit(), word_before(template.as_bytes(), at));
        let (at, hole) = template.match_indices("<*>").find(|(at, _)| word_of(*at) == self)?;
        let before = template[..at].trim_start();
        let words_back = before.rmatch_indices([' ', '>']).nth(3);
        let from = words_back.map_or(0, |(space, _)| space + 1);
        let after = &template[at + hole.len()..];
        let unit = after.strip_prefix(' ').unwrap_or(after);
        let unit = unit.split(|c: char| !(c.is_ascii_alphabetic() || c == '%')).next();
        let blank = if after.starts_with(' ') { " " } else { "" };
        let unit = unit.filter(|unit| (1..=UNIT_BYTES_MAX).contains(&unit.len()));
        let unit = unit.map_or_else(String::new, |unit| format!("{blank}{unit}"));
        Some(format!("{}…{unit}", before[from..].replace("<*>", "…")))
    }
}

/// The first values of one event.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Values {
    values: [f32; VALUES],
    labels: [Label; VALUES],
}

impl Values {
    /// The values among the holes of a body.
    pub fn of(body: &str, holes: &[Hole]) -> Values {
        let (mut values, mut next) = (Values::default(), 0);
        let body = body.as_bytes();
        for hole in holes.iter().filter(|hole| measures(hole.kind)) {
            let Some((value, label)) = measured(body, hole.start as usize, hole.end as usize)
            else {
                continue;
            };
            (values.values[next], values.labels[next]) = (value, label);
            next += 1;
            if next == VALUES {
                break;
            }
        }
        values
    }

    /// Whether it measures nothing.
    pub fn is_empty(&self) -> bool {
        self.labels[0].is_none()
    }

    /// Each value with its label.
    pub fn iter(&self) -> impl Iterator<Item = (Label, f32)> {
        self.labels.into_iter().zip(self.values).filter(|(label, _)| !label.is_none())
    }
}

fn measures(kind: HoleKind) -> bool {
    matches!(kind, HoleKind::Number | HoleKind::Duration | HoleKind::Size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{Skeleton, fingerprint};

    fn values(body: &str) -> Vec<f32> {
        let mut skeleton = Skeleton::default();
        fingerprint("app", body, &mut skeleton);
        Values::of(body, skeleton.holes()).iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn amounts_are_read_with_their_units() {
        assert_eq!(values("lookup of payments took 5.1 s"), [5.1]);
        assert_eq!(
            values("cache refresh done in 718.6 ms, 1303 keys, 0 failures"),
            [0.7186, 1303.0]
        );
        assert_eq!(values("disk 91% used, wrote 2 MB"), [91.0, 2_097_152.0]);
        assert_eq!(values("heartbeat ok, queue=3 uptime=120s"), [3.0, 120.0]);
    }

    #[test]
    fn numbers_that_name_are_left_out() {
        let none: [f32; 0] = [];
        for body in [
            "Failed password for kim from 192.0.2.1 port 50122 ssh2",
            "child[4711] exited",
            "worker pid=4711 src_port=5 requestId=77 status 200",
            "block 203.0.113.75.28304 > 10.1.159.56.744: tcp",
            "connect 192.0.2.1:443 at 1795255200, ticket #31, part 007",
        ] {
            assert_eq!(values(body), none, "{body}");
        }
    }

    #[test]
    fn the_words_around_a_value_are_found_again() {
        let mut skeleton = Skeleton::default();
        let body = "worker w17 of pool a: lookup of payments took 5.1 s";
        fingerprint("app", body, &mut skeleton);
        let (label, _) = Values::of(body, skeleton.holes()).iter().next().unwrap();
        assert_eq!(label.unit(), Unit::Seconds);
        assert_eq!(label.phrase(&skeleton.template(body)).unwrap(), "of payments took … s");
        assert_eq!(label.phrase("another <*>"), None);
        assert!((label.value(f64::from(label.level(5.1))) - 5.1).abs() < 1e-3);
    }
}
