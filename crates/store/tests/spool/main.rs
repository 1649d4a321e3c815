//! The spool as its users see it: durable once acknowledged, whatever happens to the program and the disk.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test says by panicking and printing"
)]

mod codec;
mod compact;
mod damage;
mod follow;
mod full;
mod kill;
mod power;
mod retention;
mod rig;
mod take;
