//! The whole path as a person meets it: the program, its files and pipes, what it prints and how it
//! ends. No test sleeps, asks the network or depends on the day on which it runs.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod backtest;
mod cases;
mod checks;
mod demo;
mod explain;
mod folders;
mod forms;
mod hostile;
mod house;
#[cfg(unix)]
mod interrupt;
mod kept;
mod options;
mod program;
mod replay;
mod settings;
