//! Deviations of one kind → how rare one of a given size is, from a histogram of the sizes so far in
//! steps of 9 %, 224 bytes a side once there is one.
//!
//! Between the fifth and the twentieth of a hundred the sizes tell how the tail falls; beyond, it is
//! carried on, half as an exponential and half as a power law: the first believes too little in wild
//! values, the second too much. What the histogram itself has seen out there limits the surprise.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// Bins, from 2⁻⁴ to 2¹⁰ times the usual size, eight to a doubling.
const BINS: usize = 112;
const PER_DOUBLING: f64 = 8.0;
const LOWEST: f64 = -4.0;
/// Middle of a bin over its lower edge: 2^(1/16).
const MIDDLE: f64 = 1.044;
/// Share of all deviations at which the tail begins.
const TAIL: f64 = 0.05;
/// Fewer deviations have no tail.
const SHOWN_MIN: f64 = 1.0 / TAIL;
/// Share at which its fall is first measured.
const SHOULDER: f64 = 0.2;
/// How much of what was seen out there counts: past excursions make the next one less surprising, not
/// usual.
const SEEN: f64 = 0.5;
/// Deviations that count in full are so many tenths.
pub(super) const FULL: u16 = 10;
/// Deviations taken part in the middle of an alert count less, so that it does not become the usual.
pub(super) const DURING_ALERT: u16 = 6;
/// Tenths at which all counts are halved: the latest two to three thousand samples count.
const TENTHS_MAX: u32 = 30_000;
/// A tail is carried on to at most so many times the decades that its history spans.
const BEYOND: f64 = 2.5;
/// Beyond this many decades the model's own error is larger than the difference.
const DECADES_MAX: f64 = 12.0;

/// The sizes of deviations to both sides, in multiples of the usual size.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Tails {
    sides: [Side; 2],
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Side {
    /// [`BINS`] of them, or none yet.
    #[serde(deserialize_with = "bins")]
    counts: Box<[u16]>,
    tenths: u32,
}

fn bin(size: f64) -> usize {
    ((size.max(1e-9).log2() - LOWEST) * PER_DOUBLING).clamp(0.0, (BINS - 1) as f64) as usize
}

fn edge(bin: usize) -> f64 {
    (LOWEST + bin as f64 / PER_DOUBLING).exp2()
}

impl Tails {
    /// Bytes that both sides point to.
    pub(super) fn heap_bytes(&self) -> usize {
        self.sides.iter().map(|side| size_of_val(&*side.counts)).sum()
    }

    /// How rare a deviation is, in decades; its sign is its side. Of deviations that share `overlap`
    /// samples so many stand for one: what is said never goes far beyond what so few can show.
    pub(super) fn surprise(&self, size: f64, overlap: f64) -> f64 {
        let all = f64::from(self.sides[0].tenths + self.sides[1].tenths) / f64::from(FULL);
        if all < SHOWN_MIN {
            return 0.0;
        }
        let shown = BEYOND * (all / overlap).max(1.0).log10();
        self.sides[usize::from(size < 0.0)].surprise(size.abs(), all).min(shown)
    }

    /// Takes a deviation into the histogram.
    pub(super) fn add(&mut self, size: f64, weight: u16) {
        self.sides[usize::from(size < 0.0)].add(bin(size.abs()), weight);
    }
}

impl Side {
    fn surprise(&self, size: f64, all: f64) -> f64 {
        let full = f64::from(FULL);
        if self.tenths == 0 {
            // Never on this side: rarer than one in as many as there were, and no more is known.
            return (-(SEEN / (all + 1.0)).log10()).max(0.0);
        }
        let side = f64::from(self.tenths) / full / all;
        // A side that is seldom visited has a smaller tail, measured on what it has.
        let shoulder_share = side.clamp(1.0 / all, SHOULDER);
        let tail_share = shoulder_share * (TAIL / SHOULDER);
        let (shoulder, tail) = ((shoulder_share * all).max(2.0), (tail_share * all).max(1.0));
        let own = bin(size);
        let (mut sum, mut beyond) = (0_u32, None);
        let (mut at_tail, mut at_shoulder) = (0.0, 0.0);
        for at in (0..BINS).rev() {
            sum += u32::from(self.counts[at]);
            let count = f64::from(sum) / full;
            if at == own {
                beyond = Some(count);
            }
            if at_tail == 0.0 && count >= tail {
                at_tail = edge(at) * MIDDLE;
            }
            if count >= shoulder {
                at_shoulder = edge(at) * MIDDLE;
                break;
            }
        }
        // Not out beyond the shoulder: whatever the exact rank, it is no surprise.
        let Some(beyond) = beyond else {
            return 0.0;
        };
        let fall = if size > at_tail { falls(size, at_shoulder, at_tail) } else { 1.0 };
        let chance = (tail_share * fall).max(beyond * SEEN / (all + 1.0)).min(1.0);
        (-chance.log10()).clamp(0.0, DECADES_MAX)
    }

    fn add(&mut self, bin: usize, weight: u16) {
        if self.counts.is_empty() {
            self.counts = vec![0; BINS].into_boxed_slice();
        }
        self.counts[bin] = self.counts[bin].saturating_add(weight);
        self.tenths += u32::from(weight);
        if self.tenths > TENTHS_MAX {
            self.counts.iter_mut().for_each(|count| *count /= 2);
            self.tenths = self.counts.iter().map(|count| u32::from(*count)).sum();
        }
    }
}

/// The share of the tail that lies beyond `size`: the geometric mean of an exponential and a power law
/// through the two quantiles.
fn falls(size: f64, shoulder: f64, tail: f64) -> f64 {
    let decay = (SHOULDER / TAIL).ln();
    let scale = ((tail - shoulder) / decay).max(tail * 0.05).max(1e-12);
    // A side that is seldom visited has no shoulder: there only the exponential falls.
    let power =
        if shoulder > 0.0 { ((tail / shoulder).ln() / decay).max(0.02) } else { f64::INFINITY };
    let ln_exponential = -(size - tail) / scale;
    let ln_power = -(size / tail.max(1e-12)).ln() / power;
    (0.5 * (ln_exponential + ln_power)).exp()
}

fn bins<'a, D: Deserializer<'a>>(from: D) -> Result<Box<[u16]>, D::Error> {
    let counts = Vec::<u16>::deserialize(from)?;
    match counts.len() {
        0 | BINS => Ok(counts.into_boxed_slice()),
        _ => Err(D::Error::custom("a histogram of another size")),
    }
}
