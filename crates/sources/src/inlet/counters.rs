//! One source's counts. All of them change and are read under one lock, once a batch, so that what must add up
//! does so in every snapshot.

use super::health::Health;
use super::lock;
use std::sync::Mutex;

/// Looks how many records were lost since it looked last, where somebody else counts them.
pub(crate) type Losses = Box<dyn FnMut() -> u64 + Send>;

/// The counts of one source.
pub struct Counters {
    health: Mutex<Health>,
    /// Asked before the health is told, so that it is true also while the receiver waits.
    losses: Mutex<Option<(&'static str, Losses)>>,
}

impl Counters {
    /// Counts of a source that is about to start.
    pub fn new(name: impl Into<String>, kind: &'static str) -> Counters {
        Counters { health: Mutex::new(Health::new(name.into(), kind)), losses: Mutex::default() }
    }

    /// The source's health at this moment.
    pub fn health(&self) -> Health {
        self.look_for_losses();
        lock(&self.health).clone()
    }

    /// Records that were handed in and are not answered.
    pub fn open(&self) -> u64 {
        lock(&self.health).open
    }

    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut Health) -> T) -> T {
        change(&mut lock(&self.health))
    }

    /// From now on losses are looked for there, until told otherwise.
    pub(crate) fn losses_from(&self, losses: Option<(&'static str, Losses)>) {
        *lock(&self.losses) = losses;
    }

    pub(crate) fn look_for_losses(&self) {
        if let Some((reason, more)) = &mut *lock(&self.losses) {
            let more = more();
            self.with(|health| Health::count(&mut health.lost, reason, more));
        }
    }
}
