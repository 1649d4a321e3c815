//! Signals → flags. Ctrl-C and SIGTERM: The first one asks whoever reads to stop, so that what was read so
//! far is reported; the second one ends the program at once.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit code of an interrupted run, as shells count: 128 + SIGINT.
pub(crate) const INTERRUPTED: i32 = 130;

/// Whether the run was asked to stop. Cheap to copy and to ask.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on.
    pub(crate) fn listen() -> io::Result<Interrupt> {
        let interrupt = Interrupt::default();
        for signal in [SIGINT, SIGTERM] {
            // In this order: the flag of an earlier signal ends the program, then this one sets it.
            flag::register_conditional_shutdown(signal, INTERRUPTED, interrupt.0.clone())?;
            flag::register(signal, interrupt.0.clone())?;
        }
        Ok(interrupt)
    }

    /// Whether it is time to stop.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// SIGHUP → a flag: the settings are to be read again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reload(Arc<AtomicBool>);

impl Reload {
    /// Listens from now on.
    pub(crate) fn listen() -> io::Result<Reload> {
        let reload = Reload::default();
        flag::register(SIGHUP, Arc::clone(&reload.0))?;
        Ok(reload)
    }

    /// Whether it was asked for since this was last asked.
    pub(crate) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}
