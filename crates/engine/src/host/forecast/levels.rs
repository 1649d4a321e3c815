//! Samples → medians of blocks at four scales, 32 blocks each: about half an hour, two hours, eight
//! hours and a day and a half of a sample a minute, in 2 kB. Medians, as blocks break the likeness of
//! neighbours, and one wild value moves none.

use serde::{Deserialize, Serialize};

/// Samples in a block, by scale.
pub(super) const BLOCK: [usize; 4] = [1, 4, 16, 64];
/// Blocks that are kept of each scale.
pub(super) const BLOCKS: usize = 32;

/// One scale.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Scale {
    /// Middle of the block in seconds, and its median, the oldest first.
    blocks: Vec<(f64, f32)>,
    /// Children of the block that is being filled: medians of the scale below.
    open: Vec<(f64, f32)>,
}

/// The four scales.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Levels {
    scales: [Scale; 4],
}

impl Levels {
    /// Takes a sample; tells which scales have a new block.
    pub(super) fn add(&mut self, t: f64, x: f64) -> [bool; 4] {
        let mut grown = [true, false, false, false];
        let mut block = (t, x as f32);
        self.scales[0].push(block);
        for at in 1..BLOCK.len() {
            let scale = &mut self.scales[at];
            scale.open.push(block);
            if scale.open.len() < BLOCK[at] / BLOCK[at - 1] {
                break;
            }
            block = scale.close();
            scale.push(block);
            grown[at] = true;
        }
        grown
    }

    /// The latest `take` blocks of a scale, if there are so many.
    pub(super) fn latest(&self, scale: usize, take: usize) -> Option<&[(f64, f32)]> {
        let blocks = &self.scales[scale].blocks;
        blocks.len().checked_sub(take).map(|from| &blocks[from..])
    }

    /// Bytes that they point to.
    pub(super) fn heap_bytes(&self) -> usize {
        let of = |scale: &Scale| scale.blocks.capacity() + scale.open.capacity();
        self.scales.iter().map(of).sum::<usize>() * size_of::<(f64, f32)>()
    }

    /// Forgets the single samples: what comes now is another story than what was before.
    pub(super) fn begin_anew(&mut self) {
        self.scales[0].blocks.clear();
    }
}

impl Scale {
    fn push(&mut self, block: (f64, f32)) {
        if self.blocks.len() == BLOCKS {
            self.blocks.remove(0);
        }
        self.blocks.push(block);
    }

    /// Median of the four medians below, at their mean time.
    fn close(&mut self) -> (f64, f32) {
        let n = self.open.len();
        let t = self.open.iter().map(|(t, _)| t).sum::<f64>() / n as f64;
        self.open.sort_by(|a, b| a.1.total_cmp(&b.1));
        let x = (self.open[(n - 1) / 2].1 + self.open[n / 2].1) / 2.0;
        self.open.clear();
        (t, x)
    }
}
