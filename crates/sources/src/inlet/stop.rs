//! What ends receivers: set once, seen by all that hold it; a child ends with its parent, but not the other way.

use super::lock;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// A parent is looked at so often while a child waits.
const LOOK_AT_PARENT: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
struct Flag {
    is_set: Mutex<bool>,
    changed: Condvar,
}

/// A sign to end.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    own: Arc<Flag>,
    parent: Option<Arc<Stop>>,
}

impl Stop {
    /// A sign that is not set.
    pub fn new() -> Stop {
        Stop::default()
    }

    /// One that is set with this, or alone.
    pub fn child(&self) -> Stop {
        Stop { own: Arc::default(), parent: Some(Arc::new(self.clone())) }
    }

    /// Sets it.
    pub fn set(&self) {
        *lock(&self.own.is_set) = true;
        self.own.changed.notify_all();
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        *lock(&self.own.is_set) || self.parent.as_ref().is_some_and(|parent| parent.is_set())
    }

    /// Waits until it is set, at most so long; whether it is.
    pub fn wait(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        while !self.is_set() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let guard = lock(&self.own.is_set);
            let waited =
                self.own.changed.wait_timeout_while(guard, left.min(LOOK_AT_PARENT), |set| !*set);
            drop(waited);
        }
        true
    }
}
