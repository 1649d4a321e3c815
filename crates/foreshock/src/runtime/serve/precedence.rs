//! Who goes first where the processors are all busy: receivers and the spool, before those who understand.
//!
//! What was not received is lost, or keeps its sender waiting; what was not understood yet waits in the spool and is lost to
//! nobody. So reading, understanding and following give way, as the kernel's scheduler weighs threads by their nice value.

/// Steps of nice: a thread that gives way gets a third of what another gets where both want all of a processor
/// (`sched_prio_to_weight` of the kernel: 335 to 1024), and all of it where nobody else wants it; more would let a busy
/// neighbour starve it.
const STEPS: i32 = 5;

/// Lets the calling thread give way. Where the system refuses, all threads are alike, which is no fault.
pub(super) fn give_way() {
    let _ = rustix::process::nice(STEPS);
}
