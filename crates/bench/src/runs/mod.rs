//! The comparisons: each a table. Rounds go by turns (ours, theirs, ours, …), so that what else loads the machine loads
//! both.

pub(crate) mod acks;
pub(crate) mod flood;
pub(crate) mod parsing;
pub(crate) mod path;
pub(crate) mod soak;
pub(crate) mod tcp;
pub(crate) mod udp;

use crate::machine;
use crate::servers::Programs;
use std::path::PathBuf;
use std::time::Duration;

/// A server that takes nothing more for so long has taken all that it will.
const SILENCE: Duration = Duration::from_secs(20);

/// What all comparisons share.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) programs: Programs,
    pub(crate) rounds: usize,
    pub(crate) work: PathBuf,
}

impl Setting {
    /// Does something once a round, and says so.
    fn rounds(
        &self,
        what: &str,
        mut round: impl FnMut() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        for n in 1..=self.rounds {
            eprintln!("{what}: round {n} of {}, load {:.1}", self.rounds, machine::load());
            round()?;
        }
        Ok(())
    }
}

/// Whether a bar is met, as a word.
fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}
