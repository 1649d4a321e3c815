//! Programs that crashed, as the kernel notes it, on each architecture in its own words.

use super::Sign;
use crate::kernel::classify::Family::User;
use crate::kernel::classify::Severity::{High, Medium};

/// `arch/*/mm/fault.c`, `arch/*/kernel/traps.c`, `mm/memory-failure.c`.
pub(super) const SIGNS: &[Sign] = &[
    Sign::new(
        &[": segfault at "],
        r"^(.{1,64})\[([0-9]+)\]: segfault at +([0-9a-f]+|\(null\)) ip +([0-9a-f]+|\(null\)) (?:\(rpc [0-9a-f]+\) )?sp ([0-9a-f]+) error ([0-9a-f]+)(?: in ([^\[ ]+))?",
        "SEGFAULT",
        (User, Medium),
        "segfault of {1}",
    )
    .with(&[("program", 1), ("pid", 2), ("address", 3), ("object", 7)]),
    // power: `name[1]: segfault (11) at 0 nip 100 lr 100 code 1 in name[…]`, once `unhandled signal 11 at`.
    Sign::new(
        &[" nip "],
        r"^(.{1,64})\[([0-9]+)\]: (segfault|bus error|illegal instruction|floating point exception|unhandled (?:trap|signal [0-9]+))(?: \([0-9]+\))? at ([0-9a-f]+) nip [0-9a-f]+ lr [0-9a-f]+ code [0-9a-f]+(?: in ([^\[ ]+))?",
        "SEGFAULT",
        (User, Medium),
        "segfault of {1}",
    )
    .with(&[("program", 1), ("pid", 2), ("fault", 3), ("address", 4), ("object", 5)]),
    // arm64, riscv.
    Sign::new(
        &["]: unhandled "],
        r"^(.{1,64})\[([0-9]+)\]: unhandled (exception: .*?, ESR 0x|signal [0-9]+ code 0x|.{1,64} \([0-9]+\) at 0x)[0-9a-f]+(?:.*? in ([^\[ ]+)\[)?",
        "SEGFAULT",
        (User, Medium),
        "segfault of {1}",
    )
    .with(&[("program", 1), ("pid", 2), ("object", 4)]),
    // arm.
    Sign::new(
        &[": unhandled page fault ("],
        r"^(.{1,64}): unhandled page fault \([0-9]+\) at (?:0x)?([0-9a-f]+)",
        "SEGFAULT",
        (User, Medium),
        "segfault of {1}",
    )
    .with(&[("program", 1), ("address", 2)]),
    // mips, loongarch.
    Sign::new(
        &["do_page_fault(): sending SIG"],
        r"do_page_fault\(\): sending SIG[A-Z]+ to (.{1,64}) for invalid [a-z]+(?: access (?:from|to))? ([0-9a-f]+)",
        "SEGFAULT",
        (User, Medium),
        "segfault of {1}",
    )
    .with(&[("program", 1), ("address", 2)]),
    // s390 names only the file.
    Sign::new(
        &["User process fault: interruption code"],
        r"User process fault: interruption code ([0-9a-fx]+)(?: ilc:[0-9])?(?: in ([^\[ ]+)\[)?",
        "SEGFAULT",
        (User, Medium),
        "segfault of a program",
    )
    .with(&[("fault", 1), ("object", 2)]),
    Sign::new(
        &[" trap ", "traps: "],
        r"(?:traps: )?([^ ].{0,63})\[([0-9]+)\](?: trap ([a-z0-9 ]+?)|: trap ([a-z0-9 ]+?)| (general protection(?: fault)?)) ip:([0-9a-f]+) sp:[0-9a-f]+ error:[0-9a-f]+(?: in ([^\[ ]+))?",
        "TRAP",
        (User, Medium),
        "trap in {1}",
    )
    .with(&[("program", 1), ("pid", 2), ("trap", 3), ("object", 7)]),
    Sign::new(
        &[" general protection ip:", " general protection fault ip:"],
        r"(?:traps: )?([^ ].{0,63})\[([0-9]+)\](?: general protection(?: fault)?) ip:([0-9a-f]+) sp:[0-9a-f]+ error:[0-9a-f]+(?: in ([^\[ ]+))?",
        "TRAP",
        (User, Medium),
        "general protection fault of {1}",
    )
    .with(&[("program", 1), ("pid", 2), ("object", 4)]),
    Sign::new(
        &["due to memory failure", "Killing ", "Sending SIGBUS to "],
        r"Killing (.{1,64}):([0-9]+) due to hardware memory corruption|Memory failure: 0x[0-9a-f]+: (?:Killing|Sending SIGBUS to) (.{1,64}):([0-9]+)",
        "SIGBUS",
        (User, High),
        "a program was killed for a memory failure",
    ),
];
