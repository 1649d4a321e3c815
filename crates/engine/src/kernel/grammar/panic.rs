//! The end: panics, watchdogs, and a kernel that starts where none should.

use super::{FROM_POINTER, Form, Formless, Header, IN_TRACE, ONLY_POINTER, Pick};

pub(super) static PANIC: Header = Header {
    words: "Kernel panic",
    forms: &[
        Form::new(
            "Kernel panic - not syncing: stack-protector:",
            "kernel panic: stack is corrupted in {1}",
        )
        .then(&["Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: {FUNC}"])
        .traceless(),
        Form::new(
            "Kernel panic - not syncing: stack-protector:",
            "kernel panic: stack is corrupted in {f}",
        )
        .then(&["Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: [a-f0-9]+"])
        .steps(IN_TRACE)
        .skip(&["stack_chk"]),
        Form::new(
            "Kernel panic - not syncing: corrupted stack end",
            "kernel panic: corrupted stack end in {f}",
        )
        .then(&["Kernel panic - not syncing: corrupted stack end detected inside scheduler"])
        .also(&["stack-overflow in {f}"])
        .steps(IN_TRACE)
        .skip(&["schedule", "retint_kernel"])
        .pick(Pick::BelowDispatch),
        Form::new(
            "Kernel panic - not syncing: kernel stack overflow",
            "kernel stack overflow in {f}",
        )
        .also(&["stack-overflow in {f}"])
        .steps(IN_TRACE)
        .skip(&["bad_stack"])
        .pick(Pick::BelowDispatch),
        Form::new(
            "Kernel panic - not syncing: Attempted to kill init!",
            "kernel panic: Attempted to kill init!",
        ),
        Form::new(
            "Kernel panic - not syncing: Couldn't open N_TTY ldisc for [^ ]+ --- error -[0-9]+",
            "kernel panic: Couldn't open N_TTY ldisc",
        ),
        // These follow a report whose beginning got lost.
        Form::new(
            "Kernel panic - not syncing: (Fatal exception|panic_on_warn set|hung_task: blocked tasks)",
            "kernel panic: {1}",
        )
        .broken(),
        Form::new("Kernel panic - not syncing: (.*)", "kernel panic: {1}"),
    ],
    not: &[],
    formless: Formless::Report,
};

pub(super) static DOUBLE_FAULT: Header = Header {
    words: "PANIC: double fault",
    forms: &[Form::new("PANIC: double fault", "PANIC: double fault in {f}").steps(ONLY_POINTER)],
    not: &[],
    formless: Formless::Report,
};

pub(super) static RUST: Header = Header {
    words: "rust_kernel: panicked",
    forms: &[Form::new("rust_kernel: panicked", "{1} in {f}")
        .then(&["rust_kernel: panicked at ", "^(.+)$"])
        .steps(IN_TRACE)
        .skip(&["__rustc::rust_begin_unwind"])],
    not: &[],
    formless: Formless::Report,
};

pub(super) static HARD_LOCKUP: Header = Header {
    words: "hard LOCKUP",
    // Power says it of itself, or of others.
    forms: &[Form::new(
        "Watchdog detected hard LOCKUP on cpu|CPU [0-9]+ (?:self-)?detected hard LOCKUP",
        "hard lockup in {f}",
    )
    .also(&["stall in {f}"])
    .steps(FROM_POINTER)
    .pick(Pick::BelowDispatch)],
    not: &[],
    formless: Formless::Never,
};

/// The loader's last words in the middle of a log: the machine rebooted without saying so.
pub(super) static REBOOT: Header = Header {
    words: "Booting the kernel.",
    forms: &[Form::new("^Booting the kernel", "unexpected kernel reboot").traceless()],
    not: &["Parsing ELF|Decompressing Linux|Unknown parameter '"],
    formless: Formless::Report,
};

pub(super) static TRUSTY: Header = Header {
    words: "trusty: panic",
    forms: &[
        Form::new("trusty: panic.* ASSERT FAILED", "trusty: ASSERT FAILED: {1}")
            .then(&[r"trusty: panic \(.*?\):(?: DEBUG)? ASSERT FAILED at \(.*?\): (.+)"])
            .traceless(),
        Form::new("trusty: panic.* ASSERT FAILED.*: *(.*)", "trusty: ASSERT FAILED: {1}").broken(),
        Form::new("trusty: panic", "trusty: panic: {1}")
            .then(&[r"trusty: panic \(.*?\): (.+)"])
            .traceless(),
    ],
    not: &[],
    formless: Formless::Report,
};
