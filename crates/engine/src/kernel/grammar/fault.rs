//! Faults that the processor raised and the kernel could not mend.

use super::{FROM_POINTER, Form, Formless, Header, ONLY_POINTER};

/// A header with one form.
const fn header(words: &'static str, forms: &'static [Form]) -> Header {
    Header { words, forms, not: &[], formless: Formless::Report }
}

pub(super) static UNABLE: Header = header(
    "Unable to handle kernel",
    &[Form::new(
        "Unable to handle kernel (paging request|NULL pointer dereference|access to user memory)",
        "BUG: unable to handle kernel {1} in {f}",
    )
    .also(&["bad-access in {f}"])
    .steps(FROM_POINTER),
    // arm64, by the permission that was missing.
    Form::new(
        "Unable to handle kernel (write to read-only memory|read from unreadable memory|execute from non-executable memory)",
        "BUG: unable to handle kernel {1} in {f}",
    )
    .also(&["bad-access in {f}"])
    .steps(FROM_POINTER),
    // How s390 says it.
    Form::new(
        "Unable to handle kernel pointer dereference",
        "BUG: unable to handle kernel paging request in {f}",
    )
    .also(&["bad-access in {f}"])
    .steps(FROM_POINTER)],
);

pub(super) static PROTECTION: Header = Header {
    words: "general protection fault",
    forms: &[Form::new("general protection fault.*:", "general protection fault in {f}")
        .also(&["bad-access in {f}"])
        .steps(FROM_POINTER)],
    // A program's own fault, which the kernel only notes.
    not: &["general protection fault .*error:[0-9a-f]+ in "],
    formless: Formless::Report,
};

pub(super) static STACK_SEGMENT: Header = header(
    "stack segment: ",
    &[Form::new("stack segment: ", "stack segment fault in {f}").steps(FROM_POINTER)],
);

pub(super) static DIVIDE: Header = header(
    "divide error:",
    &[Form::new("divide error: ", "divide error in {f}").steps(ONLY_POINTER)],
);

/// The same since 5.8.
pub(super) static DIVIDE_NEW: Header = header(
    "divide_error:",
    &[Form::new("divide_error: ", "divide error in {f}").steps(ONLY_POINTER)],
);

pub(super) static OPCODE: Header = header(
    "invalid opcode:",
    &[Form::new("invalid opcode: ", "invalid opcode in {f}").steps(ONLY_POINTER)],
);

pub(super) static BREAKPOINT: Header =
    header("int3:", &[Form::new("int3: ", "int3 in {f}").steps(FROM_POINTER)]);

pub(super) static INTERNAL: Header = header(
    "Internal error:",
    &[Form::new("Internal error:", "Internal error in {f}")
        .also(&["bad-access in {f}"])
        .steps(FROM_POINTER)],
);

/// A jump to a function of another type (`CONFIG_CFI`); a warning or an oops follows.
pub(super) static CFI: Header = header(
    "CFI failure",
    &[Form::new("CFI failure at ", "CFI failure in {f}")
        .steps(&[super::Step::Seek("CFI failure at {FUNC}"), super::Step::Trace])],
);

pub(super) static UNHANDLED: Header = header(
    "Unhandled fault:",
    &[Form::new("Unhandled fault:", "Unhandled fault in {f}")
        .also(&["bad-access in {f}"])
        .steps(FROM_POINTER)],
);

pub(super) static ALIGNMENT: Header = header(
    "Alignment trap:",
    &[Form::new("Alignment trap:", "Alignment trap in {f}").steps(FROM_POINTER)],
);

/// The line behind the one that says why; opens a report only where that one is missing.
pub(super) static OOPS: Header = Header {
    words: "Oops",
    forms: &[Form::new(
        r"Oops(?:: [0-9a-f]{4}| - .*: [0-9a-f]+|: .*sig: [0-9]+)?.* \[#[0-9]+\]",
        "Oops in {f}",
    )
    .also(&["bad-access in {f}"])
    .steps(FROM_POINTER)],
    not: &[],
    formless: Formless::Never,
};
