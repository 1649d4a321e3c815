//! One source's counts. All of them change and are read under one lock, once a batch, so that what must add up
//! does so in every snapshot.

use super::health::Health;
use super::lock;
use std::sync::Mutex;

/// The counts of one source.
#[derive(Debug)]
pub struct Counters(Mutex<Health>);

impl Counters {
    /// Counts of a source that is about to start.
    pub fn new(name: impl Into<String>, kind: &'static str) -> Counters {
        Counters(Mutex::new(Health::new(name.into(), kind)))
    }

    /// The source's health at this moment.
    pub fn health(&self) -> Health {
        lock(&self.0).clone()
    }

    /// Records that were handed in and are not answered.
    pub fn open(&self) -> u64 {
        lock(&self.0).open
    }

    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut Health) -> T) -> T {
        change(&mut lock(&self.0))
    }
}
