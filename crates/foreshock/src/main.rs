//! Foreshock: an operational memory for weak signals. Reads logs, remembers, and tells an operator
//! what is quietly becoming important. This file: arguments in, exit code out.

mod backtest;
mod checks;
mod cli;
mod config;
mod demo;
mod hour;
mod interrupt;
#[cfg(test)]
mod invented;
mod notify;
mod progress;
mod runtime;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main().into()
}
