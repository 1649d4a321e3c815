//! Memory that ran out, and programs that the kernel had to end.

use super::Sign;
use crate::kernel::classify::Family::{Resource, User};
use crate::kernel::classify::Severity::{High, Medium};

/// `mm/oom_kill.c`, `mm/page_alloc.c`, `arch/*/mm/fault.c`, `arch/*/kernel/traps.c`.
pub(super) const SIGNS: &[Sign] = &[
    Sign::new(
        // Without the task's name until 2.6.16.
        &["invoked oom-killer", "oom-killer: gfp_mask="],
        r"^(?:(.{1,64}?) invoked )?oom-killer: gfp_mask=([^,]*)(?:.*?order=(-?[0-9]+))?",
        "OOM_KILL",
        (Resource, High),
        "out of memory",
    )
    .with(&[("trigger", 1), ("gfp", 2), ("order", 3)])
    .episode(),
    Sign::new(
        &["oom-kill:constraint="],
        r"oom-kill:constraint=CONSTRAINT_([A-Z_]+).*?(?:oom_memcg=([^,]*),)?(?:task_memcg=([^,]*),)?task=(.*),pid=([0-9]+),uid=([0-9]+)",
        "OOM_KILL",
        (Resource, High),
        "out of memory",
    )
    .with(&[("constraint", 1), ("memcg", 2), ("task_memcg", 3), ("victim", 4), ("victim_pid", 5), ("uid", 6)])
    .episode(),
    Sign::new(
        &["emory cgroup out of memory"],
        r"[Mm]emory cgroup out of memory: Kill(?:ed)? process ([0-9]+) \((.*)\)(?: score ([0-9]+))?(?:.*?total-vm:([0-9]+)kB, anon-rss:([0-9]+)kB)?",
        "OOM_MEMCG",
        (Resource, High),
        "out of memory in a control group",
    )
    .with(&[("victim_pid", 1), ("victim", 2), ("score", 3), ("total_vm_kb", 4), ("rss_kb", 5)])
    .episode(),
    Sign::new(
        // With a capital letter until 2.6.18.
        &["Out of memory", "Out of Memory"],
        r"Out of [Mm]emory(?: \([^)]*\))?: Kill(?:ed)? process ([0-9]+),? \(?([^),]*)\)?(?:.*?score ([0-9]+))?(?:.*?total-vm:([0-9]+)kB, anon-rss:([0-9]+)kB)?",
        "OOM_KILL",
        (Resource, High),
        "out of memory",
    )
    .with(&[("victim_pid", 1), ("victim", 2), ("score", 3), ("total_vm_kb", 4), ("rss_kb", 5)])
    .episode(),
    Sign::new(
        &["Killed process "],
        r"^Killed process ([0-9]+)(?:, UID [0-9]+,)? \((.*)\),? (?:.*?total-vm:([0-9]+)kB, anon-rss:([0-9]+)kB)?",
        "OOM_KILL",
        (Resource, High),
        "out of memory",
    )
    .with(&[("victim_pid", 1), ("victim", 2), ("total_vm_kb", 3), ("rss_kb", 4)])
    .episode(),
    Sign::new(
        &["lowmemorykiller: Kill", "ROT: Kill"],
        r"lowmemorykiller: Kill(?:ing|ed) '([^']*)' \(([0-9]+)\)",
        "OOM_KILL",
        (Resource, Medium),
        "low memory killer ended a program",
    )
    .with(&[("victim", 1), ("victim_pid", 2)]),
    Sign::new(
        &["page allocation failure", "allocation failure:", "SLUB: Unable to allocate memory"],
        r"(page allocation failure|vmalloc: allocation failure|SLUB: Unable to allocate memory)(?:.*?order:([0-9]+))?",
        "ALLOC_FAILURE",
        (Resource, Medium),
        "{1}",
    )
    .with(&[("order", 2)]),
    Sign::new(
        &[": segfault at "],
        r"^(.{1,64})\[([0-9]+)\]: segfault at +([0-9a-f]+|\(null\)) ip +([0-9a-f]+|\(null\)) sp ([0-9a-f]+) error ([0-9a-f]+)(?: in ([^\[ ]+))?",
        "SEGFAULT",
        (User, Medium),
        "segfault of {1}",
    )
    .with(&[("program", 1), ("pid", 2), ("address", 3), ("object", 7)]),
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
        &["due to memory failure", "Killing "],
        r"Killing (.{1,64}):([0-9]+) due to hardware memory corruption|Memory failure: 0x[0-9a-f]+: Killing (.{1,64}):([0-9]+)",
        "SIGBUS",
        (User, High),
        "a program was killed for a memory failure",
    ),
];
